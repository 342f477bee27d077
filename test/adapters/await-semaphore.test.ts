import { createRequire } from 'node:module';
import { type AwaitSemaphore, adapter } from '../../src/adapters/await-semaphore.ts';
import { copyOf, testHandles } from './handle-suite.ts';

const { resolve } = createRequire(import.meta.url);

testHandles<AwaitSemaphore>('await-semaphore', {
  adapter,
  copies: [copyOf('lowest and highest', resolve('await-semaphore'), 'require')],
  make({ Mutex }) {
    const mutex = new Mutex();
    return { acquire: () => mutex.acquire(), isLocked: () => mutex.count === 0 };
  },
  scenarios: [
    [
      'acquire and release, in order',
      async ({ Mutex, Semaphore }, tell) => {
        const mutex = new Mutex();
        const semaphore = new Semaphore(2);
        await Promise.all(
          ['a', 'b', 'c', 'd'].map(async (name) => {
            const leave = await semaphore.acquire();
            tell(`${name} ${semaphore.count} left`);
            const release = await mutex.acquire();
            tell(`${name} in ${mutex.count}`);
            await undefined;
            release();
            release();
            leave();
            tell(`${name} out ${mutex.count} ${semaphore.count}`);
          }),
        );
        tell(`${leaveLength(await mutex.acquire())} ${mutex instanceof Semaphore} ${Mutex.name}`);
      },
    ],
    [
      'use: values and errors',
      async ({ Mutex }, tell) => {
        const mutex = new Mutex();
        tell((await Promise.all([1, 2, 3].map((each) => mutex.use(async () => each)))).join());
        const fail = (): never => {
          throw new Error('failed');
        };
        await mutex.use(async () => fail()).catch((error: unknown) => tell(String(error)));
        tell(String(mutex.count));
        // The library loses the hold.
        await mutex.use(fail).catch((error: unknown) => tell(String(error)));
        tell(String(mutex.count));
      },
    ],
  ],
  programs: [
    [
      'a callback of `use` that throws at once, whose hold the library loses',
      async ({ library: { Mutex } }) => {
        const mutex = new Mutex();
        const fail = (): never => {
          throw new Error('at once');
        };
        await mutex.use(fail).catch(() => {});
        await mutex.use(async () => {});
      },
      ['certain error recursive-acquisition'],
      'hang',
    ],
    [
      'a callback of `use` that rejects',
      async ({ library: { Mutex } }) => {
        const mutex = new Mutex();
        await mutex.use(() => Promise.reject(new Error('later'))).catch(() => {});
        await mutex.use(async () => {});
      },
      [],
    ],
    [
      'a unit of a semaphore held while another is asked for',
      async ({ library: { Semaphore } }) => {
        const semaphore = new Semaphore(2);
        await semaphore.use(() => semaphore.use(async () => {}));
      },
      ['potential error nested-capacity'],
    ],
    [
      'units of one semaphore, one after another',
      async ({ library: { Semaphore } }) => {
        const semaphore = new Semaphore(2);
        await Promise.all([1, 2, 3, 4].map(() => semaphore.use(async () => {})));
      },
      [],
    ],
  ],
});

function leaveLength(release: () => void): number {
  return release.length;
}
