/** await-lock: `AwaitLock`, whose queue is private. */
import type Library from 'await-lock';
import { History } from '../causality/history.ts';
import { EXCLUSIVE, TRY } from '../validator/lock-class.ts';
import type { Obligation } from '../validator/obligation.ts';
import type { Adapter } from './shared/adapter.ts';
import { HandleLock } from './shared/handle-lock.ts';
import { LockRecords } from './shared/lock-records.ts';
import { Resource } from './shared/resource.ts';

/**
 * A request with a timeout, whose caller keeps the library's promise. The end of its timer is told at once: whoever
 * releases next, be it in the same callback, lets another one in. Nothing that the library returns says it so soon.
 */
function waitWithTimeout(
  lock: HandleLock,
  asked: Obligation | null,
  acquire: () => Promise<void>,
): Promise<void> {
  const { resource } = lock;
  const history = new History();
  const key = {};
  const note = (): void => {
    history.clock = resource.engine.tracker.asked();
  };
  const promise = observeTimer(acquire, () => {
    lock.leave(key);
    resource.giveUp(asked, note, undefined);
  });
  resource.attribute(promise, history);
  lock.enqueue(asked, key, note);
  return promise;
}

/** Calls `fn`, which sets one timer, and has `onFired` called right before what that calls. */
function observeTimer<T>(fn: () => T, onFired: () => void): T {
  const { setTimeout } = globalThis;
  const observed = (callback: () => void, timeoutMs: number): unknown =>
    setTimeout(() => {
      onFired();
      callback();
    }, timeoutMs);
  globalThis.setTimeout = observed as typeof setTimeout;
  try {
    return fn();
  } finally {
    globalThis.setTimeout = setTimeout;
  }
}

export const adapter: Adapter = {
  library: 'await-lock',
  versions: { from: '2.2.2', below: '4.0.0' },
  watch(exports, { validator, patches }) {
    const AwaitLock = exports['default'] as typeof Library;
    const { prototype } = AwaitLock;
    const locks = new LockRecords<Library, HandleLock>((_lock, madeAt) => {
      const resource = new Resource(validator, { kind: 'mutex', isFair: true, madeAt });
      return new HandleLock(resource, madeAt !== undefined);
    });

    patches.method<Library['acquireAsync']>(
      prototype,
      'acquireAsync',
      (original) =>
        function (this: Library, options) {
          const lock = locks.of(this);
          const isTimed = options?.timeout !== undefined && options.timeout !== null;
          const asked = lock.resource.ask(EXCLUSIVE, isTimed, false);
          const { acquired } = this;
          const acquire = (): Promise<void> => original.call(this, options);
          if (acquired && isTimed) return waitWithTimeout(lock, asked, acquire);
          void acquire();
          return acquired ? lock.wait(asked) : lock.take(asked);
        },
    );
    patches.method<Library['tryAcquire']>(
      prototype,
      'tryAcquire',
      (original) =>
        function (this: Library) {
          const isTaken = original.call(this);
          if (isTaken) {
            const { resource } = locks.of(this);
            resource.grantNow(resource.ask(TRY, false, false));
          }
          return isTaken;
        },
    );
    patches.method<Library['release']>(
      prototype,
      'release',
      (original) =>
        function (this: Library) {
          // The library says what is wrong with it.
          if (this.acquired) locks.of(this).release(() => original.call(this));
          else original.call(this);
        },
    );
    return { default: patches.constructions(AwaitLock, (lock, madeAt) => locks.noteMade(lock, madeAt)) };
  },
};
