import type { Engine } from '../validator/engine.ts';
import { validator as defaultValidator } from '../validator/default.ts';
import { checkName, rejectArgument } from '../validator/errors.ts';
import type { LockClass, LockClassOptions } from '../validator/lock-class.ts';
import type { Validator } from '../validator/validator.ts';

/** What every lock and executor takes. */
export interface NamedOptions {
  /** Name of the lock class. Default: the place where it is constructed. */
  name?: string;
  /** Default: the one of the process. */
  validator?: Validator;
}

/** How one lock is watched. A lock that is not has `null` in its place, and runs at full speed. */
export interface Watch {
  readonly validator: Validator;
  readonly engine: Engine;
  readonly lockClass: LockClass;
  readonly instance: number;
}

/** @throws LockdepError `ERR_INVALID_ARGUMENT` for a bad name or validator. */
export function createWatch(options: NamedOptions, lockOptions: LockClassOptions): Watch | null {
  const { name } = options;
  checkName(name);
  const validator = validatorOf(options);
  if (validator.policy === 'off') return null;
  const lockClass = validator.classOf(name, lockOptions);
  return { validator, engine: validator.engine, lockClass, instance: validator.instanceOf(lockClass) };
}

/** @throws LockdepError `ERR_INVALID_ARGUMENT` for something that is no validator. */
export function validatorOf({ validator }: NamedOptions): Validator {
  if (validator === undefined) return defaultValidator;
  // Another copy of the package has a class of its own.
  if (!(validator instanceof Object) || !('engine' in validator))
    rejectArgument('validator', 'a Validator', validator);
  return validator;
}
