/** p-mutex: `Mutex`, whose queue is private. All ways in and out lead through `lock` and `unlock`. */
import type Library from 'p-mutex';
import { EXCLUSIVE } from '../validator/lock-class.ts';
import type { Adapter } from './shared/adapter.ts';
import { HandleLock, returnInAsync } from './shared/handle-lock.ts';
import { LockRecords } from './shared/lock-records.ts';
import { Resource } from './shared/resource.ts';

/** Whether `lock` is called by `withLock`. */
let isScoped = false;

export const adapter: Adapter = {
  library: 'p-mutex',
  versions: { from: '0.1.0', below: '2.0.0' },
  watch(exports, { validator, patches }) {
    const Mutex = exports['default'] as typeof Library;
    const { prototype } = Mutex;
    const locks = new LockRecords<Library, HandleLock>((_lock, madeAt) => {
      const resource = new Resource(validator, { kind: 'mutex', isFair: true, madeAt });
      return new HandleLock(resource, madeAt !== undefined);
    });

    patches.method<Library['lock']>(
      prototype,
      'lock',
      (original) =>
        function (this: Library) {
          const lock = locks.of(this);
          const asked = lock.resource.ask(EXCLUSIVE, false, isScoped);
          isScoped = false;
          const { isLocked } = this;
          void original.call(this);
          return isLocked ? returnInAsync(lock.wait(asked)) : lock.take(asked);
        },
    );
    patches.method<Library['unlock']>(
      prototype,
      'unlock',
      (original) =>
        function (this: Library) {
          locks.of(this).release(() => original.call(this));
        },
    );
    patches.method<(task: () => unknown) => Promise<unknown>>(
      prototype,
      'withLock',
      (original) =>
        function (this: Library, task) {
          isScoped = true;
          try {
            return original.call(this, task);
          } finally {
            isScoped = false;
          }
        },
    );
    return { default: patches.constructions(Mutex, (lock, madeAt) => locks.noteMade(lock, madeAt)) };
  },
};
