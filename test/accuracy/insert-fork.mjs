/** @import { Operation } from './program.mjs' */
/** @import { Random } from './random.mjs' */

/**
 * Lets a task fork a child at one point and, as a rule, join it at a later one. Both lie in the section of the same
 * tries, so that nobody joins a child that was never forked; otherwise any locks may be held at either.
 * @param {Random} random @param {readonly Operation[]} operations @param {string} child @param {() => number} nextId
 * @returns {{ operations: Operation[], covering: string[] }} `covering`: what is held at both
 */
export function insertFork(random, operations, child, nextId) {
  const sections = listSections(operations);
  const forkAt = random.between(0, operations.length);
  const joinAt = random.pick(
    [...sections.keys()].filter((at) => at >= forkAt && sections[at] === sections[forkAt]),
  );
  /** @type {Operation} */
  const fork = { id: nextId(), kind: 'fork', task: child };
  /** @type {Operation[]} */
  const joins = random.chance(0.9) ? [{ id: nextId(), kind: 'join', task: child }] : [];
  const [before, between, after] = [
    operations.slice(0, forkAt),
    operations.slice(forkAt, joinAt),
    operations.slice(joinAt),
  ];
  const heldAtJoin = listHeld([...before, ...between]);
  return {
    operations: [...before, fork, ...between, ...joins, ...after],
    covering: joins.length > 0 ? listHeld(before).filter((lock) => heldAtJoin.includes(lock)) : [],
  };
}

/** The tries around each point between operations. @param {readonly Operation[]} operations */
function listSections(operations) {
  const sections = [''];
  for (const operation of operations) {
    const around = sections.at(-1);
    if (operation.kind === 'try') sections.push(`${around} ${operation.id}`);
    else if (operation.kind === 'release' && around.endsWith(` ${operation.acquisition}`))
      sections.push(around.slice(0, around.lastIndexOf(' ')));
    else sections.push(around);
  }
  return sections;
}

/** @param {readonly Operation[]} operations */
function listHeld(operations) {
  const held = new Map();
  for (const operation of operations) {
    if ('mode' in operation) held.set(operation.id, operation.lock);
    if (operation.kind === 'release') held.delete(operation.acquisition);
  }
  return [...held.values()];
}
