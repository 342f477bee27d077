/**
 * Waits until everybody who is there has gone, as a grace period does. Such a wait closes the group of those
 * who came so far, and is over when that group and all before it are empty. Newcomers join a new group, so
 * they delay no wait that began before; nobody keeps a list of who is there, only how many of each group.
 */
import { WaitQueue, type Waiter } from './wait-queue.ts';

/** Those who came between one wait and the next, and the waits that began right after them. */
class Group extends WaitQueue {
  /** Units of those who have not gone. */
  left: number;

  constructor(left: number) {
    super();
    this.left = left;
  }
}

export class Departures {
  /** Closed groups that are not over, oldest first; their numbers follow each other. */
  readonly #closed: Group[] = [];
  /** Number of the oldest. */
  #oldest = 0;
  #left = 0;

  /**
   * Closes `group`, the one that newcomers belong to, of which and of all before `present` units are there.
   * Somebody is. Returns the number of the group for whoever comes next.
   */
  add(group: number, present: number, waiter: Waiter): number {
    const closed = this.#closed;
    if (present > this.#left) {
      if (closed.length === 0) this.#oldest = group;
      closed.push(new Group(present - this.#left));
      this.#left = present;
    }
    closed.at(-1)!.push(waiter);
    waiter.group = this.#oldest + closed.length - 1;
    return waiter.group + 1;
  }

  /** The wait is given up. */
  remove(waiter: Waiter): void {
    this.#closed[waiter.group - this.#oldest]!.remove(waiter);
  }

  /** Somebody of `group` goes. */
  depart(group: number, units: number): void {
    const left = this.#closed[group - this.#oldest];
    if (left === undefined) return;
    left.left -= units;
    this.#left -= units;
  }

  /** Nobody is waited for any more. */
  endAll(): void {
    for (const group of this.#closed) group.left = 0;
    this.#left = 0;
  }

  /** The next wait that is over; `null` when there is none. */
  takeOver(): Waiter | null {
    for (;;) {
      const oldest = this.#closed[0];
      if (oldest === undefined || oldest.left > 0) return null;
      const { first } = oldest;
      if (first !== null) {
        oldest.remove(first);
        return first;
      }
      this.#closed.shift();
      this.#oldest++;
    }
  }
}
