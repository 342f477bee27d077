/** Those who wait for something to happen and take nothing, first come, first served. */
import { EXCLUSIVE, WAIT } from '../validator/lock-class.ts';
import { type Obligation, type Owing, rareOf } from '../validator/obligation.ts';
import { type WaitOptions, isBreakable, watchForEnd } from './wait-options.ts';
import { WaitQueue } from './wait-queue.ts';
import type { Watch } from './watch.ts';

interface Sleeper {
  readonly obligation: Obligation | null;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
  readonly options: WaitOptions | undefined;
  /** Stops the timer and the listener that may end the wait. */
  stopWatching: (() => void) | undefined;
  previous: Sleeper | null;
  next: Sleeper | null;
}

export class Sleepers {
  readonly #watch: Watch | null;
  /** Words why somebody still waits when its time is over. */
  readonly #subject: string;
  readonly #state: string;
  readonly #queue = new WaitQueue<Sleeper>();

  constructor(watch: Watch | null, subject: string, state: string) {
    this.#watch = watch;
    this.#subject = subject;
    this.#state = state;
  }

  get isEmpty(): boolean {
    return this.#queue.first === null;
  }

  /** A wait that is over at once, since it has happened already. */
  pass(options?: WaitOptions): Promise<void> {
    const obligation = this.#ask(options);
    if (obligation === null) return Promise.resolve();
    const { engine } = this.#watch!;
    return engine.tracker.resolved(engine.grant(obligation), undefined);
  }

  /**
   * Waits until it is woken, or the options end the wait. `debt` is what somebody owes it; `units` are those of a
   * counted resource that must be free.
   */
  wait(options?: WaitOptions, debt: Owing | null = null, units = 1): Promise<void> {
    const obligation = this.#ask(options);
    if (obligation !== null) {
      obligation.lockClass.contentions++;
      const rare = rareOf(obligation);
      rare.debt = debt;
      rare.units = units;
      this.#watch!.engine.wait(obligation);
    }
    return new Promise((resolve, reject) => {
      const sleeper: Sleeper = {
        obligation,
        resolve,
        reject,
        options,
        stopWatching: undefined,
        previous: null,
        next: null,
      };
      this.#queue.push(sleeper);
      if (options === undefined) return;
      sleeper.stopWatching = watchForEnd(
        options,
        (reason) => this.#giveUp(sleeper, reason),
        `${this.#subject} within`,
        this.#state,
      );
    });
  }

  /** Wakes who has waited longest; says whether there was anybody. */
  wakeFirst(): boolean {
    for (let sleeper = this.#queue.first; sleeper !== null; sleeper = this.#queue.first) {
      const signal = sleeper.options?.signal;
      if (signal?.aborted === true) {
        // Aborted before this, though its own listener has yet to run.
        this.#giveUp(sleeper, signal.reason);
        continue;
      }
      this.#leave(sleeper);
      const { obligation, resolve } = sleeper;
      if (obligation === null) resolve();
      else {
        const { engine } = this.#watch!;
        engine.tracker.deliver(engine.grant(obligation), resolve, undefined);
      }
      return true;
    }
    return false;
  }

  wakeAll(): void {
    while (this.wakeFirst());
  }

  /** Ends the wait of everybody with an error. */
  failAll(reason: unknown): void {
    for (let sleeper = this.#queue.first; sleeper !== null; sleeper = this.#queue.first)
      this.#giveUp(sleeper, reason);
  }

  #ask(options: WaitOptions | undefined): Obligation | null {
    const watch = this.#watch;
    if (watch === null) return null;
    return watch.engine.ask(watch.lockClass, EXCLUSIVE + WAIT, watch.instance, isBreakable(options));
  }

  #giveUp(sleeper: Sleeper, reason: unknown): void {
    this.#leave(sleeper);
    const { obligation, reject } = sleeper;
    if (obligation === null) {
      reject(reason);
      return;
    }
    const { engine } = this.#watch!;
    engine.tracker.deliver(engine.cancel(obligation), reject, reason);
  }

  #leave(sleeper: Sleeper): void {
    this.#queue.remove(sleeper);
    sleeper.stopWatching?.();
  }
}
