/**
 * A program as tables of numbers. A state has one number a task: its position, and above it its rank in the queue
 * that it waits in. Nothing else is needed: what a task holds follows from its position (`checkProgram`).
 */
import { ACQUIRE, FORK, JOIN, RELEASE, TRY } from './step-kinds.mjs';
import { pairTwins, tabulateAhead, tabulateHeld } from './system-tables.mjs';
import { CAPACITIES, countUnits } from './units.mjs';
/** @import { Lock, Operation, Program, Task } from './program.mjs' */

/** Position 0 is before the start; at position n the operation n - 1 comes next. */
export const POSITION = 0xff;
/** A rank is above the position; 0 does not wait. Neighbouring readers in a queue are granted together, so they share a rank. */
export const RANK_SHIFT = 8;

/**
 * @typedef {object} Step
 * @property {number} kind
 * @property {number} lock
 * @property {number} units
 * @property {boolean} isReader
 * @property {boolean} overtakes whether it passes the queue: a recursive reader
 * @property {boolean} isQueued whether it enters a queue if it has to wait, as a step of its own
 * @property {number} target the task forked or joined
 * @property {number} skipTo where a failed try goes on
 * @property {Operation} operation
 */
/**
 * @typedef {object} SystemTask
 * @property {string} label
 * @property {boolean} isRoot
 * @property {readonly Step[]} steps
 * @property {number} end the position after the last step
 * @property {Uint8Array} held units, by position and lock
 * @property {Uint32Array} ahead a bit for each lock that is touched from a position on
 */
/**
 * @typedef {object} System
 * @property {readonly SystemTask[]} tasks
 * @property {readonly string[]} locks
 * @property {readonly number[]} capacities
 * @property {readonly [number[], number[]][]} twins tasks that may change places
 */

/**
 * @param {Program} program
 * @param {object} [options]
 * @param {boolean} [options.isCrowded] whether every root runs twice at once, forking its own children each time,
 *   and every read/write lock has somebody who writes and does nothing else
 * @param {boolean} [options.areAllQueued] whether everybody queues; else only those who can be seen in a queue
 * @returns {System}
 */
export function createSystem(program, { isCrowded = false, areAllQueued = true } = {}) {
  const writers = program.locks.filter(({ kind }) => kind === 'rwlock').map(({ name }) => createWriter(name));
  const sources = (isCrowded ? ['', "'"] : ['']).flatMap((mark) =>
    program.tasks.map((task) => ({ task, label: task.name + mark, mark })),
  );
  if (isCrowded) sources.push(...writers.map((task) => ({ task, label: task.name, mark: '' })));
  const indexes = new Map(sources.map(({ label }, index) => [label, index]));

  const queues = program.locks.map((lock) => chooseQueue(program, lock, areAllQueued));
  const steps = sources.map(({ task, mark }) =>
    task.operations.map((operation) => {
      if ('task' in operation) return createTaskStep(operation, indexes.get(operation.task + mark));
      const lock = program.locks.findIndex(({ name }) => name === operation.lock);
      return createLockStep(operation, task, lock, program.locks[lock].kind, queues[lock]);
    }),
  );
  const ahead = tabulateAhead(steps);
  const tasks = sources.map(({ task, label }, index) => ({
    label,
    isRoot: task.isRoot,
    steps: steps[index],
    end: steps[index].length + 1,
    held: tabulateHeld(steps[index], program.locks.length),
    ahead: ahead[index],
  }));
  return {
    tasks,
    locks: program.locks.map(({ name }) => name),
    capacities: program.locks.map(({ kind }) => CAPACITIES[kind]),
    twins: isCrowded ? pairTwins(program, indexes) : [],
  };
}

/** @param {string} lock @returns {Task} */
function createWriter(lock) {
  return {
    name: `writer of ${lock}`,
    isRoot: true,
    operations: [
      { id: 1, kind: 'acquire', lock, mode: 'exclusive' },
      { id: 2, kind: 'release', lock, acquisition: 1 },
    ],
  };
}

/** @param {Extract<Operation, { task: string }>} operation @param {number} target @returns {Step} */
function createTaskStep(operation, target) {
  const kind = operation.kind === 'fork' ? FORK : JOIN;
  return { ...NO_LOCK, kind, target, operation };
}

const NO_LOCK = {
  lock: -1,
  units: 0,
  isReader: false,
  overtakes: false,
  isQueued: false,
  target: -1,
  skipTo: 0,
};

/**
 * Whose requests for a lock enter its queue: everybody's, the writers', or nobody's.
 *
 * A queue shows in two ways only: in the order of grants, and in that new readers who are not recursive, tries too,
 * are kept out behind a writer while others read. So to each run there is one that ends in the same deadlock and in
 * which readers, and whoever wants a lock without such readers, ask when they can be granted; and writers of
 * the other locks no earlier than after the readers that were granted before them.
 * @param {Program} program @param {Lock} lock @param {boolean} areAllQueued
 * @returns {'all' | 'writers' | 'none'}
 */
function chooseQueue(program, lock, areAllQueued) {
  if (areAllQueued) return 'all';
  const hasQueuedReaders = program.tasks.some(({ operations }) =>
    operations.some((one) => 'mode' in one && one.lock === lock.name && one.mode === 'shared'),
  );
  return hasQueuedReaders ? 'writers' : 'none';
}

/**
 * @param {Extract<Operation, { lock: string }>} operation @param {Task} task @param {number} lock
 * @param {Lock['kind']} kind @param {'all' | 'writers' | 'none'} queue @returns {Step}
 */
function createLockStep(operation, task, lock, kind, queue) {
  if (operation.kind === 'release') {
    const acquisition = task.operations.find(({ id }) => id === operation.acquisition);
    const units = 'mode' in acquisition ? countUnits(kind, acquisition.mode) : 0;
    return { ...NO_LOCK, kind: RELEASE, lock, units, operation };
  }
  const { id, mode } = operation;
  const isReader = mode === 'shared' || mode === 'recursive';
  const end = task.operations.findIndex((one) => one.kind === 'release' && one.acquisition === id);
  return {
    ...NO_LOCK,
    kind: operation.kind === 'try' ? TRY : ACQUIRE,
    lock,
    units: countUnits(kind, mode),
    isReader,
    isQueued: queue === 'all' || (queue === 'writers' && !isReader),
    overtakes: mode === 'recursive' && queue !== 'none',
    skipTo: end + 2,
    operation,
  };
}
