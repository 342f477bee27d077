import type { Obligation } from '../validator/obligation.ts';
import { dischargeIn } from './discharge.ts';
import type { Watch } from './watch.ts';

/**
 * What somebody owes to those who wait, though nobody has taken anything: a completion, a wake-up.
 *
 * It is owed from the beginning, and again from each payment on, since the next who waits needs the next
 * one. What it is owed *since*, for the question of what was asked for under it, remains the beginning:
 * whoever waited could have waited then. What led to a payment is behind the next one and makes no arrow
 * twice.
 */
export class Debt {
  readonly #watch: Watch;
  /** Apart, since those who wait point to it. */
  readonly state: { owed: Obligation; isUnpaid: boolean };
  #isPaid = false;

  constructor(watch: Watch) {
    this.#watch = watch;
    this.state = { owed: watch.engine.arm(watch.lockClass, watch.instance, null, false), isUnpaid: true };
  }

  /** It is done, by whoever runs now. */
  pay(): void {
    const { engine, lockClass, instance } = this.#watch;
    const { state } = this;
    const paid = state.owed;
    dischargeIn(this.#watch, paid);
    this.#isPaid = true;
    state.isUnpaid = false;
    state.owed = engine.arm(lockClass, instance, paid, true);
  }

  /** It begins anew, unless nothing was ever done of it. */
  restart(): void {
    this.state.isUnpaid = true;
    if (!this.#isPaid) return;
    const { engine, lockClass, instance } = this.#watch;
    this.state.owed = engine.arm(lockClass, instance, null, true);
  }

  /** Draws the conclusions of a payment, once everything is in order. */
  conclude(): void {
    const { validator } = this.#watch;
    validator.flush();
    validator.raise();
  }
}
