import { checkOptions } from '../validator/errors.ts';
import { EXCLUSIVE, RECURSIVE, TRY_SHARED } from '../validator/lock-class.ts';
import type { Obligation } from '../validator/obligation.ts';
import { Hold } from './hold.ts';
import { Lock } from './lock.ts';
import type { WaitOptions } from './wait-options.ts';
import { type NamedOptions, createWatch } from './watch.ts';

/**
 * Counts those who are using something, until somebody wants to destroy it: closes it to newcomers, and
 * waits until all have left. A pass may be handed to a queue, a timer or another flow, which then leaves
 * for whoever entered. Semantics: Linux `percpu_ref` (`tryget_live`, `put`, `kill`), with a wait for zero.
 * @example
 * const pass = connection.gate.tryEnter();
 * if (pass === undefined) throw new Error('It is being closed.');
 * socket.write(data, () => pass.release());
 */
export class RefGate extends Lock implements AsyncDisposable {
  #inside = 0;
  #isClosed = false;

  /** @throws LockdepError `ERR_INVALID_ARGUMENT` for a bad or unknown option. */
  constructor(options: NamedOptions = {}) {
    checkOptions(options, ['name', 'validator']);
    super(createWatch(options, { kind: 'rwlock', isFair: true }));
  }

  /** Whether nobody is let in any more. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Lets in, never waiting; `undefined` once it is closed. The pass is released to leave. */
  tryEnter(): Hold | undefined {
    return this.tryAcquireAs(RECURSIVE, 1, TRY_SHARED);
  }

  /** Lets nobody in from now on; those who are in stay. A second time has no effect. */
  close(): void {
    this.#isClosed = true;
  }

  /**
   * Resolves at the next moment nobody is in; once it is closed, that is for good. Rejects as `options` say,
   * and for bad ones with `ERR_INVALID_ARGUMENT`.
   */
  drained(options?: WaitOptions): Promise<void> {
    return this.waitUntilFits(EXCLUSIVE, 1, options);
  }

  /** Closes it, and waits until all have left. */
  [Symbol.asyncDispose](): Promise<void> {
    this.close();
    return this.drained();
  }

  protected override fits(code: number): boolean {
    return code === EXCLUSIVE ? this.#inside === 0 : !this.#isClosed;
  }

  protected override isInUse(): boolean {
    return this.#inside > 0;
  }

  protected override take(): void {
    this.#inside++;
  }

  protected override free(): void {
    this.#inside--;
  }

  /** @internal */
  override createHold(code: number, units: number, obligation: Obligation | null): Hold {
    return new Hold(this, code, units, obligation);
  }
}
