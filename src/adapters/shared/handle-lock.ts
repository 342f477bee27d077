/**
 * A lock whose holders are not told apart and whose queue is its own secret: `acquire()`, `release()`, first come, first
 * served. A line of ours goes beside the library's: the library does all that it does, and the promise that the caller
 * awaits is ours, settled where the library settles its own.
 */
import type { Obligation } from '../../validator/obligation.ts';
import type { Resource } from './resource.ts';

interface Waiter {
  readonly asked: Obligation | null;
  readonly settle: (value: void) => void;
}

export class HandleLock {
  readonly resource: Resource;
  readonly #wasSeenMade: boolean;
  readonly #line = new Map<object, Waiter>();

  /** `wasSeenMade`: nobody has taken it before it was watched. */
  constructor(resource: Resource, wasSeenMade: boolean) {
    this.resource = resource;
    this.#wasSeenMade = wasSeenMade;
  }

  /** The library has given it at once. */
  take(asked: Obligation | null): Promise<void> {
    return this.resource.resolved(asked, undefined);
  }

  /** The library has put the caller at the end of its queue. */
  wait(asked: Obligation | null): Promise<void> {
    return new Promise((resolve) => this.enqueue(asked, {}, resolve));
  }

  /** As `wait`: `settle` is called with the grant behind it. `key` is for `leave`. */
  enqueue(asked: Obligation | null, key: object, settle: (value: void) => void): void {
    this.resource.noteContention(asked);
    this.#line.set(key, { asked, settle });
  }

  /** The library has taken the caller out of its queue. */
  leave(key: object): void {
    this.#line.delete(key);
  }

  /** Gives it back by `release`, in which the library lets the first in its queue in. */
  release(release: () => void): void {
    const { resource } = this;
    const missing = resource.dischargeAny(1);
    if (missing > 0 && this.#wasSeenMade)
      resource.report('bad-release', 'was released more often than it was acquired', 'warning');
    release();
    for (const [key, { asked, settle }] of this.#line) {
      this.#line.delete(key);
      resource.deliver(asked, settle, undefined);
      break;
    }
    resource.conclude();
  }
}

/** As an async function that returns a promise. */
export async function returnInAsync<T>(promise: Promise<T>): Promise<T> {
  return promise;
}
