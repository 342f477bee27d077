/** What a request says of its place among other locks, beside how it waits. */
import { Borrowed, type Opens } from '../causality/grant.ts';
import { isInHand } from '../validator/custody.ts';
import { checkCount, rejectArgument } from '../validator/errors.ts';
import { type Obligation, rareOf } from '../validator/obligation.ts';
import type { LockClass } from '../validator/lock-class.ts';
import { findHeldOf, openBehind } from './held.ts';
import { Hold } from './hold.ts';
import type { Lock } from './lock.ts';
import { QueuedLock } from './queued-lock.ts';
import type { Watch } from './watch.ts';

export interface Annotations {
  /** Another level of the class, from 1 on: nesting locks of different levels is an order like any other. */
  subclass?: number;
  /** The lock, held by this flow, that serialises all nestings of the class; a hold of it will do. */
  nestedIn?: Lock | Hold;
}

/** @throws LockdepError `ERR_INVALID_ARGUMENT` for a bad option. */
function checkAnnotations({ subclass, nestedIn }: Annotations): void {
  if (subclass !== undefined) checkCount('subclass', subclass, 0);
  if (nestedIn !== undefined && !(nestedIn instanceof QueuedLock) && !(nestedIn instanceof Hold))
    rejectArgument('nestedIn', 'a lock or a hold', nestedIn);
}

/** The rejection of a request whose annotations are bad. */
export function refusalOfAnnotations(options: Annotations): Promise<never> | undefined {
  try {
    checkAnnotations(options);
    return undefined;
  } catch (error) {
    return Promise.reject(error);
  }
}

/** The class that a request belongs to. */
export function classOf({ validator, lockClass }: Watch, annotations: Annotations | undefined): LockClass {
  const subclass = annotations === undefined ? undefined : annotations.subclass;
  return subclass === undefined ? lockClass : validator.subclassOf(lockClass, subclass);
}

/**
 * Looks at what is held behind a request that is about to be made. Returns the hold that it is nested in.
 * @throws LockdepError under the `error` policy, when that is not held, or the order is another.
 */
export function checkPlace(watch: Watch, lock: Lock, outer: Lock | Hold | undefined): Obligation | null {
  const opens = openBehind(watch);
  if (watch.isOrdered) checkOrder(watch, opens, lock);
  const nestedIn = outer === undefined ? null : findOuter(watch, opens, outer);
  watch.validator.raise();
  return nestedIn;
}

/** Keeps with a request what was found out about it before it was made. */
export function annotate(
  asked: Obligation,
  lock: Lock,
  isOrdered: boolean,
  nestedIn: Obligation | null,
): void {
  if (nestedIn !== null) rareOf(asked).nestedIn = nestedIn;
  if (isOrdered) rareOf(asked).subject = lock;
}

function findOuter(watch: Watch, opens: Opens | null, outer: Lock | Hold): Obligation | null {
  const lock = outer instanceof Hold ? outer.lock : outer;
  // A lock that nobody watches cannot be asked about.
  if (lock.watch === null) return null;
  const held = findHeldOf(lock.watch.instance, opens);
  if (held === null)
    watch.validator.report(
      'nested-lock-not-held',
      watch.lockClass,
      'was asked for nested in a lock that is not held',
    );
  return held;
}

/** Compares the lock with all of its class that are held. */
function checkOrder(watch: Watch, opens: Opens | null, lock: Lock): void {
  const order = watch.lockClass.options.order!;
  for (let cell = opens; cell !== null; cell = cell.under) {
    const held = cell.grant as Obligation;
    const subject = held.rare === null ? null : held.rare.subject;
    if (!held.isOpen || cell instanceof Borrowed || !isInHand(held, opens)) continue;
    if (subject === null || subject === lock || held.lockClass !== watch.lockClass) continue;
    if (isInOrder(watch, order, subject, lock)) continue;
    watch.validator.report(
      'order-violation',
      watch.lockClass,
      'was asked for while another one was held that its order puts behind it',
    );
    return;
  }
}

function isInOrder(
  watch: Watch,
  order: (held: object, asked: object) => number,
  held: object,
  asked: object,
): boolean {
  try {
    return order(held, asked) < 0;
  } catch (error) {
    watch.validator.fault(error);
    return true;
  }
}
