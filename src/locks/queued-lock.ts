/**
 * Those who wait for a lock, and who of them is let in when. First come, first served, with nobody
 * overtaking; a wait that ends by a signal or a timeout leaves the queue as if it had never been there.
 *
 * A subclass says what fits beside what is held (`fits`), and keeps that account (`take`, `free`).
 */
import { LockdepError } from '../validator/errors.ts';
import { Departures } from './departures.ts';
import type { Hold } from './hold.ts';
import { type WaitOptions, watchForEnd } from './wait-options.ts';
import { WaitQueue, type Waiter, createWaiter } from './wait-queue.ts';
import type { Watch } from './watch.ts';

export abstract class QueuedLock {
  /** @internal */
  watch: Watch | null;
  /** Made for the first who waits, as the other two are: nobody waits for most locks. */
  #queue: WaitQueue | null = null;
  /** How many in the queue need not stand behind the others. */
  #overtakers = 0;
  #queuedUnits = 0;
  /** Those who wait until it is free and take nothing; they delay nobody. */
  #onlookers: WaitQueue | null = null;
  /** `null` until somebody waits until others have gone. */
  #departures: Departures | null = null;
  #isAbandoned = false;
  /** False for most locks, for ever. */
  #wasWaitedFor = false;
  /** @internal Which group whoever comes now belongs to; see departures.ts. */
  cohort = 0;

  protected constructor(watch: Watch | null) {
    this.watch = watch;
  }

  get #first(): Waiter | null {
    return this.#queue === null ? null : this.#queue.first;
  }

  /** Whether a request could be granted beside what is held now. */
  protected abstract fits(code: number, units: number): boolean;
  /** Whether such a request need not stand behind those who wait. */
  protected mayOvertake(_code: number): boolean {
    return false;
  }
  /** Whether somebody who asks just now, and fits, may go past those who wait. If so, it does. */
  protected letPast(code: number, _units: number): boolean {
    return this.mayOvertake(code);
  }
  protected abstract take(code: number, units: number): void;
  protected abstract free(code: number, units: number): void;

  /** Whether such a request is granted at once. */
  protected canTake(code: number, units: number): boolean {
    return this.fits(code, units) && (this.#first === null || this.letPast(code, units));
  }

  /** Whether nobody has it, in `held` units, or waits for it. */
  protected isDeserted(held: number): boolean {
    return held === 0 && this.#first === null;
  }

  /** Waits behind the others. */
  protected enqueue(hold: Hold, options: WaitOptions | undefined): Promise<Hold> {
    return new Promise((resolve, reject) => {
      this.#wasWaitedFor = true;
      const waiter = createWaiter(hold, resolve as Waiter['resolve'], reject, options?.signal);
      if (this.#isAbandoned) {
        this.#refuse(waiter, new AbandonedError());
        return;
      }
      (this.#queue ??= new WaitQueue()).push(waiter);
      this.#queuedUnits += hold.units;
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
  protected lookOn(hold: Hold, options: WaitOptions | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#wasWaitedFor = true;
      const waiter = createWaiter(hold, resolve as Waiter['resolve'], reject, options?.signal);
      if (this.#isAbandoned) {
        this.#refuse(waiter, new AbandonedError());
        return;
      }
      const onlookers = (this.#onlookers ??= new WaitQueue());
      onlookers.push(waiter);
      if (options === undefined) return;
      waiter.stopWatching = watchForEnd(options, (reason) => {
        onlookers.remove(waiter);
        this.#refuse(waiter, reason);
      });
    });
  }

  /** Waits until all who wait in the queue, or have one of the `held` units, have gone. */
  protected waitForDepartures(held: number, hold: Hold, options: WaitOptions | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#wasWaitedFor = true;
      const waiter = createWaiter(hold, resolve as Waiter['resolve'], reject, options?.signal);
      if (this.#isAbandoned) {
        this.#refuse(waiter, new AbandonedError());
        return;
      }
      const departures = (this.#departures ??= new Departures());
      this.cohort = departures.add(this.cohort, held + this.#queuedUnits, waiter);
      if (options === undefined) return;
      waiter.stopWatching = watchForEnd(options, (reason) => {
        departures.remove(waiter);
        this.#refuse(waiter, reason);
      });
    });
  }

  /** What `hold` was is given back. */
  protected letOthersIn(hold: Hold): void {
    if (!this.#wasWaitedFor) return;
    this.passOn();
    this.#depart(hold);
  }

  /** Something was given back: lets in whoever fits now, and wakes those who look on. */
  protected passOn(): void {
    // Those who only look on are woken by the unlock itself, whoever takes the lock next.
    const onlookers = this.#onlookers;
    const woken = onlookers === null || onlookers.first === null ? null : this.#takeWoken(onlookers);
    if (this.#first !== null) this.#grantQueued();
    if (woken !== null) for (const waiter of woken) this.#wake(waiter);
  }

  /** Whoever came with `hold` has gone: it is released, or its wait was given up. */
  #depart({ group, units }: Hold): void {
    const departures = this.#departures;
    if (departures === null) return;
    departures.depart(group, units);
    for (let over = departures.takeOver(); over !== null; over = departures.takeOver()) this.#wake(over);
  }

  /** Whoever holds it does so for good: all waits end, and so do all to come. */
  protected endWaits(): void {
    this.#isAbandoned = true;
    for (let waiter = this.#first; waiter !== null; waiter = this.#first) {
      this.#leave(waiter);
      this.#refuse(waiter, new AbandonedError());
    }
    const onlookers = this.#onlookers;
    for (let waiter = onlookers?.first; waiter; waiter = onlookers!.first) {
      onlookers!.remove(waiter);
      this.#refuse(waiter, new AbandonedError());
    }
    const departures = this.#departures;
    if (departures === null) return;
    departures.endAll();
    for (let waiter = departures.takeOver(); waiter !== null; waiter = departures.takeOver())
      this.#refuse(waiter, new AbandonedError());
  }

  #takeWoken(onlookers: WaitQueue): Waiter[] {
    const woken: Waiter[] = [];
    for (let waiter = onlookers.first, next: Waiter | null; waiter !== null; waiter = next) {
      next = waiter.next;
      if (!this.fits(waiter.hold.code, waiter.hold.units)) continue;
      onlookers.remove(waiter);
      woken.push(waiter);
    }
    return woken;
  }

  /** The end of a wait that takes nothing. */
  #wake(waiter: Waiter): void {
    // Aborted before, though its own listener has yet to run.
    if (waiter.signal?.aborted === true) this.#refuse(waiter, waiter.signal.reason);
    else this.#deliver(waiter, undefined);
  }

  #giveUp(waiter: Waiter, reason: unknown): void {
    this.#leave(waiter);
    this.#refuse(waiter, reason);
    this.#depart(waiter.hold);
  }

  #leave(waiter: Waiter): void {
    this.#queue!.remove(waiter);
    this.#queuedUnits -= waiter.hold.units;
    if (this.mayOvertake(waiter.hold.code)) this.#overtakers--;
  }

  /** Lets in the first as long as it fits, and from behind one that does not those who may overtake. */
  #grantQueued(): void {
    let isBlocked = false;
    for (let waiter = this.#first, next: Waiter | null; waiter !== null; waiter = next) {
      next = waiter.next;
      const { code, units } = waiter.hold;
      if (waiter.signal?.aborted === true) {
        // Aborted before the grant, though its own listener has yet to run.
        this.#giveUp(waiter, waiter.signal.reason);
      } else if ((!isBlocked || this.mayOvertake(code)) && this.fits(code, units)) {
        this.#leave(waiter);
        this.take(code, units);
        this.#deliver(waiter, waiter.hold);
      } else {
        if (this.#overtakers === 0) return;
        isBlocked = true;
      }
    }
  }

  #deliver({ resolve, hold, stopWatching }: Waiter, value: Hold | undefined): void {
    stopWatching?.();
    if (hold.obligation === null) resolve(value);
    else {
      const { engine } = this.watch!;
      engine.tracker.deliver(engine.grant(hold.obligation), resolve, value);
    }
  }

  #refuse({ reject, hold, signal, stopWatching }: Waiter, reason: unknown): void {
    stopWatching?.();
    if (signal?.aborted === true) reason = signal.reason;
    if (hold.obligation === null) reject(reason);
    else {
      const { engine } = this.watch!;
      const isAbandoned = reason instanceof AbandonedError;
      const clock = isAbandoned ? engine.refuse(hold.obligation) : engine.cancel(hold.obligation);
      engine.tracker.deliver(clock, reject, reason);
    }
  }
}

class AbandonedError extends LockdepError {
  constructor() {
    super('ERR_LOCK_ABANDONED', 'Expected a lock that is in use, its last holder has abandoned it.');
  }
}
