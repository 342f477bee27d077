import type { Hold } from './hold.ts';

interface Links<T> {
  previous: T | null;
  next: T | null;
}

/** Somebody who waits for a lock. */
export interface Waiter extends Links<Waiter> {
  readonly hold: Hold;
  /** With the hold; with nothing after a wait that takes nothing. */
  readonly resolve: (hold: Hold | undefined) => void;
  readonly reject: (reason: unknown) => void;
  readonly signal: AbortSignal | undefined;
  /** Stops the timer and the listener that may end the wait. */
  stopWatching: (() => void) | undefined;
  /** For whoever waits until others have gone; see departures.ts. */
  group: number;
}

/** A waiter that stands nowhere yet. */
export function createWaiter(
  hold: Hold,
  resolve: Waiter['resolve'],
  reject: (reason: unknown) => void,
  signal: AbortSignal | undefined,
): Waiter {
  return {
    hold,
    resolve,
    reject,
    signal,
    stopWatching: undefined,
    group: 0,
    previous: null,
    next: null,
  };
}

/** First in, first out; whoever gives up leaves from the middle at no cost to the others. */
export class WaitQueue<T extends Links<T> = Waiter> {
  first: T | null = null;
  #last: T | null = null;

  push(waiter: T): void {
    waiter.previous = this.#last;
    if (this.#last === null) this.first = waiter;
    else this.#last.next = waiter;
    this.#last = waiter;
  }

  remove(waiter: T): void {
    if (waiter.previous === null) this.first = waiter.next;
    else waiter.previous.next = waiter.next;
    if (waiter.next === null) this.#last = waiter.previous;
    else waiter.next.previous = waiter.previous;
    waiter.previous = waiter.next = null;
  }
}
