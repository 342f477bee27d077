/**
 * Functions that run under a lock: limiters, queues, `lock.acquire(key, fn)`.
 *
 * Most libraries call a function that had to wait in the midst of whoever let it in, and make the promise that its
 * caller awaits there, too. Both would carry the history of a stranger. So the function is called with the clock of
 * its own request, and the caller gets a promise of ours, which follows the function's own result. The library is
 * told when the function is over, and no more: what it makes of that is nobody's, and is never rejected.
 */
import type { Clock } from '../../causality/clock.ts';
import type { Obligation } from '../../validator/obligation.ts';
import type { Resource } from './resource.ts';

export interface ScopedJob {
  readonly fn: (...args: unknown[]) => unknown;
  readonly args: readonly unknown[];
  /** Hands the job to the library, in the place of `fn`, and returns what the library returns. */
  enqueue(job: () => unknown): Promise<unknown>;
  /** Whether the library may reject what it returns for a job that never began. */
  readonly mayBeRefused: boolean;
}

type Settle = (value: unknown) => void;

/**
 * Runs `fn(...args)` under the lock.
 *
 * The result is settled in the same tick as that of a library which does `result = (async () => fn())()` and resolves
 * the caller's promise with `result`: an async function that returns a promise looks at it in a tick of its own,
 * by calling its `then`, and that is the call by which we learn, too, that the function is over.
 */
export function runJob(resource: Resource, asked: Obligation | null, job: ScopedJob): Promise<unknown> {
  return new Promise((resolve, reject) => {
    let hasBegun = !job.mayBeRefused;
    const begin = (): unknown => {
      hasBegun = true;
      let result: unknown;
      try {
        result = job.fn(...job.args);
      } catch (error) {
        end(resource, asked);
        resolve(rejectInAsync(error));
        return undefined;
      }
      if (isThenable(result)) return new Following(resource, asked, result, resolve, reject);
      end(resource, asked);
      resolve(returnInAsync(result));
      return undefined;
    };
    const promise = job.enqueue(() => resource.call(asked, begin));
    if (hasBegun) return;
    promise.then(undefined, (error: unknown) => {
      if (!hasBegun) resource.refuse(asked, reject, error);
    });
  });
}

/** What the library gets for the function's result. */
class Following {
  readonly #resource: Resource;
  readonly #asked: Obligation | null;
  readonly #result: PromiseLike<unknown>;
  readonly #resolve: Settle;
  readonly #reject: Settle;
  /** What was behind the function when it returned. */
  readonly #clock: Clock;

  constructor(
    resource: Resource,
    asked: Obligation | null,
    result: PromiseLike<unknown>,
    resolve: Settle,
    reject: Settle,
  ) {
    this.#resource = resource;
    this.#asked = asked;
    this.#result = result;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#clock = resource.engine.tracker.asked();
  }

  /** Called by the library, once. */
  // oxlint-disable-next-line no-thenable -- it is what stands for a promise
  then(onOver: (value: undefined) => void): void {
    const over = (settle: Settle, value: unknown): void => {
      end(this.#resource, this.#asked);
      onOver(undefined);
      // The library needs one tick more to settle its own, and lets the next one in first.
      void soon.then(() => settle(value));
    };
    // The library may call this in the midst of something else.
    this.#resource.engine.tracker.call(this.#clock, () => {
      this.#result.then(
        (value) => over(this.#resolve, value),
        (error: unknown) => over(this.#reject, error),
      );
    });
  }
}

const soon = Promise.resolve();

function end(resource: Resource, asked: Obligation | null): void {
  resource.discharge(asked);
  resource.conclude();
}

async function returnInAsync(value: unknown): Promise<unknown> {
  return value;
}

async function rejectInAsync(error: unknown): Promise<never> {
  throw error;
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    value !== null &&
    (typeof value === 'object' || typeof value === 'function') &&
    'then' in value &&
    typeof value.then === 'function'
  );
}
