/** await-lock: `AwaitLock`, whose queue is private. */
import type Library from 'await-lock';
import { EXCLUSIVE, TRY } from '../validator/lock-class.ts';
import type { Obligation } from '../validator/obligation.ts';
import type { Adapter } from './shared/adapter.ts';
import { HandleLock } from './shared/handle-lock.ts';
import { LockRecords } from './shared/lock-records.ts';
import { Resource } from './shared/resource.ts';

/** As the library: what comes first, the grant or the end of the timer. */
function waitWithTimeout(lock: HandleLock, asked: Obligation | null, original: Promise<void>): Promise<void> {
  const key = {};
  const timedOut = new Promise<never>((_resolve, reject) => {
    original.catch((error: unknown) => {
      lock.leave(key);
      lock.resource.giveUp(asked, reject, error);
    });
  });
  return Promise.race([lock.wait(asked, key), timedOut]);
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
          const promise = original.call(this, options);
          if (!acquired) return lock.take(asked);
          return isTimed ? waitWithTimeout(lock, asked, promise) : lock.wait(asked);
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
