import { createRequire } from 'node:module';
import path from 'node:path';
import type AwaitLock from 'await-lock';
import { adapter } from '../../src/adapters/await-lock.ts';
import { copyOf, testHandles } from './handle-suite.ts';

interface Library {
  default: typeof AwaitLock;
}

const { resolve } = createRequire(import.meta.url);
// The newest one has no entry for `require`.
const highest = path.resolve(import.meta.dirname, '../../node_modules/await-lock/build/AwaitLock.js');

testHandles<Library>('await-lock', {
  adapter,
  copies: [copyOf('lowest', resolve('await-lock-2'), 'require'), copyOf('highest', highest, 'import')],
  make({ default: Lock }) {
    const lock = new Lock();
    return {
      acquire: async () => {
        await lock.acquireAsync();
        return () => lock.release();
      },
      isLocked: () => lock.acquired,
    };
  },
  scenarios: [
    [
      'acquire and release, in order',
      async ({ default: Lock }, tell) => {
        const lock = new Lock();
        await Promise.all(
          ['a', 'b', 'c'].map(async (name) => {
            tell(`${name} gets ${String(await lock.acquireAsync())} ${lock.acquired}`);
            await undefined;
            lock.release();
            tell(`${name} out ${lock.acquired}`);
          }),
        );
        try {
          lock.release();
        } catch (error) {
          tell(String(error));
        }
      },
    ],
    [
      'tryAcquire',
      async ({ default: Lock }, tell) => {
        const lock = new Lock();
        tell(`${lock.tryAcquire()} ${lock.tryAcquire()} ${lock.acquired}`);
        const waiting = lock.acquireAsync().then(() => tell('in'));
        lock.release();
        tell(`${lock.tryAcquire()} ${lock.acquired}`);
        await waiting;
        lock.release();
        tell(String(lock.acquired));
      },
    ],
    [
      'a timeout that is not needed',
      async ({ default: Lock }, tell) => {
        const lock = new Lock();
        await lock.acquireAsync({ timeout: 1000 });
        const waiting = lock.acquireAsync({ timeout: 1000 }).then(() => tell('in'));
        lock.release();
        await waiting;
        tell(String(lock.acquired));
      },
    ],
    [
      'a timeout that ends the wait, and a release in the same callback',
      async ({ default: Lock }, tell) => {
        const { setTimeout: original } = globalThis;
        let fire = (): void => {};
        const lock = new Lock();
        await lock.acquireAsync();
        globalThis.setTimeout = ((callback: () => void) => {
          fire = callback;
          return 0;
        }) as unknown as typeof setTimeout;
        const outcome = (name: string, promise: Promise<void>): Promise<void> =>
          promise.then(
            () => tell(`${name} in`),
            (error: unknown) => tell(`${name} ${String(error)}`),
          );
        try {
          const second = outcome('second', lock.acquireAsync({ timeout: 1000 }));
          const third = outcome('third', lock.acquireAsync());
          tell(String(globalThis.setTimeout !== original));
          fire();
          lock.release();
          await Promise.all([second, third]);
          tell(String(lock.acquired));
        } finally {
          globalThis.setTimeout = original;
        }
      },
    ],
    [
      'a timeout that ends the wait, to the tick',
      async ({ default: Lock }, tell) => {
        const lock = new Lock();
        await lock.acquireAsync();
        const ticking = (async () => {
          for (let i = 0; i < 6; i++) await Promise.resolve().then(() => tell(`${i}`));
        })();
        await Promise.all([
          ticking,
          lock.acquireAsync({ timeout: 0 }).then(
            () => tell('in'),
            (error: unknown) => tell(String(error)),
          ),
          Promise.resolve().then(() => lock.release()),
        ]);
      },
    ],
    [
      'a timeout that ends the wait, and who comes after',
      async ({ default: Lock }, tell) => {
        const lock = new Lock();
        await lock.acquireAsync();
        const second = lock.acquireAsync({ timeout: 1 });
        const third = lock.acquireAsync().then(() => tell('third'));
        await second.catch((error: unknown) => tell(String(error)));
        lock.release();
        await third;
        tell(String(lock.acquired));
      },
    ],
  ],
  programs: [
    [
      'an order that needs a request with a timeout',
      async ({ library: { default: Lock }, lock }) => {
        const own = new Lock();
        await own.acquireAsync();
        await lock('A').run(() => {});
        own.release();
        await lock('A').run(async () => {
          await own.acquireAsync({ timeout: 1000 });
          own.release();
        });
      },
      ['potential warning circular-dependency'],
    ],
    [
      'an order that is only tried',
      async ({ library: { default: Lock }, lock }) => {
        const own = new Lock();
        await own.acquireAsync();
        await lock('A').run(() => {});
        own.release();
        await lock('A').run(() => {
          if (own.tryAcquire()) own.release();
        });
      },
      [],
    ],
    [
      'what is held by a try',
      async ({ library: { default: Lock }, lock }) => {
        const own = new Lock();
        await lock('A').run(async () => {
          await own.acquireAsync();
          own.release();
        });
        if (own.tryAcquire()) {
          await lock('A').run(() => {});
          own.release();
        }
      },
      ['potential error circular-dependency'],
    ],
    [
      'a wait for itself, given up',
      async ({ library: { default: Lock } }) => {
        const own = new Lock();
        await own.acquireAsync();
        await own.acquireAsync({ timeout: 1 }).catch(() => {});
        own.release();
        await own.acquireAsync();
        own.release();
      },
      // As with a lock of ours: it never helps anybody.
      ['potential error recursive-acquisition'],
    ],
  ],
});
