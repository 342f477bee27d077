import { createRequire } from 'node:module';
import type PMutex from 'p-mutex';
import { adapter } from '../../src/adapters/p-mutex.ts';
import { copyOf, testHandles } from './handle-suite.ts';

interface Library {
  default: typeof PMutex;
}

const { resolve } = createRequire(import.meta.url);

testHandles<Library>('p-mutex', {
  adapter,
  copies: [copyOf('lowest', resolve('p-mutex-0'), 'import'), copyOf('highest', resolve('p-mutex'), 'import')],
  make({ default: Mutex }) {
    const mutex = new Mutex();
    return {
      acquire: async () => {
        await mutex.lock();
        return () => mutex.unlock();
      },
      isLocked: () => mutex.isLocked,
    };
  },
  scenarios: [
    [
      'lock and unlock, in order',
      async ({ default: Mutex }, tell) => {
        const mutex = new Mutex();
        await Promise.all(
          ['a', 'b', 'c'].map(async (name) => {
            tell(`${name} gets ${String(await mutex.lock())} ${mutex.isLocked}`);
            await undefined;
            mutex.unlock();
            tell(`${name} out ${mutex.isLocked}`);
          }),
        );
        mutex.unlock();
        tell(String(mutex.isLocked));
      },
    ],
    [
      'withLock: values, errors thrown at once and later, what is no function',
      async ({ default: Mutex }, tell) => {
        const mutex = new Mutex();
        tell(String(await mutex.withLock(() => 1)));
        tell((await Promise.all([2, 3, 4].map((each) => mutex.withLock(async () => each)))).join());
        const fail = (): never => {
          throw new Error('at once');
        };
        await mutex.withLock(fail).catch((error: unknown) => tell(String(error)));
        await mutex.withLock(async () => fail()).catch((error: unknown) => tell(String(error)));
        await mutex.withLock(undefined as never).catch((error: unknown) => tell(String(error)));
        tell(String(mutex.isLocked));
      },
    ],
    [
      'the class, its instances and subclasses',
      ({ default: Mutex }, tell) => {
        const Sub = class extends Mutex {
          readonly own = 1;
        };
        const mutex = new Sub();
        tell(`${Mutex.name} ${Mutex.length} ${Object.getOwnPropertyNames(Mutex.prototype).join()}`);
        tell(`${mutex instanceof Mutex} ${new Mutex().constructor === Mutex} ${mutex.constructor === Sub}`);
        tell(`${mutex.own} ${Object.keys(mutex).join()} ${mutex.lock.name} ${mutex.withLock.length}`);
      },
    ],
  ],
  programs: [
    [
      'withLock inside withLock',
      ({ library: { default: Mutex } }) => {
        const mutex = new Mutex();
        return mutex.withLock(() => mutex.withLock(() => {}));
      },
      ['certain error recursive-acquisition'],
      'hang',
    ],
    [
      'withLock after withLock',
      async ({ library: { default: Mutex } }) => {
        const mutex = new Mutex();
        await mutex.withLock(() => {});
        await mutex.withLock(() => {});
      },
      [],
    ],
    [
      'an unlock too many',
      async ({ library: { default: Mutex } }) => {
        const mutex = new Mutex();
        await mutex.withLock(() => {});
        mutex.unlock();
      },
      ['certain warning bad-release'],
    ],
  ],
});
