import { createRequire } from 'node:module';
import path from 'node:path';
import { expect, it } from 'vitest';
import { type Lock, type PromiseLock, type Release, adapter } from '../../src/adapters/mutexify.ts';
import { watchLibrary } from '../../src/adapters/shared/watching.ts';
import { Validator } from '../../src/index.ts';
import { type Scenario, play } from './copies.ts';
import { type Copies, copyOf, testHandles } from './handle-suite.ts';

type Callbacks = () => Lock;
type Promises = () => PromiseLock;

const { resolve } = createRequire(import.meta.url);
const promiseFile = path.join(path.dirname(resolve('mutexify')), 'promise.js');
const promised = (lock: Lock): Promise<Release> => new Promise((done) => void lock(done));

const callbackScenarios: [name: string, Scenario<Callbacks>][] = [
  [
    'one at a time, in a stack of their own, and what is returned',
    async (mutexify, tell) => {
      const lock = mutexify();
      tell(`${mutexify.name} ${mutexify.length} ${lock.name} ${lock.length} ${lock.locked}`);
      const all = ['a', 'b', 'c'].map(
        (name) =>
          new Promise<void>((done) => {
            const place = lock(function (this: unknown, release) {
              tell(`${name} in ${lock.locked} ${this === undefined} ${release.length}`);
              release();
              tell(`${name} out ${lock.locked}`);
              done();
            });
            tell(`${name} is ${place}`);
          }),
      );
      tell('queued');
      await Promise.all(all);
      tell(String(lock.locked));
    },
  ],
  [
    'release with a callback, an error and a value',
    async (mutexify, tell) => {
      const lock = mutexify();
      await new Promise<void>((done) => {
        lock((release) => {
          release(
            (error, value) => {
              tell(`${String(error)} ${String(value)} ${lock.locked}`);
              done();
            },
            null,
            'value',
          );
        });
        lock((release) => release(() => tell('second')));
      });
      (await promised(lock))();
    },
  ],
];

const callbackCopies: Copies<Callbacks> = [
  copyOf('lowest', resolve('mutexify-1.2'), 'require'),
  copyOf('highest', resolve('mutexify'), 'require'),
];

testHandles<Callbacks>('mutexify', {
  adapter,
  copies: callbackCopies,
  make(mutexify) {
    const lock = mutexify();
    return {
      acquire: async () => {
        const release = await promised(lock);
        return () => release();
      },
      isLocked: () => lock.locked,
    };
  },
  scenarios: callbackScenarios,
  programs: [
    [
      'the lock inside itself, by callbacks',
      ({ library: mutexify }) => {
        const lock = mutexify();
        lock((release) => void lock((again) => again(() => release())));
      },
      ['certain error recursive-acquisition'],
      'hang',
    ],
    [
      'the lock again after its release, by callbacks',
      ({ library: mutexify }) => {
        const lock = mutexify();
        return new Promise<void>((done) => {
          lock((release) => {
            release();
            lock((again) => again(() => done()));
          });
        });
      },
      [],
    ],
    [
      'two locks in both orders, by callbacks that wait',
      async ({ library: mutexify, lock: other }) => {
        const lock = mutexify();
        lock((release) => setImmediate(release));
        await new Promise<void>((done) => {
          lock((release) => {
            void other('A')
              .run(() => {})
              .then(() => release(() => done()));
          });
        });
        await other('A').run(() => promised(lock).then((release) => release()));
      },
      ['potential error circular-dependency'],
    ],
    [
      'what the holder before did is not behind a callback that waited',
      async ({ library: mutexify, lock: other }) => {
        const lock = mutexify();
        await other('A').run(() => {});
        const second = new Promise<void>((done) => {
          lock((release) => setImmediate(() => setImmediate(release)));
          setImmediate(() => {
            void other('B')
              .run(
                () =>
                  new Promise<void>((over) => {
                    lock((release) => release(() => over()));
                  }),
              )
              .then(done);
          });
        });
        await second;
        await other('A').run(() => other('B').run(() => {}));
      },
      [],
    ],
    [
      'a release that is called twice while another holds it',
      async ({ library: mutexify }) => {
        const lock = mutexify();
        const release = await promised(lock);
        const second = promised(lock);
        release();
        await second;
        release();
        (await promised(lock))();
        release();
      },
      ['certain warning bad-release'],
    ],
  ],
});

const promises: Copies<Promises> = [copyOf('highest', promiseFile, 'require')];

testHandles<Promises>('mutexify/promise', {
  adapter,
  path: 'promise',
  copies: promises,
  make(mutexify) {
    const lock = mutexify();
    return {
      acquire: async () => {
        const release = await lock();
        return () => release();
      },
      isLocked: () => lock.locked,
    };
  },
  scenarios: [],
  programs: [],
});

it('does the same watched, one tick later: promises', async () => {
  const scenario: Scenario<Promises> = async (mutexify, tell) => {
    const lock = mutexify();
    tell(`${mutexify.name} ${lock.name} ${lock.length} ${lock.locked} ${Object.keys(lock).join()}`);
    await Promise.all(
      ['a', 'b', 'c'].map(async (name) => {
        const release = await lock();
        tell(`${name} in ${lock.locked}`);
        await undefined;
        release(() => tell(`${name} out`));
      }),
    );
    tell(String(lock.locked));
  };
  const [, load] = promises[0]!;
  const withoutTicks = (lines: string[]): string[] => lines.filter((line) => line !== 'tick');
  const plain = withoutTicks(await play(scenario, await load()));
  const options = { validator: new Validator(), path: 'promise' };
  expect(plain.length).toBeGreaterThan(0);
  expect(withoutTicks(await play(scenario, watchLibrary(adapter, await load(), options)))).toEqual(plain);
});
