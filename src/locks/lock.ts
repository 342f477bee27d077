/**
 * What all our locks share beside the queue: a request and its grant, the release, and what is said of
 * misuse. The lock is in order before the validator draws conclusions or anybody is called.
 */
import type { Clock } from '../causality/clock.ts';
import { expectAwait, takeExpected } from '../causality/consumption.ts';
import { skipClosed } from '../causality/grant.ts';
import { LockdepError, rejectArgument } from '../validator/errors.ts';
import { EXCLUSIVE, SHARED, TRY_SHARED, WAIT } from '../validator/lock-class.ts';
import { type Obligation, rareOf } from '../validator/obligation.ts';
import { annotate, checkPlace, classOf, refusalOfAnnotations } from './annotations.ts';
import { dischargeIn } from './discharge.ts';
import { findHeldOf, openBehind } from './held.ts';
import type { Hold } from './hold.ts';
import { QueuedLock } from './queued-lock.ts';
import {
  ACQUIRE_KEYS,
  type AcquireOptions,
  type WaitOptions,
  isBreakable,
  refusalOf,
} from './wait-options.ts';
import type { Watch } from './watch.ts';

export abstract class Lock extends QueuedLock {
  /** What lay behind the try that failed last. */
  #lastTry: Clock = null;

  /** @internal A new handle for a hold of this lock. */
  abstract createHold(code: number, units: number, obligation: Obligation | null): Hold;

  protected acquireAs(
    code: number,
    units: number,
    options: AcquireOptions | undefined,
    isScoped: boolean,
    keys: readonly string[] = ACQUIRE_KEYS,
  ): Promise<Hold> {
    if (options !== undefined) {
      const refusal = refusalOf(options, keys) ?? refusalOfAnnotations(options);
      if (refusal !== undefined) return refusal;
    }
    const { watch } = this;
    let obligation: Obligation | null = null;
    if (watch !== null) {
      if (options === undefined && !watch.isOrdered)
        obligation = watch.engine.ask(watch.lockClass, code, watch.instance, false);
      else {
        try {
          obligation = this.#askAnnotated(watch, code, options);
        } catch (error) {
          return Promise.reject(error);
        }
      }
      if (isScoped) obligation.isScoped = true;
    }
    if (obligation !== null && units !== 1) rareOf(obligation).units = units;
    const hold = this.createHold(code, units, obligation);
    if (!this.canTake(code, units)) {
      const waiting = this.enqueue(hold, options);
      return obligation === null ? waiting : this.#noteWait(obligation, waiting);
    }
    this.take(code, units);
    if (watch === null) return Promise.resolve(hold);
    const { engine } = watch;
    return engine.tracker.resolved(engine.grant(obligation!), hold);
  }

  #noteWait(obligation: Obligation, waiting: Promise<Hold>): Promise<Hold> {
    const { engine, lockClass } = this.watch!;
    lockClass.contentions++;
    engine.wait(obligation);
    // Without a stack nobody could say what awaits it.
    return obligation.transition.budget > 0 ? expectAwait(waiting, obligation) : waiting;
  }

  /** @throws LockdepError under the `error` policy, when the request is out of place. */
  #askAnnotated(watch: Watch, code: number, options: AcquireOptions | undefined): Obligation {
    const { engine, isOrdered, instance } = watch;
    const outer = options?.nestedIn;
    const nestedIn = isOrdered || outer !== undefined ? checkPlace(watch, this, outer) : null;
    const obligation = engine.ask(classOf(watch, options), code, instance, isBreakable(options));
    if (nestedIn !== null || isOrdered) annotate(obligation, this, isOrdered, nestedIn);
    return obligation;
  }

  protected tryAcquireAs(code: number, units: number, tryCode: number): Hold | undefined {
    if (!this.canTake(code, units)) {
      if (this.watch !== null) this.#lastTry = this.watch.engine.tracker.asked();
      return undefined;
    }
    const { watch } = this;
    if (watch?.isOrdered === true) checkPlace(watch, this, undefined);
    this.take(code, units);
    if (watch === null) return this.createHold(code, units, null);
    const obligation = this.#askToTry(watch, code, tryCode);
    if (units !== 1) rareOf(obligation).units = units;
    if (watch.isOrdered) annotate(obligation, this, true, null);
    watch.engine.tracker.advance(watch.engine.grant(obligation));
    return this.createHold(code, units, obligation);
  }

  /**
   * Whoever tries again what it tried in vain, with the same locks in hand, waits for it: its request was made
   * at the first try, and it could give up any time.
   */
  #askToTry(watch: Watch, code: number, tryCode: number): Obligation {
    const { engine, lockClass, instance } = watch;
    const first = this.#lastTry;
    this.#lastTry = null;
    const now = first === null ? null : engine.tracker.asked();
    const held = first === null ? null : skipClosed(first.opens);
    if (first === null || now === null || held === null || skipClosed(now.opens) !== held)
      return engine.ask(lockClass, tryCode, instance, false);
    const asked = engine.ask(lockClass, code, instance, true);
    asked.clock = first;
    asked.under = held;
    return asked;
  }

  /** @internal Whether it can be taken exclusively at all, one unit at a time. */
  get isExclusive(): boolean {
    return false;
  }

  /** @internal Whether it could be taken now, exclusively; `mayOvertake` those who wait for it. */
  isFree(mayOvertake: boolean): boolean {
    return mayOvertake ? this.fits(EXCLUSIVE, 1) : this.canTake(EXCLUSIVE, 1);
  }

  /** @internal Takes it, since it is free, for a request that was made before. */
  takeFree(asked: Obligation | null): Hold {
    this.take(EXCLUSIVE, 1);
    if (asked !== null) {
      const { engine } = this.watch!;
      engine.tracker.advance(engine.grant(asked));
    }
    return this.createHold(EXCLUSIVE, 1, asked);
  }

  /** @internal Waits in the queue with a request that was made before, unless it is free by now. */
  async waitFor(asked: Obligation | null, options: WaitOptions | undefined): Promise<Hold> {
    if (this.isFree(false)) return this.takeFree(asked);
    if (this.watch !== null) {
      this.watch.lockClass.contentions++;
      this.watch.engine.wait(asked!);
    }
    return this.enqueue(this.createHold(EXCLUSIVE, 1, asked), options);
  }

  /** Runs `fn` with the lock held, however it ends. */
  protected runAs<T>(acquired: Promise<Hold>, fn: (hold: Hold) => T | PromiseLike<T>): Promise<T> {
    // What a caller of `run` awaits is the end of it.
    const grant = takeExpected(acquired);
    const running = this.#runAs(acquired, fn);
    if (grant !== undefined) void expectAwait(running, grant);
    return running;
  }

  async #runAs<T>(acquired: Promise<Hold>, fn: (hold: Hold) => T | PromiseLike<T>): Promise<T> {
    const hold = await acquired;
    let result: T;
    try {
      result = await fn(hold);
    } catch (error) {
      // What the callback threw counts for more than what the release has to say.
      try {
        if (hold.isOpen) hold.release();
      } catch {}
      throw error;
    }
    if (hold.isOpen) hold.release();
    return result;
  }

  /** Resolves as soon as the lock could be had, without taking it. */
  protected waitUntilFits(code: number, units: number, options: WaitOptions | undefined): Promise<void> {
    const refusal = refusalOf(options);
    if (refusal !== undefined) return refusal;
    const isFree = this.fits(code, units);
    if (isFree && this.watch === null) return Promise.resolve();
    const wait = this.#askToWait(code, units, options);
    if (isFree) return this.#waitNoMore(wait);
    if (wait.obligation !== null) this.watch!.engine.wait(wait.obligation);
    return this.lookOn(wait, options);
  }

  /** Resolves when all who have it now, in `held` units, or wait in the queue, have gone. */
  protected waitUntilGone(held: number, options: WaitOptions | undefined): Promise<void> {
    const refusal = refusalOf(options);
    if (refusal !== undefined) return refusal;
    const isDeserted = this.isDeserted(held);
    if (isDeserted && this.watch === null) return Promise.resolve();
    const wait = this.#askToWait(EXCLUSIVE, 1, options);
    if (isDeserted) return this.#waitNoMore(wait);
    if (wait.obligation !== null) this.watch!.engine.wait(wait.obligation);
    return this.waitForDepartures(held, wait, options);
  }

  /** The request of a mere wait; its hold is handed to nobody. */
  #askToWait(code: number, units: number, options: WaitOptions | undefined): Hold {
    const { watch } = this;
    const obligation =
      watch === null
        ? null
        : watch.engine.ask(watch.lockClass, code + WAIT, watch.instance, isBreakable(options));
    return this.createHold(code, units, obligation);
  }

  #waitNoMore({ obligation }: Hold): Promise<void> {
    if (obligation === null) return Promise.resolve();
    const { engine } = this.watch!;
    return engine.tracker.resolved(engine.grant(obligation), undefined);
  }

  /** @internal The hold is given back; it is dead already. */
  discharge(hold: Hold): void {
    const { watch } = this;
    if (watch !== null) dischargeIn(watch, hold.obligation!);
    this.free(hold.code, hold.units);
    this.letOthersIn(hold);
    if (watch !== null && watch.validator.hasNews) {
      watch.validator.flush();
      watch.validator.raise();
    }
  }

  /** @internal Whether nobody can be in beside it. */
  isWhole(hold: Hold): boolean {
    return hold.code === EXCLUSIVE;
  }

  /** @internal The hold stays for ever; it is dead already. Nobody will wait for its release, so it is over. */
  abandon(hold: Hold): void {
    const { watch } = this;
    if (watch !== null) dischargeIn(watch, hold.obligation!);
    this.endWaits();
    watch?.validator.flush();
    watch?.validator.raise();
  }

  /** @internal */
  downgrade(hold: Hold): void {
    if (!hold.isOpen) {
      this.reportBadRelease('was downgraded through a dead hold');
      return;
    }
    if (hold.code === SHARED) return;
    const { watch } = this;
    this.free(hold.code, hold.units);
    hold.code = SHARED;
    this.take(SHARED, hold.units);
    if (watch !== null) {
      const { engine } = watch;
      // That of the request: it may have had a subclass, or the lock another class by now.
      const { lockClass } = hold.obligation!;
      engine.discharge(hold.obligation!);
      // The shared hold was never waited for: arrows lead out of it only.
      hold.obligation = engine.ask(lockClass, TRY_SHARED, watch.instance, false);
      engine.tracker.advance(engine.grant(hold.obligation));
    }
    this.passOn();
    watch?.validator.flush();
    watch?.validator.raise();
  }

  /** @internal */
  reportBadRelease(reason: string): void {
    if (this.watch === null) return;
    this.watch.validator.report('bad-release', this.watch.lockClass, reason);
    this.watch.validator.raise();
  }

  /** @internal */
  rejectDead(fate: string): never {
    throw new LockdepError('ERR_DEAD_HOLD', `Expected a hold that is open, got one that was ${fate}.`);
  }

  /** Whether nobody could take it now for himself alone. */
  protected abstract isInUse(): boolean;

  /**
   * Says that the lock is given up. If somebody holds it, that is a `destroyed-while-held` finding: what it
   * protected is protected no longer. The lock itself goes on working.
   * @throws LockdepError under the `error` policy, when it is held.
   */
  destroy(): void {
    const { watch } = this;
    if (watch === null || !this.isInUse()) return;
    watch.validator.report('destroyed-while-held', watch.lockClass, 'was given up while it was held');
    watch.validator.raise();
  }

  /**
   * Makes the lock one of another class, for all requests from now on: to tell locks apart that are made at
   * one place, or to treat some that are made at several as one (Linux `lockdep_set_class`).
   * @throws LockdepError `ERR_INVALID_ARGUMENT` for a bad name.
   */
  reclass(name: string): void {
    if (typeof name !== 'string' || name === '') rejectArgument('name', 'a non-empty string', name);
    const { watch } = this;
    if (watch === null) return;
    const lockClass = watch.validator.classOf(name, watch.lockClass.options);
    watch.lockClass.instances--;
    lockClass.instances++;
    this.watch = { ...watch, lockClass };
  }

  /**
   * Checks that the flow that runs now holds this lock. If not, that is a `not-held` finding.
   * @throws LockdepError under the `error` policy, when it is not held.
   */
  assertHeld(): void {
    const { watch } = this;
    if (watch === null) return;
    if (findHeldOf(watch.instance, openBehind(watch)) !== null) return;
    watch.validator.report('not-held', watch.lockClass, 'is not held here');
    watch.validator.raise();
  }
}
