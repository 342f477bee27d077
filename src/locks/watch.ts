import type { Engine } from '../validator/engine.ts';
import { validator as defaultValidator } from '../validator/default.ts';
import { checkFunction, checkName, rejectArgument } from '../validator/errors.ts';
import type { LockClass, LockClassOptions } from '../validator/lock-class.ts';
import type { Validator } from '../validator/validator.ts';
import type { Lock } from './lock.ts';

/** What every lock and executor takes. */
export interface NamedOptions {
  /** Name of the lock class. Default: the place where it is constructed. */
  name?: string;
  /** Default: the one of the process. */
  validator?: Validator;
}

/** What every lock takes. */
export interface LockOptions extends NamedOptions {
  /**
   * What nesting two locks of the class means: a finding (`report`, the default), or a finding only where the
   * orders of locks that were seen contradict each other (`instances`, for locks by key).
   */
  sameClass?: 'report' | 'instances';
  /**
   * The order of the locks of the class: less than 0 where the second may be asked for while the first is held.
   * Anything else is an `order-violation`, and nesting in that order no finding (Linux `lock_set_cmp_fn`).
   */
  order?(held: Lock, asked: Lock): number;
  /** Followed, and never part of a finding that has arrows: for the rare true exception. Default false. */
  isExempt?: boolean;
}

/** Keys of `LockOptions`. */
export const LOCK_KEYS: readonly string[] = ['name', 'validator', 'sameClass', 'order', 'isExempt'];

/** How one lock is watched. A lock that is not has `null` in its place, and runs at full speed. */
export interface Watch {
  readonly validator: Validator;
  readonly engine: Engine;
  readonly lockClass: LockClass;
  readonly instance: number;
  /** The class has an ordering function. */
  readonly isOrdered: boolean;
}

/** @throws LockdepError `ERR_INVALID_ARGUMENT` for a bad option. */
export function createWatch(options: LockOptions, lockOptions: LockClassOptions): Watch | null {
  const { name } = options;
  checkName(name);
  const declared = checkDeclared(options);
  const validator = validatorOf(options);
  if (validator.policy === 'off') return null;
  const lockClass = validator.classOf(name, { ...lockOptions, ...declared });
  return {
    validator,
    engine: validator.engine,
    lockClass,
    instance: validator.instanceOf(lockClass),
    isOrdered: lockClass.options.order !== undefined,
  };
}

function checkDeclared({ sameClass, order, isExempt }: LockOptions): LockClassOptions {
  if (sameClass !== undefined && sameClass !== 'report' && sameClass !== 'instances')
    rejectArgument('sameClass', "'report' or 'instances'", sameClass);
  if (order !== undefined) checkFunction('order', order);
  if (isExempt !== undefined && typeof isExempt !== 'boolean')
    rejectArgument('isExempt', 'true or false', isExempt);
  return {
    ...(sameClass === undefined ? {} : { sameClass }),
    ...(isExempt === undefined ? {} : { isExempt }),
    ...(order === undefined ? {} : { order: order as NonNullable<LockClassOptions['order']> }),
  };
}

/** @throws LockdepError `ERR_INVALID_ARGUMENT` for something that is no validator. */
export function validatorOf({ validator }: NamedOptions): Validator {
  if (validator === undefined) return defaultValidator;
  // Another copy of the package has a class of its own, and another realm its own `Object`.
  if (typeof validator !== 'object' || validator === null || !('engine' in validator))
    rejectArgument('validator', 'a Validator', validator);
  return validator;
}
