/**
 * Holds whose every handle is garbage while they are still open: nothing can release them any more, and the
 * garbage collector is the witness. Semantics: like the kernel's check for a lock that is freed while it is held
 * (`debug_check_no_locks_freed`), with reachability in the place of memory.
 *
 * To register a handle costs about a microsecond, several times a whole acquisition. So only those are
 * registered that are not on the warm path anyway, since their stack is taken or they had to wait, and of each class so
 * many a second; a place that loses holds does so again. Nothing here keeps a hold, a lock or a handle alive.
 */
import { includesGrant } from '../causality/grant.ts';
import type { LockClass } from '../validator/lock-class.ts';
import { type Obligation, rareOf } from '../validator/obligation.ts';
import type { Validator } from '../validator/validator.ts';

/** Weak, since the registry keeps it: what listens to a validator may be what has the handle. */
interface Handle {
  readonly obligation: WeakRef<Obligation>;
  readonly validator: WeakRef<Validator>;
  /** A hand-over makes a new handle, and the one before does not count any more. */
  readonly number: number;
}

const HANDLES_A_SECOND = 64;

const budgets = new WeakMap<LockClass, { left: number; sinceMs: number }>();

const handles = new FinalizationRegistry<Handle>((handle) => {
  const obligation = handle.obligation.deref();
  const validator = handle.validator.deref();
  if (obligation === undefined || validator === undefined) return;
  if (!isLost(obligation, validator, handle.number)) return;
  validator.reportSince('leaked-hold', obligation, 'is still held, and every means to release it is gone');
  // Nobody runs now whose lock could throw it.
  validator.flush();
});

/** A handle of an open or wanted hold was made. Not for holds on the warm path. */
export function noteHandle(hold: object, obligation: Obligation, validator: Validator): void {
  const rare = rareOf(obligation);
  rare.handles++;
  if (obligation.isScoped || obligation.key.isWait || !takeFromBudget(obligation.lockClass)) return;
  handles.register(hold, {
    obligation: new WeakRef(obligation),
    validator: new WeakRef(validator),
    number: rare.handles,
  });
}

function takeFromBudget(lockClass: LockClass): boolean {
  const now = performance.now();
  let budget = budgets.get(lockClass);
  if (budget === undefined) budgets.set(lockClass, (budget = { left: HANDLES_A_SECOND, sinceMs: now }));
  if (now - budget.sinceMs > 1000) {
    budget.left = HANDLES_A_SECOND;
    budget.sinceMs = now;
  }
  return budget.left-- > 0;
}

function isLost(obligation: Obligation, validator: Validator, number: number): boolean {
  const { engine } = validator;
  const { rare } = obligation;
  if (!obligation.isOpen || obligation.owner !== engine.owner) return false;
  // Left held by a flow or a test that has ended, it is lost as well, and was told where that was known.
  if (validator.isTold(obligation)) return false;
  // The callback of `run` ends some time, or hangs; either way the hold is not lost but kept.
  if (obligation.isScoped) return false;
  if (rare === null || rare.handles !== number || rare.custodian?.isWaiting === true) return false;
  // A flow that waits for ever is garbage with all it holds; it is the wait that is told then.
  for (let each = engine.newest; each !== null; each = each.older)
    if (each.isWaiting && includesGrant(each.under, obligation)) return false;
  return true;
}
