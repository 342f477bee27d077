/**
 * Every kind of lock is a store of units: a request waits until what it takes is left. Readers take one unit of so
 * many that they never run out, a writer takes all.
 */
/** @import { LockKind, Mode } from './program.mjs' */

const READERS = 100;

/** @type {Readonly<Record<LockKind, number>>} */
export const CAPACITIES = { mutex: 1, rwlock: READERS, semaphore: 2 };

/** @type {Readonly<Record<LockKind, readonly Mode[]>>} */
export const MODES = {
  mutex: ['exclusive'],
  rwlock: ['exclusive', 'shared', 'recursive'],
  semaphore: ['permit'],
};

/** @param {LockKind} kind @param {Mode} mode */
export function countUnits(kind, mode) {
  return mode === 'exclusive' ? CAPACITIES[kind] : 1;
}
