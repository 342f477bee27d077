/**
 * What all our locks share: first come, first served, with nobody overtaking; a wait that ends by a
 * signal or a timeout leaves the queue as if it had never been there; the lock is in order before the
 * validator draws conclusions or anybody is called.
 *
 * A subclass says what fits beside what is held (`fits`), and keeps that account (`take`, `free`).
 */
import { LockdepError, checkOptions, rejectArgument } from '../validator/errors.ts';
import { SHARED, TRY_SHARED, WAIT } from '../validator/lock-class.ts';
import type { Obligation } from '../validator/obligation.ts';
import { type Annotations, annotate, checkAnnotations, checkPlace, classOf } from './annotations.ts';
import type { Hold } from './hold.ts';
import { WaitQueue, type Waiter, createWaiter } from './wait-queue.ts';
import type { Watch } from './watch.ts';

export interface AcquireOptions extends Annotations {
  /** Gives the wait up; the promise rejects with the signal's reason. */
  signal?: AbortSignal;
  /** Gives the wait up after so many milliseconds, with `ERR_LOCK_TIMEOUT`. Default: never. */
  timeoutMs?: number;
}

export const ACQUIRE_KEYS: readonly string[] = ['signal', 'timeoutMs', 'subclass', 'nestedIn'];

/** The longest delay that timers take. */
export const MAX_TIMEOUT_MS: number = 2 ** 31 - 1;

function checkAcquireOptions(options: AcquireOptions, keys: readonly string[]): void {
  checkOptions(options, keys);
  checkAnnotations(options, (value) => value instanceof Lock);
  const { signal, timeoutMs } = options;
  if (signal !== undefined && !(signal instanceof AbortSignal))
    rejectArgument('signal', 'an AbortSignal', signal);
  if (
    timeoutMs !== undefined &&
    !(typeof timeoutMs === 'number' && timeoutMs >= 0 && timeoutMs <= MAX_TIMEOUT_MS)
  ) {
    rejectArgument('timeoutMs', `a number from 0 to ${MAX_TIMEOUT_MS}`, timeoutMs);
  }
}

export abstract class Lock {
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
      try {
        checkAcquireOptions(options, keys);
      } catch (error) {
        return Promise.reject(error);
      }
      if (options.signal?.aborted === true) return Promise.reject(options.signal.reason as Error);
    }
    const { watch } = this;
    if (watch === null) {
      const hold = this.createHold(code, units, null);
      if (!this.#canTake(code, units)) return this.#wait(hold, null, options);
      this.take(code, units);
      return Promise.resolve(hold);
    }
    const { engine } = watch;
    let nestedIn: Obligation | null = null;
    if (watch.isOrdered || options?.nestedIn !== undefined) {
      try {
        nestedIn = checkPlace(watch, this, options?.nestedIn);
      } catch (error) {
        return Promise.reject(error);
      }
    }
    const isBreakable =
      options !== undefined && (options.signal !== undefined || options.timeoutMs !== undefined);
    const obligation = engine.ask(classOf(watch, options), code, watch.instance, isBreakable);
    obligation.isScoped = isScoped;
    if (nestedIn !== null || watch.isOrdered) annotate(obligation, this, watch.isOrdered, nestedIn);
    const hold = this.createHold(code, units, obligation);
    if (!this.#canTake(code, units)) {
      watch.lockClass.contentions++;
      return this.#wait(hold, obligation, options);
    }
    this.take(code, units);
    return engine.tracker.resolved(engine.grant(obligation), hold);
  }

  protected tryAcquireAs(code: number, units: number, tryCode: number): Hold | undefined {
    if (!this.#canTake(code, units)) return undefined;
    const { watch } = this;
    if (watch?.isOrdered === true) checkPlace(watch, this, undefined);
    this.take(code, units);
    if (watch === null) return this.createHold(code, units, null);
    const obligation = watch.engine.ask(watch.lockClass, tryCode, watch.instance, false);
    if (watch.isOrdered) annotate(obligation, this, true, null);
    watch.engine.tracker.advance(watch.engine.grant(obligation));
    return this.createHold(code, units, obligation);
  }

  /** Runs `fn` with the lock held, however it ends. */
  protected async runAs<T>(acquired: Promise<Hold>, fn: (hold: Hold) => T | PromiseLike<T>): Promise<T> {
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
  protected waitUntilFits(code: number, units: number): Promise<void> {
    const { watch } = this;
    const isFree = this.fits(code, units);
    const obligation =
      watch === null ? null : watch.engine.ask(watch.lockClass, code + WAIT, watch.instance, false);
    const hold = this.createHold(code, units, obligation);
    if (isFree) {
      if (watch === null) return Promise.resolve();
      return watch.engine.tracker.resolved(watch.engine.grant(obligation!), undefined);
    }
    return new Promise((resolve, reject) => {
      const waiter = createWaiter(hold, obligation, () => resolve(), reject, undefined);
      this.#onlookers.push(waiter);
    });
  }

  #canTake(code: number, units: number): boolean {
    return (this.#queue.first === null || this.mayOvertake(code)) && this.fits(code, units);
  }

  #wait(hold: Hold, obligation: Obligation | null, options: AcquireOptions | undefined): Promise<Hold> {
    return new Promise((resolve, reject) => {
      const waiter = createWaiter(hold, obligation, resolve, reject, options?.signal);
      this.#queue.push(waiter);
      if (this.mayOvertake(hold.code)) this.#overtakers++;
      if (options !== undefined) waiter.stopWatching = this.#watchForEnd(waiter, options);
    });
  }

  #watchForEnd(waiter: Waiter, { signal, timeoutMs }: AcquireOptions): () => void {
    const giveUp = (reason: unknown): void => {
      this.#giveUp(waiter, reason);
      // Whoever stood behind may fit now: readers behind a writer that left.
      this.#grantQueued();
    };
    const onAbort = (): void => giveUp(signal!.reason);
    signal?.addEventListener('abort', onAbort, { once: true });
    const timer =
      timeoutMs === undefined
        ? undefined
        : setTimeout(
            () =>
              giveUp(
                new LockdepError(
                  'ERR_LOCK_TIMEOUT',
                  `Expected the lock within ${timeoutMs} ms, it is still held.`,
                ),
              ),
            timeoutMs,
          );
    return () => {
      signal?.removeEventListener('abort', onAbort);
      clearTimeout(timer);
    };
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

  /** @internal The hold is given back; it is dead already. */
  discharge(hold: Hold): void {
    const { watch } = this;
    if (watch === null) this.#release(hold.code, hold.units);
    else {
      try {
        watch.engine.discharge(hold.obligation!);
      } catch (error) {
        watch.validator.fault(error);
      }
      this.#release(hold.code, hold.units);
      watch.validator.flush();
      watch.validator.raise();
    }
  }

  #release(code: number, units: number): void {
    this.free(code, units);
    this.#passOn();
  }

  #passOn(): void {
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
      engine.discharge(hold.obligation!);
      // The shared hold was never waited for: arrows lead out of it only.
      hold.obligation = engine.ask(watch.lockClass, TRY_SHARED, watch.instance, false);
      engine.tracker.advance(engine.grant(hold.obligation));
    }
    this.#passOn();
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
    const clock = watch.engine.tracker.asked();
    for (let cell = clock === null ? null : clock.opens; cell !== null; cell = cell.under) {
      if (cell.grant.isOpen && cell.grant.instance === watch.instance) return;
    }
    watch.validator.report('not-held', watch.lockClass, 'is not held here');
    watch.validator.raise();
  }
}
