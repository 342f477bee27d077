/** Named lines of execution. */
import { type ClockEntry, withRoom } from '../causality/clock.ts';
import { Borrowed, type Opens } from '../causality/grant.ts';
import { leaveBehind } from '../validator/cover.ts';
import { validator as defaultValidator } from '../validator/default.ts';
import { checkFunction, checkOptions, rejectArgument } from '../validator/errors.ts';
import { type LockClass, TRY } from '../validator/lock-class.ts';
import { type Obligation, rareOf } from '../validator/obligation.ts';
import type { Validator } from '../validator/validator.ts';
import { validatorOf } from './watch.ts';

export interface FlowOptions {
  /** Default: the one of the process. */
  validator?: Validator;
}

/** A flow that has begun, and what lies behind all that runs in it. */
export interface OpenFlow {
  readonly name: string;
  readonly running: Obligation;
  readonly clock: ClockEntry;
}

function flowClassOf(validator: Validator): LockClass {
  return validator.classOf('flow', { kind: 'flow', permits: Infinity, isExempt: true });
}

/** Follows what runs from now on, though there is no lock yet. */
export function prepareFlows(validator: Validator): void {
  flowClassOf(validator);
}

/**
 * Begins a flow. It is held like a lock that everybody may have, and that nobody waits for. What is named
 * inside a test has the name of the test too, since edges tell of one name alone.
 */
export function openFlow(validator: Validator, name: string, isTest: boolean): OpenFlow {
  const { engine } = validator;
  const running = engine.ask(flowClassOf(validator), TRY, 0, false);
  const test = isTest ? undefined : findFlow(running.under, ({ rare }) => rare?.isTest === true);
  const rare = rareOf(running);
  rare.flow = test === undefined ? name : `${test.rare!.flow} > ${name}`;
  rare.isTest = isTest;
  return { name, running, clock: withRoom(engine.grant(running)) };
}

/** The innermost flow that is `wanted` among what is open behind a clock; one that is only borrowed comes last. */
export function findFlow(
  opens: Opens | null,
  wanted: (running: Obligation) => boolean,
): Obligation | undefined {
  let borrowed: Obligation | undefined;
  for (let cell = opens; cell !== null; cell = cell.under) {
    const running = (cell.grant.origin ?? cell.grant) as Obligation;
    if (!running.isOpen || running.lockClass.kind !== 'flow' || !wanted(running)) continue;
    if (!(cell instanceof Borrowed)) return running;
    borrowed ??= running;
  }
  return borrowed;
}

/** Ends a flow; what happens in its name from now on is not told as its own. */
export function closeFlow(validator: Validator, { running }: OpenFlow): void {
  validator.engine.discharge(running);
  validator.flush();
}

/** What was asked for in the flow and is not over, the newest first. */
export function listOpenIn({ engine }: Validator, { running }: OpenFlow): Obligation[] {
  const found: Obligation[] = [];
  for (let each = engine.newest; each !== null; each = each.older) {
    const { kind } = each.lockClass;
    if (kind !== 'flow' && each.rare?.isJob !== true && isCoveredBy(each, running)) found.push(each);
  }
  return found;
}

function isCoveredBy({ under }: Obligation, running: Obligation): boolean {
  for (let cell = under; cell !== null; cell = cell.under)
    if (cell.grant === running) return !(cell instanceof Borrowed);
  return false;
}

/** Reports what the flow leaves held, without having handed it over. */
export function reportHeld(validator: Validator, flow: OpenFlow): void {
  for (const each of listOpenIn(validator, flow)) {
    if (!each.isOpen || each.rare?.custodian != null) continue;
    leaveBehind(each);
    const kind = flow.running.rare?.isTest === true ? 'test' : 'flow';
    validator.reportSince(
      'held-at-end',
      each,
      `is still held at the end of the ${kind} "${flow.name}"`,
      'warning',
    );
  }
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
  const open = openFlow(validator, name, false);
  try {
    return await validator.engine.tracker.call(open.clock, fn);
  } finally {
    reportHeld(validator, open);
    closeFlow(validator, open);
  }
}
