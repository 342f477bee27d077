/**
 * mutexify, and `mutexify/promise`: a lock is a function, so it is replaced by another. A callback is called in a tick
 * of the loop that whoever released before has queued.
 */
import { EXCLUSIVE } from '../validator/lock-class.ts';
import type { Obligation } from '../validator/obligation.ts';
import { captureStack } from '../validator/stack-trace.ts';
import type { Validator } from '../validator/validator.ts';
import type { Adapter } from './shared/adapter.ts';
import { imitate } from './shared/patches.ts';
import { Resource } from './shared/resource.ts';

export type Callback = (error: unknown, value?: unknown) => void;
export type Release = (fn?: Callback | null, error?: unknown, value?: unknown) => void;
export type Lock = ((fn: (release: Release) => void) => number) & { locked: boolean };
export type PromiseLock = (() => Promise<Release>) & { readonly locked: boolean };

function watchRelease(resource: Resource, asked: Obligation | null, original: Release): Release {
  let isCalled = false;
  return imitate((fn?: Callback | null, error?: unknown, value?: unknown) => {
    if (!isCalled) resource.discharge(asked);
    // Whoever calls it twice gives back what another has.
    else if (resource.dischargeAny(1) > 0)
      resource.report('bad-release', 'was released more often than it was acquired', 'warning');
    isCalled = true;
    original(fn, error, value);
    resource.conclude();
  }, original);
}

/** Made at the first use of a lock, and named after the place where the lock was made. */
function deferResource(validator: Validator): () => Resource {
  const madeAt = captureStack();
  let resource: Resource | undefined;
  return () => (resource ??= new Resource(validator, { kind: 'mutex', isFair: true, madeAt }));
}

function watchCallbacks(create: () => Lock, validator: Validator): () => Lock {
  return imitate(function () {
    const lock = create();
    const resourceOf = deferResource(validator);
    const acquire = (fn: (release: Release) => void): number => {
      // The library says what is wrong with it.
      if (typeof fn !== 'function') return lock(fn);
      const resource = resourceOf();
      const asked = resource.ask(EXCLUSIVE, false, false);
      if (lock.locked) resource.noteContention(asked);
      return lock((release) => resource.call(asked, fn, watchRelease(resource, asked, release)));
    };
    return imitate(acquire as Lock, lock, {
      locked: { get: () => lock.locked, set: (value: boolean) => void (lock.locked = value) },
    });
  }, create);
}

function watchPromises(create: () => PromiseLock, validator: Validator): () => PromiseLock {
  return imitate(function () {
    const lock = create();
    const resourceOf = deferResource(validator);
    const acquire = (): Promise<Release> => {
      const resource = resourceOf();
      const asked = resource.ask(EXCLUSIVE, false, false);
      if (lock.locked) resource.noteContention(asked);
      return new Promise((resolve) => {
        void lock().then((release) =>
          resource.deliver(asked, resolve, watchRelease(resource, asked, release)),
        );
      });
    };
    return imitate(acquire as PromiseLock, lock);
  }, create);
}

export const adapter: Adapter = {
  library: 'mutexify',
  versions: { from: '1.2.0', below: '2.0.0' },
  watch(exports, { validator, path }) {
    const create = exports['default'];
    return {
      default:
        path === 'promise'
          ? watchPromises(create as () => PromiseLock, validator)
          : watchCallbacks(create as () => Lock, validator),
    };
  },
};
