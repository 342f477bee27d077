import { EXCLUSIVE, TRY } from '../validator/lock-class.ts';
import type { Obligation } from '../validator/obligation.ts';
import { checkCount, checkFunction, checkOptions } from '../validator/errors.ts';
import { Hold } from './hold.ts';
import { Lock } from './lock.ts';
import { ACQUIRE_KEYS, type AcquireOptions, type WaitOptions } from './wait-options.ts';
import { LOCK_KEYS, type LockOptions, type Watch, createWatch } from './watch.ts';

export interface SemaphoreOptions extends LockOptions {
  /** Units there are, an integer ≥ 1. */
  permits: number;
}

export interface SemaphoreAcquireOptions extends AcquireOptions {
  /** Units to take at once, an integer ≥ 1. Default 1. */
  permits?: number;
}

const SEMAPHORE_KEYS = [...ACQUIRE_KEYS, 'permits'];

/** A number of units; a request waits until as many as it wants are free. First come, first served. */
export class Semaphore extends Lock {
  readonly #permits: number;
  #free: number;

  /** @throws LockdepError `ERR_INVALID_ARGUMENT` for a bad or unknown option. */
  constructor(options: SemaphoreOptions) {
    checkOptions(options, [...LOCK_KEYS, 'permits']);
    checkCount('permits', options.permits, 1);
    super(createWatch(options, { kind: 'semaphore', permits: options.permits, isFair: true }));
    this.#permits = this.#free = options.permits;
  }

  /** Units that are free now. */
  get available(): number {
    return this.#free;
  }

  /**
   * Waits until the units are free and takes them. More units than there are is an
   * `unsatisfiable-request` finding; such a request waits for ever, unless `options` end it.
   */
  acquire(options?: SemaphoreAcquireOptions): Promise<Hold> {
    return this.#acquire(options, false);
  }

  /**
   * Takes the units if that needs no waiting.
   * @throws LockdepError `ERR_INVALID_ARGUMENT` for a bad or unknown option.
   */
  tryAcquire(options?: { permits?: number }): Hold | undefined {
    let permits = 1;
    if (options !== undefined) {
      checkOptions(options, ['permits']);
      ({ permits = 1 } = options);
      checkCount('permits', permits, 1);
    }
    return this.tryAcquireAs(EXCLUSIVE, permits, TRY);
  }

  /** Runs `fn` with the units held, however it ends. */
  run<T>(fn: (hold: Hold) => T | PromiseLike<T>, options?: SemaphoreAcquireOptions): Promise<T> {
    checkFunction('fn', fn);
    return this.runAs<T>(this.#acquire(options, true), fn);
  }

  /** Resolves at the next moment a unit is free, and takes nothing. Rejects as `acquire` does. */
  waitForUnlock(options?: WaitOptions): Promise<void> {
    return this.waitUntilFits(EXCLUSIVE, 1, options);
  }

  /**
   * Resolves when all who hold units or wait for some now are gone, and takes nothing. Whoever comes later does not
   * delay it, and is not delayed by it. Rejects as `acquire` does.
   */
  waitForQueue(options?: WaitOptions): Promise<void> {
    return this.waitUntilGone(this.#permits - this.#free, options);
  }

  #acquire(options: SemaphoreAcquireOptions | undefined, isScoped: boolean): Promise<Hold> {
    const permits = options?.permits === undefined ? 1 : options.permits;
    if (permits !== 1) {
      try {
        checkCount('permits', permits, 1);
        if (permits > this.#permits) reportUnsatisfiable(this.watch, permits, this.#permits);
      } catch (error) {
        return Promise.reject(error);
      }
    }
    return this.acquireAs(EXCLUSIVE, permits, options, isScoped, SEMAPHORE_KEYS);
  }

  protected override fits(_code: number, units: number): boolean {
    return units <= this.#free;
  }

  /** @internal */
  override get isExclusive(): boolean {
    return true;
  }

  protected override isInUse(): boolean {
    return this.#free < this.#permits;
  }

  protected override take(_code: number, units: number): void {
    this.#free -= units;
  }

  protected override free(_code: number, units: number): void {
    this.#free += units;
  }

  /** @internal */
  override isWhole({ units }: Hold): boolean {
    return units === this.#permits;
  }

  /** @internal */
  override createHold(code: number, units: number, obligation: Obligation | null): Hold {
    return new Hold(this, code, units, obligation);
  }
}

function reportUnsatisfiable(watch: Watch | null, wanted: number, permits: number): void {
  if (watch === null) return;
  watch.validator.report(
    'unsatisfiable-request',
    watch.lockClass,
    `has ${permits} units, ${wanted} were asked for`,
  );
  watch.validator.raise();
}
