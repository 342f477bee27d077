/** Named lines of execution. */
import { includesGrant } from '../causality/grant.ts';
import { leaveBehind } from '../validator/cover.ts';
import { validator as defaultValidator } from '../validator/default.ts';
import { checkFunction, checkOptions, rejectArgument } from '../validator/errors.ts';
import { TRY } from '../validator/lock-class.ts';
import { type Obligation, rareOf } from '../validator/obligation.ts';
import type { Validator } from '../validator/validator.ts';
import { validatorOf } from './watch.ts';

export interface FlowOptions {
  /** Default: the one of the process. */
  validator?: Validator;
}

/**
 * Runs `fn` as a flow of that name: reports name it at every lock that is taken in it, and a lock that it
 * leaves held when it ends, without having handed it over, is a `held-at-end` finding. Flows nest; the
 * innermost name counts.
 * @throws LockdepError `ERR_INVALID_ARGUMENT` for a bad argument; the promise rejects as that of `fn`.
 * @example
 * await flow('checkout', async () => { … });
 */
export async function flow<T>(
  name: string,
  fn: () => T | PromiseLike<T>,
  options: FlowOptions = {},
): Promise<T> {
  if (typeof name !== 'string' || name === '') rejectArgument('name', 'a non-empty string', name);
  checkFunction('fn', fn);
  checkOptions(options, ['validator']);
  const validator = options.validator === undefined ? defaultValidator : validatorOf(options);
  if (validator.policy === 'off') return fn();
  const { engine } = validator;
  // A flow is held like a lock that everybody may have, and that nobody waits for.
  const lockClass = validator.classOf('flow', { kind: 'flow', permits: Infinity, isExempt: true });
  const running = engine.ask(lockClass, TRY, 0, false);
  rareOf(running).flow = name;
  const clock = engine.grant(running);
  try {
    return await engine.tracker.call(clock, fn);
  } finally {
    reportHeld(validator, running, name);
    engine.discharge(running);
    validator.flush();
  }
}

function reportHeld(validator: Validator, running: Obligation, name: string): void {
  const { engine } = validator;
  for (let each = engine.newest; each !== null; each = each.older) {
    const isHeld = each.isOpen && each.lockClass.kind !== 'flow' && each.rare?.isJob !== true;
    if (!isHeld || !includesGrant(each.under, running) || each.rare?.custodian != null) continue;
    leaveBehind(each);
    validator.reportSince('held-at-end', each, `is still held at the end of the flow "${name}"`, 'warning');
  }
}
