import { checkFunction, checkName, checkOptions } from './errors.ts';
import type { LockKind } from './lock-class.ts';
import type { Request } from './request.ts';
import type { Validator } from './validator.ts';

export interface WatchLockOptions {
  /** Name of the lock class. Default: the place of this call. */
  name?: string;
  /** The method that acquires; it may return a promise. */
  acquire: string;
  /** The method that releases. */
  release: string;
  /** Default `mutex`. */
  kind?: LockKind;
  /** Units of a counted resource. Default 1. */
  permits?: number;
}

type Method = (this: unknown, ...args: unknown[]) => unknown;

/** Puts watched methods in front of an object's own pair. Values, errors and `this` are as before. */
export function watchLock(validator: Validator, lock: object, options: WatchLockOptions): () => void {
  checkOptions(options, ['name', 'acquire', 'release', 'kind', 'permits']);
  checkName(options.name);
  const target = lock as Record<string, Method>;
  const { [options.acquire]: acquire, [options.release]: release } = target;
  checkFunction('acquire', acquire);
  checkFunction('release', release);
  if (validator.policy === 'off') return () => {};
  const { kind = 'mutex', permits = 1 } = options;
  const lockClass = validator.classOf(options.name, { kind, permits });
  /** Granted and not released, the newest last. */
  const open: Request[] = [];
  const hadOwn = [options.acquire, options.release].map((name) => Object.hasOwn(lock, name));
  target[options.acquire] = function (...args) {
    const request = validator.request(lockClass, { instance: lock });
    const settle = (value: unknown): unknown => {
      request.granted();
      open.push(request);
      return value;
    };
    const fail = (error: unknown): never => {
      request.cancelled();
      throw error;
    };
    let result: unknown;
    try {
      result = Reflect.apply(acquire!, this, args);
    } catch (error) {
      return fail(error);
    }
    return result instanceof Promise ? result.then(settle, fail) : settle(result);
  };
  target[options.release] = function (...args) {
    // Nobody says which grant is given back, so it is the newest.
    const request = open.pop();
    if (request === undefined) validator.report('bad-release', lockClass, 'was released without being held');
    else request.discharge();
    return Reflect.apply(release!, this, args);
  };
  return () => {
    [options.acquire, options.release].forEach((name, i) => {
      if (hadOwn[i] === true) target[name] = i === 0 ? acquire! : release!;
      else delete target[name];
    });
  };
}
