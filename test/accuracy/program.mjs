import { checkProgram } from './check-program.mjs';
import { insertFork } from './insert-fork.mjs';
import { Random } from './random.mjs';
import { writeBody } from './write-body.mjs';
/** @import { Lock, Program, Task, Weights } from './program.mjs' */
/** @import { Habits } from './write-body.mjs' */

/**
 * Set so that a deadlock is reachable in about half of the programs, and so that the classic rule
 * (`predictClassic`) gets the recall and precision that are known of it, 0.78 and 0.90.
 * @type {Weights}
 */
const USUAL = {
  lockCounts: [3, 3, 3, 4, 4, 5],
  kinds: { mutex: 0.65, rwlock: 0.22, semaphore: 0.13 },
  rootCounts: [2, 3, 3],
  rootSizes: [5, 6, 7, 8, 9, 10],
  childSizes: [2, 3, 4, 5],
  mostTasks: 6,
  gates: 0.38,
  disorder: [0, 1, 1],
  tries: [0, 0, 0.15],
  forks: [0.2, 0.62],
};

/** @param {number} seed @param {Partial<Weights>} [changes] @returns {Program} */
export function generateProgram(seed, changes) {
  const weights = { ...USUAL, ...changes };
  const random = new Random(seed);
  const lockCount = random.pick(weights.lockCounts);
  const locks = Array.from({ length: lockCount }, (_, index) => createLock(random, weights, index));
  const habits = chooseHabits(random, weights, locks);
  let lastId = 0;
  const nextId = () => ++lastId;

  /** @type {Task[]} */
  const tasks = [];
  const rootCount = random.pick(weights.rootCounts);
  for (let index = 0; index < rootCount; index++) {
    const operations = writeBody(random, habits, random.pick(weights.rootSizes), nextId);
    tasks.push({ name: `T${index + 1}`, isRoot: true, operations });
  }
  for (let index = 0; index < tasks.length; index++) {
    while (tasks.length < weights.mostTasks && random.chance(habits.forks)) {
      const name = `T${tasks.length + 1}`;
      const { operations, covering } = insertFork(random, tasks[index].operations, name, nextId);
      // A child that takes what its parent holds for as long as the child lives would let no run finish.
      const left = habits.locks.filter((lock) => !covering.includes(lock.name));
      if (left.length === 0) break;
      tasks[index] = { ...tasks[index], operations };
      const body = writeBody(
        random,
        { ...habits, locks: left, gate: undefined },
        random.pick(weights.childSizes),
        nextId,
      );
      tasks.push({ name, isRoot: false, operations: body });
    }
  }
  return checkProgram({ locks, tasks });
}

/** @param {Random} random @param {Weights} weights @param {number} index @returns {Lock} */
function createLock(random, { kinds }, index) {
  const kind = random.weigh(kinds);
  const letter = { mutex: 'M', rwlock: 'R', semaphore: 'S' }[kind];
  return { name: `${letter}${index + 1}`, kind };
}

/**
 * What is alike in all tasks of a program.
 * @param {Random} random @param {Weights} weights @param {readonly Lock[]} locks @returns {Habits}
 */
function chooseHabits(random, { gates, disorder, tries, forks }, locks) {
  const hasGate = random.chance(gates);
  return {
    locks: hasGate ? locks.slice(1) : locks,
    gate: hasGate ? locks[0] : undefined,
    disorder: random.pick(disorder),
    tries: random.pick(tries),
    forks: random.pick(forks),
  };
}
