import domain from 'node:domain';
import { describe, expect, it } from 'vitest';
import type AsyncLockClass from 'async-lock';
import { adapter } from '../../src/adapters/async-lock.ts';
import { unwatchLibrary, watchLibrary } from '../../src/adapters/shared/watching.ts';
import { Validator } from '../../src/index.ts';
import { type Scenario, play, requireCopy } from './copies.ts';
import { type ProgramCase, checkProgram } from './programs.ts';

type Library = typeof AsyncLockClass;

const copies: [name: string, load: () => Library][] = [
  ['lowest', () => requireCopy('async-lock-1.3') as unknown as Library],
  ['highest', () => requireCopy('async-lock') as unknown as Library],
];

const soon = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
const text = (value: unknown): string => String(value).replace(/ in queue .*| is exceeded .*/, '');

const scenarios: [name: string, Scenario<Library>][] = [
  [
    'a key at a time, and keys side by side',
    async (AsyncLock, tell) => {
      const lock = new AsyncLock();
      const job = (key: string, name: string): Promise<void> =>
        lock
          .acquire(key, async () => {
            tell(`${name} begins ${lock.isBusy(key)} ${lock.isBusy()}`);
            await undefined;
            tell(`${name} ends`);
            return `${name} done`;
          })
          .then(tell);
      await Promise.all([job('k', 'a'), job('k', 'b'), job('other', 'c'), job('k', 'd')]);
      tell(`${lock.isBusy('k')} ${lock.isBusy()}`);
    },
  ],
  [
    'values and errors, thrown at once and later',
    async (AsyncLock, tell) => {
      const lock = new AsyncLock();
      tell(String(await lock.acquire('k', () => 1)));
      tell(String(await lock.acquire('k', async () => 2)));
      const fail = (): never => {
        throw new Error('own');
      };
      await lock.acquire('k', fail).catch((error: unknown) => tell(text(error)));
      await lock.acquire('k', async () => fail()).catch((error: unknown) => tell(text(error)));
      tell(String(await lock.acquire('k', () => Promise.reject(undefined as unknown as Error))));
      tell(String(lock.isBusy()));
    },
  ],
  [
    'callbacks, on either side',
    async (AsyncLock, tell) => {
      const lock = new AsyncLock();
      await new Promise<void>((resolve) => {
        lock.acquire<number>(
          'k',
          (done) => {
            tell('first');
            setImmediate(() => {
              done(null, 1);
              done(null, 2);
            });
          },
          (error, value) => tell(`${text(error)} ${value}`),
        );
        const returned = lock.acquire<number>(
          'k',
          (done) => done(new Error('own')),
          (error) => {
            tell(text(error));
            resolve();
          },
        ) as unknown;
        tell(text(returned));
      });
      tell(await lock.acquire<string>('k', (done) => done(null, 'promise')));
      await lock
        .acquire('k', (done) => done(new Error('promise')))
        .catch((error: unknown) => tell(text(error)));
    },
  ],
  [
    'many keys',
    async (AsyncLock, tell) => {
      const lock = new AsyncLock();
      const both = lock.acquire(['a', 'b'], async () => {
        tell(`both ${lock.isBusy('a')} ${lock.isBusy('b')}`);
        await undefined;
        return 'both done';
      });
      const one = lock.acquire('b', () => 'one done');
      tell(await both);
      tell(await one);
      tell(await lock.acquire([], () => 'none'));
      await lock
        .acquire(['a', 'b'], () => Promise.reject(new Error('own')))
        .catch((error: unknown) => tell(text(error)));
      tell(String(lock.isBusy()));
    },
  ],
  [
    'what is no function',
    async (AsyncLock, tell) => {
      try {
        await new AsyncLock().acquire('k', 'no function' as never);
      } catch (error) {
        tell(text(error));
      }
    },
  ],
  [
    'a timeout in the queue, of the call and of the lock',
    async (AsyncLock, tell) => {
      for (const [onLock, onCall] of [
        [{ timeout: 1 }, {}],
        [{}, { timeout: 1 }],
      ]) {
        const lock = new AsyncLock(onLock);
        let end!: () => void;
        const held = lock.acquire('k', () => new Promise<void>((resolve) => (end = resolve)));
        await lock.acquire('k', () => tell('never'), onCall).catch((error: unknown) => tell(text(error)));
        const last = lock.acquire('k', () => tell('last'), { timeout: 10_000 });
        end();
        await held;
        await last;
        tell(String(lock.isBusy()));
      }
    },
  ],
  [
    'a time for waiting and running together',
    async (AsyncLock, tell) => {
      const lock = new AsyncLock({ maxOccupationTime: 1 });
      let end!: () => void;
      const held = lock
        .acquire('k', () => new Promise<void>((resolve) => (end = resolve)))
        .catch((error: unknown) => tell(text(error)));
      await lock.acquire('k', () => tell('never')).catch((error: unknown) => tell(text(error)));
      await held;
      tell(String(lock.isBusy('k')));
      end();
      await soon();
      tell(String(lock.isBusy('k')));
      tell(await lock.acquire('k', () => 'goes on'));
    },
  ],
  [
    'bounds of the queue, and who skips it',
    async (AsyncLock, tell) => {
      const lock = new AsyncLock({ maxPending: 2 });
      const jobs = [
        lock.acquire('k', async () => tell('first')),
        lock.acquire('k', () => tell('second')),
        lock.acquire('k', () => tell('third'), { skipQueue: true }),
      ];
      await lock.acquire('k', () => tell('never')).catch(() => tell('too many'));
      await Promise.all(jobs);
    },
  ],
  [
    'reentrance in a domain',
    async (AsyncLock, tell) => {
      await new Promise<void>((resolve, reject) => {
        domain.create().run(() => {
          const lock = new AsyncLock({ domainReentrant: true });
          lock
            .acquire('k', () => lock.acquire('k', () => tell('inside')))
            .then(() => tell(`outside ${lock.isBusy()}`))
            .then(resolve, reject);
        });
      });
    },
  ],
  [
    'a promise of another make',
    async (AsyncLock, tell) => {
      class Own<T> extends Promise<T> {}
      const lock = new AsyncLock({ Promise: Own });
      const promise = lock.acquire('k', () => 1);
      tell(`${promise instanceof Own} ${await promise}`);
    },
  ],
  [
    'names, lengths and what an instance shows',
    (AsyncLock, tell) => {
      for (const [name, { value, enumerable }] of Object.entries(
        Object.getOwnPropertyDescriptors(AsyncLock.prototype),
      ))
        if (name !== 'queues') tell(`${name} ${(value as { length: number }).length} ${enumerable}`);
      tell(Object.keys(new AsyncLock()).join());
    },
  ],
];

/** What came after the lowest version. */
const onlyHighest: typeof scenarios = [
  [
    'a time for running, after which the lock is free',
    async (AsyncLock, tell) => {
      const lock = new AsyncLock();
      let end!: () => void;
      const held = lock.acquire('k', () => new Promise<void>((resolve) => (end = resolve)), {
        maxExecutionTime: 1,
      });
      await held.catch((error: unknown) => tell(text(error)));
      tell(String(lock.isBusy('k')));
      tell(await lock.acquire('k', () => 'next'));
      end();
      await soon();
    },
  ],
  [
    'keys that are given twice, and names of properties',
    async (AsyncLock, tell) => {
      const lock = new AsyncLock();
      tell(await lock.acquire(['a', 'a', 'constructor'], () => 'done'));
    },
  ],
  [
    'a throw before a callback is taken for an error',
    async (AsyncLock, tell) => {
      const lock = new AsyncLock();
      const fail = (_done: unknown): never => {
        throw new Error('own');
      };
      await lock.acquire('k', fail).catch((error: unknown) => tell(text(error)));
    },
  ],
];

const none = (): void => {};

const programs: ProgramCase<Library>[] = [
  [
    'keys in both orders',
    async ({ library: AsyncLock }) => {
      const lock = new AsyncLock();
      await lock.acquire('a', () => lock.acquire('b', none));
      await lock.acquire('b', () => lock.acquire('a', none));
    },
    ['potential error recursive-acquisition'],
  ],
  [
    'a third key in both orders, after two in one order many times',
    async ({ library: AsyncLock }) => {
      const lock = new AsyncLock();
      const nest = (outer: string, inner: string): Promise<void> =>
        lock.acquire(outer, () => lock.acquire(inner, none));
      for (let i = 0; i < 50; i++) await nest('a', 'b');
      await nest('c', 'b');
      for (let i = 0; i < 50; i++) await nest('a', 'b');
      await nest('b', 'c');
    },
    ['potential error recursive-acquisition'],
  ],
  [
    'three keys in a circle, after three in one order many times',
    async ({ library: AsyncLock }) => {
      const lock = new AsyncLock();
      const nest = (...[first, second, third]: [string, string, string]): Promise<void> =>
        lock.acquire(first, () => lock.acquire(second, () => lock.acquire(third, none)));
      for (let i = 0; i < 50; i++) await nest('a', 'b', 'c');
      await nest('x', 'a', 'y');
      await nest('c', 'z', 'x');
    },
    ['potential error recursive-acquisition'],
  ],
  [
    'many keys in orders that make a circle',
    async ({ library: AsyncLock }) => {
      const lock = new AsyncLock();
      for (const keys of [
        ['a', 'b'],
        ['b', 'c'],
        ['c', 'a'],
      ])
        await lock.acquire(keys, none);
    },
    ['potential error recursive-acquisition'],
  ],
  [
    'three keys in one order, many times and with others between',
    async ({ library: AsyncLock }) => {
      const lock = new AsyncLock();
      for (let i = 0; i < 50; i++) {
        await lock.acquire('a', () => lock.acquire('b', () => lock.acquire('c', none)));
        await lock.acquire('a', () => lock.acquire(`b:${i}`, none));
        await lock.acquire('b', () => lock.acquire('c', none));
      }
    },
    [],
  ],
  [
    'many keys, always sorted',
    async ({ library: AsyncLock }) => {
      const lock = new AsyncLock();
      const take = (keys: string[]): Promise<void> => lock.acquire(keys.sort(), async () => {});
      await Promise.all([take(['a', 'b']), take(['c', 'b']), take(['c', 'a']), take(['b', 'a'])]);
      await lock.acquire('a', () => lock.acquire('c', none));
    },
    [],
  ],
  [
    'keys in both orders, with callbacks',
    async ({ library: AsyncLock }) => {
      const lock = new AsyncLock();
      const nested = (outer: string, inner: string): Promise<void> =>
        new Promise((resolve) => {
          lock.acquire(
            outer,
            (done) => lock.acquire(inner, (innerDone) => setImmediate(innerDone), done),
            () => resolve(),
          );
        });
      await nested('a', 'b');
      await nested('b', 'a');
    },
    ['potential error recursive-acquisition'],
  ],
  [
    'the same keys of two locks in different orders',
    async ({ library: AsyncLock }) => {
      const [first, second] = [new AsyncLock(), new AsyncLock()];
      await first.acquire('a', () => first.acquire('b', none));
      await second.acquire('b', () => second.acquire('a', none));
    },
    [],
  ],
  [
    'two locks in both orders, whatever the keys',
    async ({ library: AsyncLock }) => {
      const users = new AsyncLock();
      const orders = new AsyncLock();
      await users.acquire('1', () => orders.acquire('7', none));
      await orders.acquire('8', () => users.acquire('2', none));
    },
    ['potential error circular-dependency'],
  ],
  [
    'a key inside itself',
    ({ library: AsyncLock }) => {
      const lock = new AsyncLock();
      void lock.acquire('a', () => lock.acquire('a', none));
    },
    ['certain error recursive-acquisition'],
    'hang',
  ],
  [
    'a key inside itself, with a timeout of the call',
    async ({ library: AsyncLock }) => {
      const lock = new AsyncLock();
      await lock.acquire('a', () => lock.acquire('a', none, { timeout: 1 }).catch(none));
    },
    ['potential error recursive-acquisition'],
  ],
  [
    'a key inside itself, within the domain that has it',
    async ({ library: AsyncLock }) => {
      await new Promise<void>((resolve, reject) => {
        domain.create().run(() => {
          const lock = new AsyncLock({ domainReentrant: true });
          lock.acquire('a', () => lock.acquire('a', none)).then(resolve, reject);
        });
      });
    },
    [],
  ],
  [
    'another order under a timeout of the call',
    async ({ library: AsyncLock }) => {
      const users = new AsyncLock();
      const orders = new AsyncLock();
      await users.acquire('1', () => orders.acquire('7', none));
      await orders.acquire('8', () => users.acquire('2', none, { timeout: 10_000 }));
    },
    ['potential warning circular-dependency'],
  ],
  [
    'another order under a timeout of the lock, which saves nobody from an outage',
    async ({ library: AsyncLock }) => {
      const users = new AsyncLock({ timeout: 10_000 });
      const orders = new AsyncLock();
      await users.acquire('1', () => orders.acquire('7', none));
      await orders.acquire('8', () => users.acquire('2', none));
    },
    ['potential error circular-dependency'],
  ],
  [
    'a lock under a function that runs on when its time is over',
    async ({ library: AsyncLock, lock }) => {
      const users = new AsyncLock({ maxOccupationTime: 1 });
      await lock('A').run(() => users.acquire('1', none));
      let isOver!: () => void;
      const end = new Promise<void>((resolve) => (isOver = resolve));
      const waiting = users.acquire('1', async () => {
        await end;
        await lock('A').run(none);
      });
      await waiting.catch(none);
      isOver();
      while (users.isBusy()) await soon();
    },
    ['potential error circular-dependency'],
  ],
  [
    'what the job before did is not behind the next one',
    async ({ library: AsyncLock, lock }) => {
      const users = new AsyncLock();
      let isQueued = false;
      const first = (async () => {
        await lock('Y').run(none);
        await users.acquire('1', async () => {
          while (!isQueued) await undefined;
        });
      })();
      const second = (async () => {
        while (!users.isBusy('1')) await undefined;
        await lock('X').run(async () => {
          const job = users.acquire('1', async () => {});
          isQueued = true;
          await job;
        });
      })();
      await Promise.all([first, second]);
      await lock('Y').run(() => lock('X').run(none));
    },
    [],
  ],
  [
    'the same, where the job is told by a callback',
    async ({ library: AsyncLock, lock }) => {
      const users = new AsyncLock();
      let end!: () => void;
      const first = (async () => {
        await lock('Y').run(none);
        await new Promise<void>((resolve) => {
          users.acquire(
            '1',
            (done) => {
              end = done;
            },
            () => resolve(),
          );
        });
      })();
      while (!users.isBusy('1')) await undefined;
      const second = lock('X').run(
        () =>
          new Promise<void>((resolve) => {
            users.acquire(
              '1',
              (done) => done(),
              () => resolve(),
            );
          }),
      );
      end();
      await Promise.all([first, second]);
      await lock('Y').run(() => lock('X').run(none));
    },
    [],
  ],
];

describe.each(copies)('async-lock, %s version', (version, load) => {
  it.each(version === 'highest' ? [...scenarios, ...onlyHighest] : scenarios)(
    'does the same watched: %s',
    async (_name, scenario) => {
      const plain = await play(scenario, load());
      const library = load();
      expect(watchLibrary(adapter, library, { validator: new Validator() })).toBe(library);
      expect(plain.filter((line) => line !== 'tick').length).toBeGreaterThan(0);
      expect(await play(scenario, library)).toEqual(plain);
    },
  );

  it.each(programs)('finds %s', async (...program) => {
    await checkProgram(adapter, load(), program);
  });
});

describe('a class of locks by key', () => {
  const load = (): [Library, Validator] => {
    const validator = new Validator();
    return [watchLibrary(adapter, copies[1]![1](), { validator }), validator];
  };
  const namesOf = (validator: Validator): string[] =>
    validator.snapshot().classes.map(({ name }) => name.replace(/^.*:\d+:\d+/, ''));

  it.each([
    [['user:1', 'user:22'], '[user:*]'],
    [['user:ann', 'user:bob', 'user:7'], '[user:*]'],
    [['user:1', 'order:1'], '[*]'],
    [
      ['file/8f14e45f-ceea-467f-a8f0-1b2c3d4e5f60/a', 'file/8f14e45f-ceea-467f-a8f0-000000000000/a'],
      '[file/*/a]',
    ],
    [['config'], '[config]'],
  ])('goes by where the lock was made and the pattern of its keys: %s', async (keys, pattern) => {
    const [AsyncLock, validator] = load();
    const lock = new AsyncLock();
    for (const key of keys) await lock.acquire(key, none);
    expect(namesOf(validator)).toEqual([pattern]);
    const [each] = validator.snapshot().classes;
    expect(each?.instances).toBe(keys.length);
    expect(each?.site).toContain('async-lock.test.ts');
  });

  it('keeps the name that somebody has read', async () => {
    const [AsyncLock, validator] = load();
    const lock = new AsyncLock();
    await lock.acquire('user:1', none);
    expect(namesOf(validator)).toEqual(['[user:*]']);
    await lock.acquire('order:1', none);
    expect(namesOf(validator)).toEqual(['[user:*]']);
  });

  it('is not watched any more when that was taken back', async () => {
    const [AsyncLock, validator] = load();
    unwatchLibrary(AsyncLock);
    const lock = new AsyncLock();
    await lock.acquire('a', () => lock.acquire('b', none));
    expect(validator.snapshot().classes).toEqual([]);
  });
});
