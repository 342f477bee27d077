/**
 * es-toolkit: `Mutex`, `Semaphore`, `limitAsync`. A `Mutex` has a `Semaphore` of one inside. `import` and `require` give
 * different classes; each is a copy of its own.
 */
import type * as Library from 'es-toolkit';
import { EXCLUSIVE } from '../validator/lock-class.ts';
import { captureStack } from '../validator/stack-trace.ts';
import type { Adapter } from './shared/adapter.ts';
import { HandleLock, returnInAsync } from './shared/handle-lock.ts';
import { LockRecords } from './shared/lock-records.ts';
import { imitate } from './shared/patches.ts';
import { Resource } from './shared/resource.ts';

type Semaphore = Library.Semaphore;
type AsyncFunction = (...args: unknown[]) => Promise<unknown>;

/** Where the limited function was made that calls `acquire` now. */
let limitedAt: Error | null = null;

export const adapter: Adapter = {
  library: 'es-toolkit',
  versions: { from: '1.33.0', below: '2.0.0' },
  watch(exports, { validator, patches }) {
    const library = exports as unknown as typeof Library;
    const locks = new LockRecords<Semaphore, HandleLock>(({ capacity }, madeAt) => {
      const permits = Number.isInteger(capacity) && capacity >= 1 ? capacity : 1;
      const resource = new Resource(validator, { kind: 'semaphore', permits, isFair: true, madeAt });
      return new HandleLock(resource, madeAt !== undefined);
    });

    const { prototype } = library.Semaphore;
    patches.method<Semaphore['acquire']>(
      prototype,
      'acquire',
      (original) =>
        function (this: Semaphore) {
          const isLimited = limitedAt !== null;
          if (limitedAt !== null && !locks.has(this)) locks.noteMade(this, limitedAt);
          limitedAt = null;
          const lock = locks.of(this);
          const asked = lock.resource.ask(EXCLUSIVE, false, isLimited);
          const isFree = this.available > 0;
          void original.call(this);
          return isFree ? lock.take(asked) : returnInAsync(lock.wait(asked));
        },
    );
    patches.method<Semaphore['release']>(
      prototype,
      'release',
      (original) =>
        function (this: Semaphore) {
          locks.of(this).release(() => original.call(this));
        },
    );

    const watchedSemaphore = patches.constructions(library.Semaphore, (semaphore, madeAt) =>
      locks.noteMade(semaphore, madeAt),
    );
    const watchedMutex = patches.constructions(library.Mutex, (mutex, madeAt) => {
      const resource = new Resource(validator, { kind: 'mutex', isFair: true, madeAt });
      const { semaphore } = mutex as unknown as { semaphore: Semaphore };
      locks.set(semaphore, new HandleLock(resource, true));
    });
    const limitAsync = (callback: AsyncFunction, concurrency: number): AsyncFunction => {
      const madeAt = captureStack();
      const limited = library.limitAsync(callback, concurrency);
      return imitate(function (this: unknown, ...args: unknown[]) {
        limitedAt = madeAt;
        try {
          return limited.apply(this, args);
        } finally {
          limitedAt = null;
        }
      }, limited);
    };
    return {
      Mutex: watchedMutex,
      Semaphore: watchedSemaphore,
      // It came later than the classes.
      ...('limitAsync' in library && { limitAsync: imitate(limitAsync, library.limitAsync) }),
    };
  },
};
