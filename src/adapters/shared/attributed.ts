/**
 * Functions that run under a lock, where the caller keeps the library's own promise.
 *
 * Such a promise is settled in the midst of whoever let the function in, and by rules that are the library's alone:
 * timeouts, signals, a queue that is cleared. So it stays what it is, in identity and ticks, and only what led to its end
 * is told in the place of the library: what the function had behind it when it was over.
 */
import { History } from '../../causality/history.ts';
import type { Obligation } from '../../validator/obligation.ts';
import type { Resource } from './resource.ts';

type Job = (...args: unknown[]) => unknown;

export interface AttributedJobOptions {
  /** The library keeps the lock for ever when the function throws before it has returned. Default false. */
  readonly isLostByThrow?: boolean;
}

export class AttributedJob {
  readonly #resource: Resource;
  readonly #asked: Obligation | null;
  readonly #fn: Job;
  readonly #history = new History();
  readonly #isLostByThrow: boolean;

  constructor(resource: Resource, asked: Obligation | null, fn: Job, options: AttributedJobOptions = {}) {
    this.#resource = resource;
    this.#asked = asked;
    this.#fn = fn;
    this.#isLostByThrow = options.isLostByThrow ?? false;
  }

  get isWaiting(): boolean {
    return this.#resource.isWaiting(this.#asked);
  }

  /** In the place of the function: calls it under the lock. */
  run(...args: unknown[]): unknown {
    return this.#resource.call(this.#asked, () => this.#begin(args));
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

  #begin(args: unknown[]): unknown {
    // If its caller is told something else before it is over, that had the grant behind it.
    this.#noteHistory();
    let result: unknown;
    try {
      result = this.#fn(...args);
    } catch (error) {
      if (!this.#isLostByThrow) this.end();
      throw error;
    }
    if (!isThenable(result)) {
      this.end();
      return result;
    }
    // Looked at before the library does, which lets the next one in when it is over.
    const promise = result instanceof Promise ? result : new Promise((resolve) => resolve(result));
    const end = (): void => this.end();
    promise.then(end, end);
    return promise;
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
