import { EXCLUSIVE, TRY } from '../validator/lock-class.ts';
import type { Obligation } from '../validator/obligation.ts';
import { checkFunction, checkOptions } from '../validator/errors.ts';
import { Hold } from './hold.ts';
import { Lock } from './lock.ts';
import type { AcquireOptions, WaitOptions } from './wait-options.ts';
import { LOCK_KEYS, type LockOptions, createWatch } from './watch.ts';

/**
 * One holder at a time; first come, first served. Not reentrant.
 * @example
 * const mutex = new Mutex({ name: 'orders' });
 * await mutex.run(async () => { … });
 */
export class Mutex extends Lock {
  #isHeld = false;

  /** @throws LockdepError `ERR_INVALID_ARGUMENT` for a bad or unknown option. */
  constructor(options: LockOptions = {}) {
    checkOptions(options, LOCK_KEYS);
    super(createWatch(options, { kind: 'mutex', isFair: true }));
  }

  /** Whether somebody holds it now. */
  get isHeld(): boolean {
    return this.#isHeld;
  }

  /** Waits for the lock and takes it. Rejects as `options` say, and for bad ones with `ERR_INVALID_ARGUMENT`. */
  acquire(options?: AcquireOptions): Promise<Hold> {
    return this.acquireAs(EXCLUSIVE, 1, options, false);
  }

  /** Takes the lock if it is free and nobody waits for it. */
  tryAcquire(): Hold | undefined {
    return this.tryAcquireAs(EXCLUSIVE, 1, TRY);
  }

  /** Runs `fn` with the lock held, and releases it however `fn` ends. */
  run<T>(fn: (hold: Hold) => T | PromiseLike<T>, options?: AcquireOptions): Promise<T> {
    checkFunction('fn', fn);
    return this.runAs<T>(this.acquireAs(EXCLUSIVE, 1, options, true), fn);
  }

  /** Resolves at the next moment the lock is free, and takes nothing. Rejects as `acquire` does. */
  waitForUnlock(options?: WaitOptions): Promise<void> {
    return this.waitUntilFits(EXCLUSIVE, 1, options);
  }

  /**
   * Resolves when all who hold it or wait for it now are gone, and takes nothing. Whoever comes later does not
   * delay it, and is not delayed by it. Rejects as `acquire` does.
   */
  waitForQueue(options?: WaitOptions): Promise<void> {
    return this.waitUntilGone(this.#isHeld ? 1 : 0, options);
  }

  protected override fits(): boolean {
    return !this.#isHeld;
  }

  /** @internal */
  override get isExclusive(): boolean {
    return true;
  }

  protected override isInUse(): boolean {
    return this.#isHeld;
  }

  protected override take(): void {
    this.#isHeld = true;
  }

  protected override free(): void {
    this.#isHeld = false;
  }

  /** @internal */
  override createHold(code: number, units: number, obligation: Obligation | null): Hold {
    return new Hold(this, code, units, obligation);
  }
}
