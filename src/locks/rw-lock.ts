import { EXCLUSIVE, RECURSIVE, SHARED, TRY, TRY_SHARED } from '../validator/lock-class.ts';
import type { Obligation } from '../validator/obligation.ts';
import { checkFunction, checkOptions, rejectArgument } from '../validator/errors.ts';
import { Hold, WriteHold } from './hold.ts';
import { Lock } from './lock.ts';
import type { AcquireOptions, WaitOptions } from './wait-options.ts';
import { LOCK_KEYS, type LockOptions, createWatch } from './watch.ts';

export interface RwLockOptions extends LockOptions {
  /**
   * `queued` (default): a reader waits behind a writer that waits, so that writers are not starved, and
   * reading inside a read can hang. `recursive`: readers wait for the writer that holds it only.
   */
  readers?: 'queued' | 'recursive';
}

/** Any number of readers or one writer; first come, first served. */
export class RwLock extends Lock {
  readonly #readCode: number;
  #readers = 0;
  #isWritten = false;

  /** @throws LockdepError `ERR_INVALID_ARGUMENT` for a bad or unknown option. */
  constructor(options: RwLockOptions = {}) {
    checkOptions(options, [...LOCK_KEYS, 'readers']);
    const { readers = 'queued' } = options;
    if (readers !== 'queued' && readers !== 'recursive')
      rejectArgument('readers', "'queued' or 'recursive'", readers);
    super(createWatch(options, { kind: 'rwlock', isFair: true }));
    this.#readCode = readers === 'queued' ? SHARED : RECURSIVE;
  }

  /** Whether a writer has it now. */
  protected get isWritten(): boolean {
    return this.#isWritten;
  }

  /** Waits until it may read. */
  acquireRead(options?: AcquireOptions): Promise<Hold> {
    return this.acquireAs(this.#readCode, 1, options, false);
  }

  /** Waits until it may write: until every reader and writer before it is done. */
  acquireWrite(options?: AcquireOptions): Promise<WriteHold> {
    return this.acquireAs(EXCLUSIVE, 1, options, false) as Promise<WriteHold>;
  }

  /** Reads if that needs no waiting. */
  tryAcquireRead(): Hold | undefined {
    return this.tryAcquireAs(this.#readCode, 1, TRY_SHARED);
  }

  /** Writes if that needs no waiting. */
  tryAcquireWrite(): WriteHold | undefined {
    return this.tryAcquireAs(EXCLUSIVE, 1, TRY) as WriteHold | undefined;
  }

  /** Runs `fn` while reading, however it ends. */
  runRead<T>(fn: (hold: Hold) => T | PromiseLike<T>, options?: AcquireOptions): Promise<T> {
    checkFunction('fn', fn);
    return this.runAs<T>(this.acquireAs(this.#readCode, 1, options, true), fn);
  }

  /** Runs `fn` while writing, however it ends. */
  runWrite<T>(fn: (hold: WriteHold) => T | PromiseLike<T>, options?: AcquireOptions): Promise<T> {
    checkFunction('fn', fn);
    return this.runAs<T>(
      this.acquireAs(EXCLUSIVE, 1, options, true),
      fn as (hold: Hold) => T | PromiseLike<T>,
    );
  }

  /**
   * Resolves at the next moment one could read (waits for writers only) or write, and takes nothing.
   * Rejects as `acquireWrite` does.
   */
  waitForUnlock(mode: 'read' | 'write' = 'write', options?: WaitOptions): Promise<void> {
    if (mode !== 'read' && mode !== 'write') rejectArgument('mode', "'read' or 'write'", mode);
    return this.waitUntilFits(mode === 'read' ? this.#readCode : EXCLUSIVE, 1, options);
  }

  /**
   * Resolves when all who hold it or wait for it now, readers and writers, are gone, and takes nothing.
   * Whoever comes later does not delay it, unless by overtaking somebody it waits for, and is not delayed
   * by it. Rejects as `acquireWrite` does.
   */
  waitForQueue(options?: WaitOptions): Promise<void> {
    return this.waitUntilGone(this.#isWritten ? 1 : this.#readers, options);
  }

  /** Recursive readers overtake the queue. */
  protected override mayOvertake(code: number): boolean {
    return code === RECURSIVE;
  }

  protected override fits(code: number): boolean {
    return !this.#isWritten && (code !== EXCLUSIVE || this.#readers === 0);
  }

  /** @internal */
  override get isExclusive(): boolean {
    return true;
  }

  protected override isInUse(): boolean {
    return this.#isWritten || this.#readers > 0;
  }

  protected override take(code: number): void {
    if (code === EXCLUSIVE) this.#isWritten = true;
    else this.#readers++;
  }

  protected override free(code: number): void {
    if (code === EXCLUSIVE) this.#isWritten = false;
    else this.#readers--;
  }

  /** @internal */
  override createHold(code: number, units: number, obligation: Obligation | null): Hold {
    return code === EXCLUSIVE
      ? new WriteHold(this, code, units, obligation)
      : new Hold(this, code, units, obligation);
  }
}
