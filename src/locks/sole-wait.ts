/**
 * One flow that waits until something is so. Semantics: the Linux kernel's `rcuwait`
 * (include/linux/rcuwait.h): one place to wait in and no queue, for conditions that one owner waits for, such as
 * the last reader having left. Waking is cheap where nobody waits, and changes nothing.
 *
 * Somebody owes the wake-up, as a completion is owed; see debt.ts. It is delivered by a wake that ends
 * the wait, and by one that comes where nobody waits, since it would have ended a wait that was earlier. One
 * that finds its condition not met yet delivers nothing: what it is needed for cannot be known.
 */
import { LockdepError, checkFunction, checkOptions } from '../validator/errors.ts';
import { type WaitOptions, refusalOf } from './wait-options.ts';
import { Debt } from './debt.ts';
import { Sleepers } from './sleepers.ts';
import { type NamedOptions, type Watch, createWatch } from './watch.ts';

/**
 * Lets one flow wait for a condition.
 * @example
 * const idle = new SoleWait({ name: 'idle' });
 * await idle.wait(() => readers === 0); // one flow, and no second one
 * if (--readers === 0) idle.wake(); // any other
 */
export class SoleWait {
  readonly #watch: Watch | null;
  readonly #sleepers: Sleepers;
  readonly #debt: Debt | null;
  /** Of who waits. */
  #condition: (() => boolean) | null = null;

  /** @throws LockdepError `ERR_INVALID_ARGUMENT` for a bad or unknown option. */
  constructor(options: NamedOptions = {}) {
    checkOptions(options, ['name', 'validator']);
    this.#watch = createWatch(options, { kind: 'completion', isFair: true });
    this.#sleepers = new Sleepers(this.#watch, 'the condition', 'not met');
    this.#debt = this.#watch === null ? null : new Debt(this.#watch);
  }

  /** Whether somebody waits. */
  get isWaitedFor(): boolean {
    return !this.#sleepers.isEmpty;
  }

  /**
   * Waits until `condition()` is true: now, or at a `wake()`. It is called in the flow that wakes; if it throws, the
   * wait rejects with that. Rejects as `options` say, and for bad ones with `ERR_INVALID_ARGUMENT`.
   *
   * A second waiter at a time would never be woken. It rejects with `ERR_ALREADY_WAITING`, and is an
   * `unsatisfiable-request` finding: of the codes there are, the one for asking more of something
   * than it has, here a second place to wait in.
   */
  wait(condition: () => boolean, options?: WaitOptions): Promise<void> {
    checkFunction('condition', condition);
    const refusal = refusalOf(options);
    if (refusal !== undefined) return refusal;
    if (this.isWaitedFor) return this.#rejectSecond();
    try {
      if (condition()) return this.#sleepers.pass(options);
    } catch (error) {
      return Promise.reject(error);
    }
    // The condition itself may have let somebody else wait, or given this wait up.
    if (this.isWaitedFor) return this.#rejectSecond();
    if (options?.signal?.aborted === true) return Promise.reject(options.signal.reason as Error);
    this.#condition = condition;
    return this.#sleepers.wait(options, this.#debt?.state);
  }

  /**
   * Lets who waits go on, if its condition is met.
   * @throws LockdepError under the `error` policy, when it completes an error finding; the wait is over.
   */
  wake(): void {
    const condition = this.isWaitedFor ? this.#condition : null;
    try {
      if (condition !== null && !condition()) return;
    } catch (error) {
      this.#sleepers.failAll(error);
      return;
    }
    this.#debt?.pay();
    // Its own condition may have ended the wait, and begun another.
    if (condition === this.#condition) this.#sleepers.wakeFirst();
    this.#debt?.conclude();
  }

  async #rejectSecond(): Promise<never> {
    if (this.#watch !== null) {
      const { validator, lockClass } = this.#watch;
      validator.report(
        'unsatisfiable-request',
        lockClass,
        'has one place to wait in, and a second flow came to wait',
      );
      validator.raise();
    }
    throw new LockdepError('ERR_ALREADY_WAITING', 'Expected one flow to wait at a time, another one waits.');
  }
}
