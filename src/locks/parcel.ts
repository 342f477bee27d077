import { join, clockOf } from '../causality/clock.ts';
import { LockdepError } from '../validator/errors.ts';
import type { Obligation } from '../validator/obligation.ts';
import type { Hold } from './hold.ts';
import { beginJob } from './job.ts';

/** A hold on its way to another flow. Nobody can release it until that flow accepts it. */
export class Parcel {
  /** Names the hand-over in reports. */
  readonly label: string;
  #hold: Hold | undefined;
  readonly #job: Obligation | undefined;

  /** @internal Made by `hold.handOff(label)`. */
  constructor(hold: Hold, label: string) {
    this.label = label;
    this.#hold = hold;
    const { watch } = hold.lock;
    if (watch === null || hold.obligation === null) return;
    const lockClass = watch.validator.classOf(label, { kind: 'executor', permits: Infinity });
    this.#job = beginJob(watch.engine, lockClass, 0, [hold], true);
    watch.validator.flush();
  }

  /**
   * Takes the hold up, at once, in the flow that runs now.
   * @throws LockdepError `ERR_DEAD_HOLD` when it was accepted before.
   */
  accept(): Hold {
    const hold = this.#hold;
    if (hold === undefined)
      throw new LockdepError('ERR_DEAD_HOLD', 'Expected a parcel that waits, got one that was accepted.');
    this.#hold = undefined;
    if (this.#job !== undefined) {
      const { engine } = hold.lock.watch!;
      const clock = join(clockOf(hold.obligation!), engine.grant(this.#job));
      engine.tracker.advance(clock);
    }
    return hold;
  }
}
