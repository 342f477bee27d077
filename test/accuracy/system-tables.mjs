import { ACQUIRE, FORK, RELEASE, TRY } from './step-kinds.mjs';
/** @import { Program } from './program.mjs' */
/** @import { Step } from './system.mjs' */

/** What a task holds of each lock before each of its steps. @param {readonly Step[]} steps @param {number} lockCount */
export function tabulateHeld(steps, lockCount) {
  const held = new Uint8Array((steps.length + 2) * lockCount);
  steps.forEach(({ kind, lock, units }, index) => {
    const from = (index + 1) * lockCount;
    const to = from + lockCount;
    held.copyWithin(to, from, to);
    if (kind === ACQUIRE || kind === TRY) held[to + lock] += units;
    if (kind === RELEASE) held[to + lock] -= units;
  });
  return held;
}

/** For each task and position a bit for each lock that it, or what it forks, touches from there on. @param {readonly Step[][]} steps */
export function tabulateAhead(steps) {
  /** @type {Uint32Array[]} */
  const tables = [];
  const tabulate = (/** @type {number} */ task) => {
    if (tables[task]) return tables[task];
    const ahead = new Uint32Array(steps[task].length + 2);
    for (let at = steps[task].length; at > 0; at--) {
      const { kind, lock, target } = steps[task][at - 1];
      const touched = kind === FORK ? tabulate(target)[1] : lock >= 0 ? 1 << lock : 0;
      ahead[at] = ahead[at + 1] | touched;
    }
    tables[task] = ahead;
    return ahead;
  };
  for (const task of steps.keys()) tabulate(task);
  return tables;
}

/**
 * For each root both of its copies, with all that they fork: exchanging them changes nothing.
 * @param {Program} program @param {Map<string, number>} indexes @returns {[number[], number[]][]}
 */
export function pairTwins({ tasks }, indexes) {
  return tasks
    .filter(({ isRoot }) => isRoot)
    .map((root) => {
      const family = [root];
      for (const { operations } of family) {
        for (const one of operations)
          if (one.kind === 'fork') family.push(tasks.find(({ name }) => name === one.task));
      }
      return [family.map(({ name }) => indexes.get(name)), family.map(({ name }) => indexes.get(`${name}'`))];
    });
}
