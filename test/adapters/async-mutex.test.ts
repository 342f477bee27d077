import { createRequire } from 'node:module';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type * as AsyncMutex from 'async-mutex';
import { adapter } from '../../src/adapters/async-mutex.ts';
import { unwatchLibrary, watchLibrary } from '../../src/adapters/shared/watching.ts';
import { Validator } from '../../src/index.ts';
import { type Scenario, importCopy, play, requireCopy } from './copies.ts';
import { type ProgramCase, checkProgram } from './programs.ts';

type Library = typeof AsyncMutex;

const { resolve } = createRequire(import.meta.url);
/** Lowest and highest are one version, in both of its forms. */
const copies: [name: string, load: () => Promise<Library>][] = [
  [
    'imported',
    async () =>
      (await importCopy(path.resolve(resolve('async-mutex'), '../../index.mjs'))) as unknown as Library,
  ],
  ['required', async () => requireCopy('async-mutex') as unknown as Library],
];

const scenarios: [name: string, Scenario<Library>][] = [
  [
    'acquire and release, in order',
    async ({ Mutex }, tell) => {
      const mutex = new Mutex();
      await Promise.all(
        ['a', 'b', 'c'].map(async (name) => {
          const release = await mutex.acquire();
          tell(`${name} in ${mutex.isLocked()}`);
          await undefined;
          release();
          release();
          tell(`${name} out ${mutex.isLocked()}`);
        }),
      );
    },
  ],
  [
    'priorities',
    async ({ Mutex }, tell) => {
      const mutex = new Mutex();
      const run = async (priority: number): Promise<void> => {
        const release = await mutex.acquire(priority);
        tell(`priority ${priority}`);
        release();
      };
      await Promise.all([0, 1, 3, 2, 3].map(run));
    },
  ],
  [
    'runExclusive: values, errors thrown at once and later, what is no promise',
    async ({ Mutex, Semaphore }, tell) => {
      const mutex = new Mutex();
      const semaphore = new Semaphore(2);
      tell(String(await mutex.runExclusive(() => 1)));
      tell(String(await mutex.runExclusive(async () => 2)));
      const fail = (): never => {
        throw new Error('at once');
      };
      await mutex.runExclusive(fail).catch((error: unknown) => tell(String(error)));
      await mutex.runExclusive(async () => fail()).catch((error: unknown) => tell(String(error)));
      tell(String(mutex.isLocked()));
      tell(`value ${await semaphore.runExclusive((value) => value, 2)}`);
      tell(String(await semaphore.runExclusive(async (value) => semaphore.getValue() - value)));
    },
  ],
  [
    'weights: head of line, and bad ones',
    async ({ Semaphore }, tell) => {
      const semaphore = new Semaphore(3);
      const [value, release] = await semaphore.acquire(2);
      tell(`had ${value}, left ${semaphore.getValue()}`);
      const heavy = semaphore.acquire(3).then(([left, free]) => {
        tell(`heavy ${left}`);
        free();
      });
      const light = semaphore.acquire(1).then(([left, free]) => {
        tell(`light ${left}`);
        free();
      });
      await undefined;
      release();
      await Promise.all([heavy, light]);
      for (const weight of [0, -1]) {
        for (const method of ['acquire', 'release', 'waitForUnlock'] as const) {
          try {
            await semaphore[method](weight);
          } catch (error) {
            tell(String(error));
          }
        }
      }
      tell(String(semaphore.getValue()));
    },
  ],
  [
    'cancel rejects all who wait, with the error that was given',
    async ({ Mutex, Semaphore, E_CANCELED }, tell) => {
      const mutex = new Mutex();
      const release = await mutex.acquire();
      const waits = [mutex.acquire(), mutex.acquire()];
      mutex.cancel();
      for (const wait of waits) await wait.catch((error) => tell(`${error === E_CANCELED} ${error}`));
      release();
      const own = new Error('own');
      const semaphore = new Semaphore(1, own);
      await semaphore.acquire();
      const wait = semaphore.acquire();
      semaphore.cancel();
      await wait.catch((error) => tell(String(error === own)));
    },
  ],
  [
    'waitForUnlock, at once and later',
    async ({ Mutex, Semaphore }, tell) => {
      const mutex = new Mutex();
      await mutex.waitForUnlock();
      tell('free');
      const release = await mutex.acquire();
      const waiting = mutex.waitForUnlock().then(() => tell('unlocked'));
      await undefined;
      release();
      tell('released');
      await waiting;
      const semaphore = new Semaphore(2);
      const [, free] = await semaphore.acquire(2);
      const two = semaphore.waitForUnlock(2).then(() => tell('two'));
      free();
      await two;
    },
  ],
  [
    'release through the lock, and a value that is set',
    async ({ Mutex, Semaphore }, tell) => {
      const mutex = new Mutex();
      await mutex.acquire();
      mutex.release();
      mutex.release();
      tell(String(mutex.isLocked()));
      const semaphore = new Semaphore(0);
      const waits = [semaphore.acquire(), semaphore.acquire(2)];
      semaphore.setValue(3);
      for (const wait of waits) tell(String((await wait)[0]));
      semaphore.release(2);
      tell(String(semaphore.getValue()));
    },
  ],
  [
    'withTimeout and tryAcquire',
    async ({ Mutex, Semaphore, withTimeout, tryAcquire, E_TIMEOUT, E_ALREADY_LOCKED }, tell) => {
      const mutex = withTimeout(new Mutex(), 1);
      const release = await mutex.acquire();
      await mutex.acquire().catch((error) => tell(String(error === E_TIMEOUT)));
      release();
      tell(String(await mutex.runExclusive(() => mutex.isLocked())));
      const semaphore = withTimeout(new Semaphore(2), 1, new Error('own'));
      tell(String((await semaphore.acquire(2))[0]));
      await semaphore.acquire().catch((error: unknown) => tell(String(error)));
      semaphore.release(2);
      const trying = new Mutex();
      const held = await tryAcquire(trying).acquire();
      await tryAcquire(trying)
        .acquire()
        .catch((error) => tell(String(error === E_ALREADY_LOCKED)));
      held();
      tell(String(trying.isLocked()));
    },
  ],
];

const programs: ProgramCase<Library>[] = [
  [
    'two mutexes in both orders',
    async ({ library: { Mutex } }) => {
      const a = new Mutex();
      const b = new Mutex();
      await a.runExclusive(() => b.runExclusive(() => {}));
      await b.runExclusive(() => a.runExclusive(() => {}));
    },
    ['potential error circular-dependency'],
  ],
  [
    'two mutexes in one order',
    async ({ library: { Mutex } }) => {
      const a = new Mutex();
      const b = new Mutex();
      for (let i = 0; i < 3; i++) await a.runExclusive(() => b.runExclusive(() => {}));
    },
    [],
  ],
  [
    'handles in both orders, one after another',
    async ({ library: { Mutex } }) => {
      const locks = { a: new Mutex(), b: new Mutex() };
      const both = async (first: keyof typeof locks, second: keyof typeof locks): Promise<void> => {
        const releaseFirst = await locks[first].acquire();
        const releaseSecond = await locks[second].acquire();
        releaseSecond();
        releaseFirst();
      };
      await both('a', 'b');
      await both('b', 'a');
    },
    ['potential error circular-dependency'],
  ],
  [
    'a mutex held over an awaited listener that asks for it again',
    async ({ library: { Mutex } }) => {
      const mutex = new Mutex();
      const listener = (): Promise<void> => mutex.runExclusive(() => {});
      await mutex.runExclusive(listener);
    },
    ['certain error recursive-acquisition'],
    'hang',
  ],
  [
    'a listener that is called after the release',
    async ({ library: { Mutex } }) => {
      const mutex = new Mutex();
      const listener = (): Promise<void> => mutex.runExclusive(() => {});
      await mutex.runExclusive(async () => {});
      await listener();
    },
    [],
  ],
  [
    'an acquire and a wait for the unlock in one Promise.all',
    async ({ library: { Mutex } }) => {
      const mutex = new Mutex();
      const [release] = await Promise.all([mutex.acquire(), mutex.waitForUnlock()]);
      release();
    },
    ['certain error recursive-acquisition'],
    'hang',
  ],
  [
    'a wait for the unlock, and then an acquire',
    async ({ library: { Mutex } }) => {
      const mutex = new Mutex();
      await mutex.waitForUnlock();
      const release = await mutex.acquire();
      release();
      await mutex.waitForUnlock();
    },
    [],
  ],
  [
    'a unit of a semaphore held while another is asked for',
    async ({ library: { Semaphore } }) => {
      const semaphore = new Semaphore(2);
      await semaphore.runExclusive(() => semaphore.runExclusive(() => {}));
    },
    ['potential error nested-capacity'],
  ],
  [
    'two units taken at once',
    async ({ library: { Semaphore } }) => {
      const semaphore = new Semaphore(2);
      await Promise.all([semaphore.runExclusive(() => {}, 2), semaphore.runExclusive(() => {}, 1)]);
    },
    [],
  ],
  [
    'more units asked for than there are',
    ({ library: { Semaphore } }) => {
      const semaphore = new Semaphore(2);
      return semaphore.acquire(3);
    },
    ['certain error unsatisfiable-request'],
    'hang',
  ],
  [
    'as many units as there are after the value was set',
    async ({ library: { Semaphore } }) => {
      const semaphore = new Semaphore(2);
      semaphore.setValue(3);
      const [, release] = await semaphore.acquire(3);
      release();
    },
    [],
  ],
  [
    'a hold lost by a throw',
    async ({ library: { Mutex } }) => {
      const mutex = new Mutex();
      const save = async (): Promise<void> => {
        const release = await mutex.acquire();
        if (mutex.isLocked()) throw new Error('lost');
        release();
      };
      await save().catch(() => {});
      await mutex.acquire();
    },
    ['certain error recursive-acquisition'],
    'hang',
  ],
  [
    'a hold given back in finally',
    async ({ library: { Mutex } }) => {
      const mutex = new Mutex();
      const save = async (): Promise<void> => {
        const release = await mutex.acquire();
        try {
          throw new Error('not lost');
        } finally {
          release();
        }
      };
      await save().catch(() => {});
      (await mutex.acquire())();
    },
    [],
  ],
  [
    'what the releaser did is not behind whoever waited',
    async ({ library: { Mutex }, lock }) => {
      const mutex = new Mutex();
      const other = lock('other');
      let isAsked = false;
      const waiting = (async () => {
        while (!mutex.isLocked()) await undefined;
        const hold = await lock('mine').acquire();
        const acquired = mutex.acquire();
        isAsked = true;
        (await acquired)();
        hold.release();
      })();
      // Before it takes the mutex, this flow has had the other lock.
      (await other.acquire()).release();
      const release = await mutex.acquire();
      while (!isAsked) await undefined;
      release();
      await waiting;
      await other.run(() => lock('mine').run(() => {}));
    },
    [],
  ],
  [
    'an order that needs a request with a timeout',
    async ({ library: { Mutex, withTimeout } }) => {
      const a = new Mutex();
      const b = withTimeout(new Mutex(), 1000);
      await a.runExclusive(() => b.runExclusive(() => {}));
      await b.runExclusive(() => a.runExclusive(() => {}));
    },
    ['potential warning circular-dependency'],
  ],
  [
    'a signal: a semaphore of none, released by another flow',
    async ({ library: { Semaphore } }) => {
      const signal = new Semaphore(0);
      const waiting = signal.acquire();
      signal.release();
      await waiting;
    },
    [],
  ],
];

describe.each(copies)('async-mutex, %s', (_form, load) => {
  it.each(scenarios)('does the same watched: %s', async (_name, scenario) => {
    const plain = await play(scenario, await load());
    const library = watchLibrary(adapter, await load(), { validator: new Validator() });
    expect(plain.filter((line) => line !== 'tick').length).toBeGreaterThan(0);
    expect(await play(scenario, library)).toEqual(plain);
  });

  it.each(programs)('finds %s', async (...program) => {
    await checkProgram(adapter, await load(), program);
  });

  it('names a class by the place where the lock is made', async () => {
    const validator = new Validator();
    const { Mutex, Semaphore } = watchLibrary(adapter, await load(), { validator });
    await new Mutex().runExclusive(() => {});
    await new Semaphore(3).runExclusive(() => {});
    const classes = validator.snapshot().classes.map(({ name, kind }) => `${kind} ${name}`);
    expect(classes).toEqual([
      expect.stringMatching(/^mutex test\/adapters\/async-mutex\.test\.ts:\d+:\d+$/),
      expect.stringMatching(/^semaphore test\/adapters\/async-mutex\.test\.ts:\d+:\d+$/),
    ]);
  });

  it('is as before when it is watched no more', async () => {
    const copy = await load();
    const names = (): unknown[] =>
      [copy.Mutex.prototype, copy.Semaphore.prototype].flatMap((each) =>
        Reflect.ownKeys(each).map((key) => Object.getOwnPropertyDescriptor(each, key)),
      );
    const before = names();
    const watched = watchLibrary(adapter, copy, { validator: new Validator() });
    expect(names()).not.toEqual(before);
    expect(watched.Mutex).toBe(copy.Mutex);
    expect(watchLibrary(adapter, copy)).toBe(watched);
    unwatchLibrary(watched);
    expect(names()).toEqual(before);
  });

  it('is the original when the validator is off', async () => {
    const copy = await load();
    expect(watchLibrary(adapter, copy, { validator: new Validator({ policy: 'off' }) })).toBe(copy);
  });
});
