/**
 * Something that will be done, and those who wait for it. Semantics: the Linux kernel's
 * (Documentation/scheduler/completion.rst): a count, never lost, and first come, first served.
 *
 * The obligation is that somebody must complete it. It is owed when it is made and after `reset`, and
 * again from each `complete()` on, for whoever waits next; see debt.ts. Nobody holds it, so it is
 * discharged by whoever completes it, and what that flow got since then the completion depends on.
 */
import { checkOptions } from '../validator/errors.ts';
import { type WaitOptions, refusalOf } from './wait-options.ts';
import { Debt } from './debt.ts';
import { Sleepers } from './sleepers.ts';
import { type NamedOptions, createWatch } from './watch.ts';

/**
 * Lets flows wait until others have done something.
 * @example
 * const loaded = new Completion({ name: 'loaded' });
 * void load().then(() => loaded.completeAll());
 * await loaded.wait();
 */
export class Completion {
  readonly #sleepers: Sleepers;
  readonly #debt: Debt | null;
  /** Waits that may pass; `Infinity` after `completeAll`. */
  #done = 0;

  /** @throws LockdepError `ERR_INVALID_ARGUMENT` for a bad or unknown option. */
  constructor(options: NamedOptions = {}) {
    checkOptions(options, ['name', 'validator']);
    const watch = createWatch(options, { kind: 'completion', isFair: true });
    this.#sleepers = new Sleepers(watch, 'the completion', 'not complete');
    this.#debt = watch === null ? null : new Debt(watch);
  }

  /** Whether a wait would pass at once. */
  get isDone(): boolean {
    return this.#done > 0;
  }

  /**
   * Lets one wait pass: that of who has waited longest, else the next.
   * @throws LockdepError under the `error` policy, when it completes an error finding; the wait has passed.
   */
  complete(): void {
    const debt = this.#done === Infinity ? null : this.#debt;
    debt?.pay();
    if (!this.#sleepers.wakeFirst()) this.#done++;
    debt?.conclude();
  }

  /**
   * Lets all waits pass, those to come too, until `reset`.
   * @throws LockdepError as `complete` does.
   */
  completeAll(): void {
    const debt = this.#done === Infinity ? null : this.#debt;
    debt?.pay();
    this.#done = Infinity;
    this.#sleepers.wakeAll();
    debt?.conclude();
  }

  /** Waits until it is completed. Rejects as `options` say, and for bad ones with `ERR_INVALID_ARGUMENT`. */
  wait(options?: WaitOptions): Promise<void> {
    const refusal = refusalOf(options);
    if (refusal !== undefined) return refusal;
    if (this.#done === 0) return this.#sleepers.wait(options, this.#debt?.state);
    this.#done--;
    return this.#sleepers.pass(options);
  }

  /** As `wait`, if that would pass at once; says whether it did. */
  tryWait(): boolean {
    if (this.#done === 0) return false;
    this.#done--;
    return true;
  }

  /** Forgets what was completed, so that the next wait waits. Those who wait already go on waiting. */
  reset(): void {
    this.#done = 0;
    this.#debt?.restart();
  }
}
