/** How a wait may end before it is granted. */
import { LockdepError, checkOptions, rejectArgument } from '../validator/errors.ts';
import type { Annotations } from './annotations.ts';

export interface WaitOptions {
  /** Gives the wait up; the promise rejects with the signal's reason. */
  signal?: AbortSignal;
  /** Gives the wait up after so many milliseconds, with `ERR_LOCK_TIMEOUT`. Default: never. */
  timeoutMs?: number;
}

export interface AcquireOptions extends WaitOptions, Annotations {}

/** The keys of `WaitOptions`, and of `AcquireOptions`. */
const WAIT_KEYS: readonly string[] = ['signal', 'timeoutMs'];
export const ACQUIRE_KEYS: readonly string[] = [...WAIT_KEYS, 'subclass', 'nestedIn'];

/** The longest delay that timers take. */
export const MAX_TIMEOUT_MS: number = 2 ** 31 - 1;

/** @throws LockdepError `ERR_INVALID_ARGUMENT` for a bad or unknown option. */
function checkWaitOptions(options: WaitOptions, keys: readonly string[]): void {
  checkOptions(options, keys);
  const { signal, timeoutMs } = options;
  if (signal !== undefined && !(signal instanceof AbortSignal))
    rejectArgument('signal', 'an AbortSignal', signal);
  if (
    timeoutMs !== undefined &&
    !(typeof timeoutMs === 'number' && timeoutMs >= 0 && timeoutMs <= MAX_TIMEOUT_MS)
  ) {
    rejectArgument('timeoutMs', `a number from 0 to ${MAX_TIMEOUT_MS}`, timeoutMs);
  }
}

/** The rejection of a wait that ends before it begins: bad options, or a signal that was aborted already. */
export function refusalOf(
  options: WaitOptions | undefined,
  keys: readonly string[] = WAIT_KEYS,
): Promise<never> | undefined {
  if (options === undefined) return undefined;
  try {
    checkWaitOptions(options, keys);
  } catch (error) {
    return Promise.reject(error);
  }
  return options.signal?.aborted === true ? Promise.reject(options.signal.reason as Error) : undefined;
}

/** Whether the caller said how the wait may end without a grant. */
export function isBreakable(options: WaitOptions | undefined): boolean {
  return options !== undefined && (options.signal !== undefined || options.timeoutMs !== undefined);
}

/**
 * Calls `giveUp` with the reason as soon as the options say so; `expected` and `state` word that time is over.
 * Returns how to stop that.
 */
export function watchForEnd(
  { signal, timeoutMs }: WaitOptions,
  giveUp: (reason: unknown) => void,
  expected = 'the lock within',
  state = 'still held',
): () => void {
  const onAbort = (): void => giveUp(signal!.reason);
  signal?.addEventListener('abort', onAbort, { once: true });
  const timer =
    timeoutMs === undefined
      ? undefined
      : setTimeout(
          () =>
            giveUp(
              new LockdepError('ERR_LOCK_TIMEOUT', `Expected ${expected} ${timeoutMs} ms, it is ${state}.`),
            ),
          timeoutMs,
        );
  return () => {
    signal?.removeEventListener('abort', onAbort);
    clearTimeout(timer);
  };
}
