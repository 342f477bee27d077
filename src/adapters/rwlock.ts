/**
 * rwlock: one object has a lock for each key, and one without a key. Its methods are made by its constructor, so they
 * are replaced after each construction. A callback that had to wait is called in the midst of a release.
 */
import { EXCLUSIVE, SHARED } from '../validator/lock-class.ts';
import type { Obligation } from '../validator/obligation.ts';
import type { Validator } from '../validator/validator.ts';
import type { Adapter } from './shared/adapter.ts';
import { imitate } from './shared/patches.ts';
import { Resource } from './shared/resource.ts';

type Release = () => void;
export type Callback = (this: unknown, release: Release) => void;
export type AsyncCallback = (this: unknown, error: null, release: Release) => void;

export interface Options {
  /** `this` of the callback. */
  scope?: unknown;
  /** In milliseconds. Default: none. */
  timeout?: number;
  timeoutCallback?: (this: unknown) => void;
}

export interface TakeLock<C> {
  (fn: C, options?: Options): void;
  (key: string, fn: C, options?: Options): void;
}

/** An object of the library, which has no types of its own. */
export interface ReadWriteLock {
  readLock: TakeLock<Callback>;
  writeLock: TakeLock<Callback>;
  async: { readLock: TakeLock<AsyncCallback>; writeLock: TakeLock<AsyncCallback> };
}

/** Called with a key first, or without. */
type Take = (...args: unknown[]) => void;

interface Methods {
  readLock: Take;
  writeLock: Take;
}

interface Lock extends Methods {
  async: Methods;
}

/** The locks of one object: one class for that without a key, another for those that have one. */
class Locks {
  readonly #validator: Validator;
  readonly #madeAt: Error;
  #plain: Resource | undefined;
  readonly #keyed = new Map<string, Resource>();

  constructor(validator: Validator, madeAt: Error) {
    this.#validator = validator;
    this.#madeAt = madeAt;
  }

  plain(): Resource {
    return (this.#plain ??= this.#create('report'));
  }

  keyed(key: string): Resource {
    let resource = this.#keyed.get(key);
    if (resource === undefined) this.#keyed.set(key, (resource = this.#create('instances')));
    return resource;
  }

  #create(sameClass: 'report' | 'instances'): Resource {
    return new Resource(this.#validator, { kind: 'rwlock', isFair: true, sameClass, madeAt: this.#madeAt });
  }
}

/** With the end of a wait by its own timeout told to us. */
function watchTimeout(resource: Resource, asked: Obligation | null, options: Options): Options {
  const { timeoutCallback } = options;
  return Object.assign(Object.create(Object.getPrototypeOf(options) as object | null) as Options, options, {
    timeoutCallback(this: unknown) {
      resource.giveUp(asked, () => timeoutCallback?.call(this), undefined);
    },
  });
}

function watchTake(original: Take, code: number, locks: Locks): Take {
  return imitate(function (this: unknown, ...args: unknown[]) {
    const hasKey = typeof args[0] !== 'function';
    const [fn, options] = (hasKey ? args.slice(1) : args) as [Callback, Options | undefined];
    if (typeof fn !== 'function') {
      // The library says what is wrong with it.
      original.apply(this, args);
      return;
    }
    const resource = hasKey ? locks.keyed(String(args[0])) : locks.plain();
    const isTimed = Boolean(options) && Object.hasOwn(options!, 'timeout');
    const asked = resource.ask(code, isTimed, false);
    let isCalled = false;
    const callback = function (this: unknown, release: Release): void {
      isCalled = true;
      const watchedRelease = imitate(() => {
        resource.discharge(asked);
        release();
        resource.conclude();
      }, release);
      resource.call(asked, () => fn.call(this, watchedRelease));
    };
    const key = hasKey ? [args[0]] : [];
    original.call(this, ...key, callback, isTimed ? watchTimeout(resource, asked, options!) : options);
    if (!isCalled) resource.noteContention(asked);
  }, original);
}

/** As the library's own, which passes `null` for an error. */
function passNull(take: Take, original: Take): Take {
  return imitate(function (this: unknown, ...args: unknown[]) {
    const at = typeof args[0] === 'function' ? 0 : 1;
    const fn = args[at] as AsyncCallback;
    const callback: Callback = function (release) {
      fn.call(this, null, release);
    };
    take(...args.slice(0, at), callback, args[at + 1]);
  }, original);
}

export const adapter: Adapter = {
  library: 'rwlock',
  versions: { from: '4.0.0', below: '6.0.0' },
  watch(exports, { validator, patches }) {
    const Lock = exports['default'] as new () => Lock;
    const watched = patches.constructions(Lock, (object, madeAt) => {
      const lock = object as Lock;
      const locks = new Locks(validator, madeAt);
      for (const [name, code] of [
        ['readLock', SHARED],
        ['writeLock', EXCLUSIVE],
      ] as const) {
        lock[name] = watchTake(lock[name], code, locks);
        lock.async[name] = passNull(lock[name], lock.async[name]);
      }
    });
    return { default: watched };
  },
};
