/**
 * Those who wait for a lock, and who of them is let in when. First come, first served, with nobody
 * overtaking; a wait that ends by a signal or a timeout leaves the queue as if it had never been there.
 *
 * A subclass says what fits beside what is held (`fits`), and keeps that account (`take`, `free`).
 */
import type { Obligation } from '../validator/obligation.ts';
import type { Hold } from './hold.ts';
import { type AcquireOptions, watchForEnd } from './wait-options.ts';
import { WaitQueue, type Waiter, createWaiter } from './wait-queue.ts';
import type { Watch } from './watch.ts';

export abstract class QueuedLock {
  /** @internal */
  watch: Watch | null;
  readonly #queue = new WaitQueue();
  /** How many in the queue need not stand behind the others. */
  #overtakers = 0;
  /** Those who wait until it is free and take nothing; they delay nobody. */
  #onlookers: Waiter[] = [];

  protected constructor(watch: Watch | null) {
    this.watch = watch;
  }

  /** Whether a request could be granted beside what is held now. */
  protected abstract fits(code: number, units: number): boolean;
  /** Whether such a request need not stand behind those who wait. */
  protected mayOvertake(_code: number): boolean {
    return false;
  }
  protected abstract take(code: number, units: number): void;
  protected abstract free(code: number, units: number): void;

  /** Whether such a request is granted at once. */
  protected canTake(code: number, units: number): boolean {
    return (this.#queue.first === null || this.mayOvertake(code)) && this.fits(code, units);
  }

  /** Waits behind the others. */
  protected enqueue(
    hold: Hold,
    obligation: Obligation | null,
    options: AcquireOptions | undefined,
  ): Promise<Hold> {
    return new Promise((resolve, reject) => {
      const waiter = createWaiter(hold, obligation, resolve, reject, options?.signal);
      this.#queue.push(waiter);
      if (this.mayOvertake(hold.code)) this.#overtakers++;
      if (options === undefined) return;
      waiter.stopWatching = watchForEnd(options, (reason) => {
        this.#giveUp(waiter, reason);
        // Whoever stood behind may fit now: readers behind a writer that left.
        this.#grantQueued();
      });
    });
  }

  /** Waits until it would fit, and takes nothing. */
  protected lookOn(hold: Hold, obligation: Obligation | null): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiter = createWaiter(hold, obligation, () => resolve(), reject, undefined);
      this.#onlookers.push(waiter);
    });
  }

  /** Something was given back: lets in whoever fits now, and wakes those who look on. */
  protected passOn(): void {
    // Those who only look on are woken by the unlock itself, whoever takes the lock next.
    const woken =
      this.#onlookers.length === 0
        ? []
        : this.#onlookers.filter(({ hold }) => this.fits(hold.code, hold.units));
    if (this.#queue.first !== null) this.#grantQueued();
    if (woken.length === 0) return;
    this.#onlookers = this.#onlookers.filter((waiter) => !woken.includes(waiter));
    for (const waiter of woken) this.#deliver(waiter);
  }

  #giveUp(waiter: Waiter, reason: unknown): void {
    this.#leave(waiter);
    if (waiter.obligation === null) waiter.reject(reason);
    else {
      const { engine } = this.watch!;
      engine.tracker.deliver(engine.cancel(waiter.obligation), waiter.reject, reason);
    }
  }

  #leave(waiter: Waiter): void {
    this.#queue.remove(waiter);
    if (this.mayOvertake(waiter.hold.code)) this.#overtakers--;
    waiter.stopWatching?.();
  }

  /** Lets in the first as long as it fits, and from behind one that does not those who may overtake. */
  #grantQueued(): void {
    let isBlocked = false;
    for (let waiter = this.#queue.first, next: Waiter | null; waiter !== null; waiter = next) {
      next = waiter.next;
      const { code, units } = waiter.hold;
      if (waiter.signal?.aborted === true) {
        // Aborted before the grant, though its own listener has yet to run.
        this.#giveUp(waiter, waiter.signal.reason);
      } else if ((!isBlocked || this.mayOvertake(code)) && this.fits(code, units)) {
        this.#leave(waiter);
        this.take(code, units);
        this.#deliver(waiter);
      } else {
        if (this.#overtakers === 0) return;
        isBlocked = true;
      }
    }
  }

  #deliver({ obligation, resolve, hold }: Waiter): void {
    if (obligation === null) resolve(hold);
    else {
      const { engine } = this.watch!;
      engine.tracker.deliver(engine.grant(obligation), resolve, hold);
    }
  }
}
