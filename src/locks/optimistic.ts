import { checkCount, checkFunction, checkOptions, rejectArgument } from '../validator/errors.ts';
import type { Hold } from './hold.ts';
import { Mutex } from './mutex.ts';
import { RwLock } from './rw-lock.ts';
import { Semaphore } from './semaphore.ts';
import type { AcquireOptions, WaitOptions } from './wait-options.ts';

export interface OptimisticOptions {
  /** How often to attempt it without the lock, an integer ≥ 1. Default 3. */
  rounds?: number;
  /** How to wait for a read/write lock, and to take it in the end. Default `read`. */
  mode?: 'read' | 'write';
  /** Gives up waiting; the promise rejects with the signal's reason. Default: never. */
  signal?: AbortSignal;
}

/** Gets the hold when it runs under the lock. `undefined` says that it did not succeed. */
export type Attempt<T> = (hold?: Hold) => T | undefined | PromiseLike<T | undefined>;

/** The few attempts that writers may spoil; beyond that, retrying costs more than waiting for one's turn. */
const DEFAULT_ROUNDS = 3;

/**
 * Attempts something without the lock, and waits for its unlock after each failure; takes the lock when it
 * fails too often, and attempts it a last time. Resolves with what the first success returned, or
 * `undefined` when the attempt under the lock failed too. What `attempt` throws ends it.
 *
 * After M. Wilcox, "Wait for mutex to become unlocked" (linux-kernel, 4 May 2022): nobody is delayed by a wait
 * that takes nothing; and W. Long's answer: between the wake-up and the attempt another writer may come, so
 * the attempts must be counted.
 * @throws LockdepError `ERR_INVALID_ARGUMENT` for a bad argument.
 * @example
 * const row = await optimistic(table, () => (cache.isValid ? cache.row : undefined));
 */
export function optimistic<T>(
  lock: Mutex | RwLock | Semaphore,
  attempt: Attempt<T>,
  options: OptimisticOptions = {},
): Promise<T | undefined> {
  checkFunction('attempt', attempt);
  checkOptions(options, ['rounds', 'mode', 'signal']);
  const { rounds = DEFAULT_ROUNDS, mode, signal } = options;
  checkCount('rounds', rounds, 1);
  if (signal !== undefined && !(signal instanceof AbortSignal))
    rejectArgument('signal', 'an AbortSignal', signal);
  return retry(waysOf(lock, mode), attempt, rounds, signal === undefined ? undefined : { signal });
}

/** How to wait for a lock, and how to have it. */
interface Ways {
  wait(options: WaitOptions | undefined): Promise<void>;
  run<T>(fn: (hold: Hold) => T | PromiseLike<T>, options: AcquireOptions | undefined): Promise<T>;
}

function waysOf(lock: unknown, mode: unknown): Ways {
  if (lock instanceof RwLock) {
    if (mode === undefined || mode === 'read')
      return {
        wait: (options) => lock.waitForUnlock('read', options),
        run: (fn, options) => lock.runRead(fn, options),
      };
    if (mode !== 'write') rejectArgument('mode', "'read' or 'write'", mode);
    return {
      wait: (options) => lock.waitForUnlock('write', options),
      run: (fn, options) => lock.runWrite(fn, options),
    };
  }
  if (!(lock instanceof Mutex || lock instanceof Semaphore))
    rejectArgument('lock', 'a Mutex, an RwLock or a Semaphore', lock);
  if (mode !== undefined) rejectArgument('mode', 'left out for a lock without readers', mode);
  return {
    wait: (options) => lock.waitForUnlock(options),
    run: (fn, options) => lock.run(fn, options),
  };
}

async function retry<T>(
  ways: Ways,
  attempt: Attempt<T>,
  rounds: number,
  options: AcquireOptions | undefined,
): Promise<T | undefined> {
  for (let round = 1; ; round++) {
    const result = await attempt();
    if (result !== undefined) return result;
    // Whoever takes the lock next waits for its unlock just so.
    if (round === rounds) return ways.run(attempt, options);
    await ways.wait(options);
  }
}
