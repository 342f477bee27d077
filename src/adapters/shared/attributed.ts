/**
 * Functions that run under a lock, where the caller keeps the library's own promise.
 *
 * Such a promise is settled in the midst of whoever let the function in, and by rules that are the library's alone:
 * timeouts, signals, a queue that is cleared. So it stays what it is, in identity and ticks, and only what led to its end
 * is told in the place of the library: what the function had behind it when it was over.
 */
import type { Clock } from '../../causality/clock.ts';
import { History } from '../../causality/history.ts';
import type { CausalTracker } from '../../causality/tracker.ts';
import type { Obligation } from '../../validator/obligation.ts';
import type { Resource } from './resource.ts';

type Job = (...args: unknown[]) => unknown;
type Settle = (value: unknown) => void;

export interface AttributedJobOptions {
  /** The library keeps the lock for ever when the function throws before it has returned. Default false. */
  readonly isLostByThrow?: boolean;
  /** An async function of the library returns what the function returned, as `async () => fn()` does. Default false. */
  readonly isReturned?: boolean;
}

const DEFAULTS: AttributedJobOptions = {};

export class AttributedJob {
  readonly #resource: Resource;
  readonly #asked: Obligation | null;
  readonly #fn: Job;
  readonly #history = new History();
  readonly #options: AttributedJobOptions;

  constructor(
    resource: Resource,
    asked: Obligation | null,
    fn: Job,
    options: AttributedJobOptions = DEFAULTS,
  ) {
    this.#resource = resource;
    this.#asked = asked;
    this.#fn = fn;
    this.#options = options;
  }

  get isWaiting(): boolean {
    return this.#resource.isWaiting(this.#asked);
  }

  /** In the place of the function: calls it under the lock. */
  run(...args: unknown[]): unknown {
    return this.#resource.call(this.#asked, AttributedJob.#begin, this, args);
  }

  /** What the library gave the caller for it. */
  attribute<P>(promise: P): P {
    if (promise instanceof Promise) this.#resource.attribute(promise, this.#history);
    return promise;
  }

  /** It will not run: the caller itself gave it up, or else somebody dropped it. */
  drop(isOwn: boolean): void {
    const note = (): void => this.#noteHistory();
    if (isOwn) this.#resource.giveUp(this.#asked, note, undefined);
    else this.#resource.refuse(this.#asked, note, undefined);
  }

  static #begin(this: void, job: AttributedJob, args: unknown[]): unknown {
    // If its caller is told something else before it is over, that had the grant behind it.
    job.#noteHistory();
    const fn = job.#fn;
    const { isLostByThrow = false, isReturned = false } = job.#options;
    let result: unknown;
    try {
      result = args.length === 0 ? fn() : fn(...args);
    } catch (error) {
      if (!isLostByThrow) job.end();
      throw error;
    }
    const isPromise = result instanceof Promise;
    if (!isPromise && !isThenable(result)) {
      job.end();
      return result;
    }
    // A promise more, and an async function calls the `then` of a promise just as it calls that of anything else.
    if (!isPromise || isReturned)
      return new Followed(result as PromiseLike<unknown>, job, job.#resource.engine.tracker);
    // Looked at before the library does, which lets the next one in when it is over.
    const end = (): void => job.end();
    (result as Promise<unknown>).then(end, end);
    return result;
  }

  /** It is over, as far as the lock goes. */
  end(): void {
    this.#noteHistory();
    this.#resource.discharge(this.#asked);
    this.#resource.conclude();
  }

  #noteHistory(): void {
    this.#history.clock = this.#resource.engine.tracker.asked();
  }
}

/**
 * Stands for what a function returned, and tells its job of the end before it tells whoever waits. `then` is called once,
 * in a tick of its own.
 */
class Followed {
  readonly #result: PromiseLike<unknown>;
  readonly #job: AttributedJob;
  readonly #tracker: CausalTracker;
  /** What was behind the function when it returned. */
  readonly #clock: Clock;

  constructor(result: PromiseLike<unknown>, job: AttributedJob, tracker: CausalTracker) {
    this.#result = result;
    this.#job = job;
    this.#tracker = tracker;
    this.#clock = tracker.asked();
  }

  /** Called by the engine, once, and in the midst of whatever else. */
  // oxlint-disable-next-line no-thenable -- it is what stands for a promise
  then(resolve: Settle, reject: Settle): void {
    this.#tracker.call(this.#clock, Followed.#follow, this.#result, this.#job, resolve, reject);
  }

  static #follow(
    this: void,
    result: PromiseLike<unknown>,
    job: AttributedJob,
    resolve: Settle,
    reject: Settle,
  ): void {
    result.then(
      (value) => {
        job.end();
        resolve(value);
      },
      (error: unknown) => {
        job.end();
        reject(error);
      },
    );
  }
}

/** A promise of the library for a mere wait, which never fails: `asked` is granted when it is over. */
export function attributeWait<T>(
  resource: Resource,
  asked: Obligation | null,
  promise: Promise<T>,
): Promise<T> {
  const history = new History();
  resource.attribute(promise, history);
  // The first to be told of it, so that nobody goes on without.
  void promise.then(() =>
    resource.deliver(
      asked,
      () => {
        history.clock = resource.engine.tracker.asked();
      },
      undefined,
    ),
  );
  return promise;
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    value !== null &&
    (typeof value === 'object' || typeof value === 'function') &&
    'then' in value &&
    typeof value.then === 'function'
  );
}
