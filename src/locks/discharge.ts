import type { Obligation } from '../validator/obligation.ts';
import type { Watch } from './watch.ts';

/** Discharges it, as far as the validator goes: a fault there is told, and the lock is released all the same. */
export function dischargeIn({ engine, validator }: Watch, open: Obligation): void {
  try {
    engine.discharge(open);
  } catch (error) {
    validator.fault(error);
  }
}
