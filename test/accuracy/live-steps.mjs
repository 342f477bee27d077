/**
 * Programs of the same make as those of the explorer, less forks and tries: tasks that acquire and release mutexes,
 * read/write locks and semaphores in any order. One step at a time, of a task that is drawn among those which do not wait.
 */
import { setImmediate as turn } from 'node:timers/promises';
import { Mutex, RwLock, Semaphore, Validator } from '../../dist/index.js';
import { generateProgram } from './program.mjs';
/** @import { Random } from './random.mjs' */

/** Two copies of each task, so that each order meets itself. */
const COPIES = 2;

/** @param {Random} random */
export async function play(random) {
  const program = generateProgram(random.between(1, 2 ** 30), { tries: [0], forks: [0], gates: 0.15 });
  const validator = new Validator();
  const locks = new Map(program.locks.map((lock) => [lock.name, createLock(lock, validator)]));
  const tasks = Array.from({ length: COPIES }, () => program.tasks)
    .flat()
    .map((task) => startTask(task, locks));
  let wasFalse = false;
  for (;;) {
    const ready = tasks.filter(({ isReady }) => isReady);
    if (ready.length === 0) break;
    random.pick(ready).step();
    await turn();
    if (tasks.some(({ isReady, isOver }) => !isReady && !isOver)) wasFalse ||= isToldNow(validator);
  }
  const isStuck = tasks.some(({ isOver }) => !isOver);
  const isTold = isToldNow(validator);
  validator.checkOpen({ isDrained: true });
  const isCertain = validator.findings.some(
    ({ code, certainty }) => code === 'live-deadlock' && certainty === 'certain',
  );
  return {
    isStuck,
    isTold: isTold && isCertain,
    wasFalse: wasFalse || (!isStuck && isCertain),
    isCertain: false,
  };
}

function isToldNow(validator) {
  return validator.snapshot().findings.some(({ code }) => code === 'live-deadlock');
}

function createLock({ name, kind }, validator) {
  if (kind === 'mutex') return new Mutex({ name, validator });
  if (kind === 'semaphore') return new Semaphore({ name, permits: 2, validator });
  const lock = new RwLock({ name, validator });
  const recursive = new RwLock({ name: `${name}r`, readers: 'recursive', validator });
  return { lock, recursive };
}

/** A lock has readers of one sort here: which, the first letter of the mode decides. */
function acquire(lock, mode) {
  if (lock instanceof Mutex || lock instanceof Semaphore) return lock.acquire();
  const rw = lock.lock;
  return mode === 'exclusive'
    ? rw.acquireWrite()
    : mode === 'recursive'
      ? lock.recursive.acquireRead()
      : rw.acquireRead();
}

function startTask({ operations }, locks) {
  const task = { isReady: false, isOver: false, step: () => {} };
  const pause = () =>
    new Promise((resolve) => {
      task.isReady = true;
      task.step = () => {
        task.isReady = false;
        resolve();
      };
    });
  const run = async () => {
    const holds = new Map();
    for (const operation of operations) {
      await pause();
      if (operation.kind === 'acquire')
        holds.set(operation.id, await acquire(locks.get(operation.lock), operation.mode));
      else holds.get(operation.acquisition).release();
    }
    task.isOver = true;
  };
  void run();
  return task;
}
