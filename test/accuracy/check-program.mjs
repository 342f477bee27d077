/**
 * What the exploration takes for granted of a program. Above all: what is held at a point of a task is the same
 * however the task came there, so that program counters alone tell who holds what.
 */
import { MODES } from './units.mjs';
/** @import { Program, Task } from './program.mjs' */

/**
 * @param {Program} program
 * @returns {Program} the same
 * @throws {Error} that names what is wrong
 */
export function checkProgram(program) {
  const tasks = new Map(program.tasks.map((task) => [task.name, task]));
  const kinds = new Map(program.locks.map((lock) => [lock.name, lock.kind]));
  const ids = program.tasks.flatMap((task) => task.operations.map((operation) => operation.id));
  if (new Set(ids).size < ids.length) fail('two operations have one id');
  if (tasks.size < program.tasks.length) fail('two tasks have one name');
  if (kinds.size < program.locks.length) fail('two locks have one name');

  const forks = program.tasks.flatMap((task) =>
    task.operations.flatMap((operation) => (operation.kind === 'fork' ? [operation.task] : [])),
  );
  if (new Set(forks).size < forks.length) fail('a task is forked twice');
  for (const { name, isRoot } of program.tasks)
    if (isRoot === forks.includes(name)) fail(`${name} is ${isRoot ? 'a root and forked' : 'never started'}`);

  for (const task of program.tasks) {
    for (const operation of task.operations) {
      if ('mode' in operation && !MODES[kinds.get(operation.lock)]?.includes(operation.mode))
        fail(`${task.name} cannot take ${operation.lock} as ${operation.mode}`);
    }
    checkSections(task);
  }
  return program;
}

/**
 * What is begun in the section of a try ends in it: whoever skips the section does not notice.
 * @param {Task} task
 */
function checkSections(task) {
  /** Acquisitions that are not released and children that are not joined, with the sections they lie in. */
  const open = new Map();
  const children = new Map();
  /** @type {number[]} */
  let sections = [];
  for (const operation of task.operations) {
    const inside = sections.join();
    if (operation.kind === 'fork') children.set(operation.task, inside);
    if (operation.kind === 'join' && children.get(operation.task) !== inside)
      fail(`${task.name} joins ${operation.task}, which it may not have forked`);
    if (operation.kind === 'try') sections = [...sections, operation.id];
    if (operation.kind === 'acquire' || operation.kind === 'try')
      open.set(operation.id, { lock: operation.lock, inside });
    if (operation.kind === 'release') {
      const acquisition = open.get(operation.acquisition);
      if (sections.at(-1) === operation.acquisition) sections = sections.slice(0, -1);
      if (acquisition?.lock !== operation.lock || acquisition.inside !== sections.join())
        fail(`${task.name} releases ${operation.lock} where it may not hold it`);
      open.delete(operation.acquisition);
    }
  }
  if (open.size > 0) fail(`${task.name} ends holding something`);
}

/** @param {string} reason @returns {never} */
function fail(reason) {
  throw new Error(`No program: ${reason}.`);
}
