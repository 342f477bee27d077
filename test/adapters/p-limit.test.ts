import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import type * as PLimit from 'p-limit';
import { adapter } from '../../src/adapters/p-limit.ts';
import { watchLibrary } from '../../src/adapters/shared/watching.ts';
import { Validator } from '../../src/index.ts';
import { type Scenario, importCopy, play, requireCopy } from './copies.ts';
import { type ProgramCase, checkProgram } from './programs.ts';

/** Before version 4 the module is the function. */
type Library = { default: typeof PLimit.default };

const { resolve } = createRequire(import.meta.url);
const copies: [name: string, load: () => Promise<Library>][] = [
  ['lowest', async () => ({ default: requireCopy('p-limit-3') as unknown as typeof PLimit.default })],
  ['highest', async () => (await importCopy(resolve('p-limit'))) as unknown as Library],
];

const scenarios: [name: string, Scenario<Library>][] = [
  [
    'jobs in order, and how many run and wait',
    async ({ default: pLimit }, tell) => {
      const limit = pLimit(2);
      const jobs = ['a', 'b', 'c', 'd'].map(async (name) => {
        const value = await limit(async () => {
          tell(`${name} begins: ${limit.activeCount} run, ${limit.pendingCount} wait`);
          await undefined;
          return name;
        });
        tell(`${value} is over: ${limit.activeCount} run, ${limit.pendingCount} wait`);
      });
      tell(`${limit.activeCount} ${limit.pendingCount}`);
      await Promise.all(jobs);
    },
  ],
  [
    'arguments, values and errors',
    async ({ default: pLimit }, tell) => {
      const limit = pLimit(1);
      tell(String(await limit((a: number, b: number) => a + b, 1, 2)));
      tell(String(await limit(async (a: number) => a, 3)));
      const own = new Error('own');
      const told = (error: unknown): void => tell(String(error === own));
      await limit(() => {
        throw own;
      }).catch(told);
      await limit(() => Promise.reject(own)).catch(told);
      await limit('no function' as never).catch((error: unknown) => tell(String(error)));
      tell(await limit(() => 'goes on'));
    },
  ],
  [
    'a thenable, whose `then` is called once',
    async ({ default: pLimit }, tell) => {
      const limit = pLimit(1);
      const lazy = {
        then(done: (value: string) => void) {
          tell('then');
          done('lazy');
        },
      } as PromiseLike<string>;
      tell(await limit(() => lazy));
    },
  ],
  [
    'what a job is called on',
    async ({ default: pLimit }, tell) => {
      const limit = pLimit(1);
      function job(this: unknown, ...args: unknown[]): void {
        tell(`${String(this)} ${args.length}`);
      }
      await limit(job);
      await limit(job, 1, 2);
    },
  ],
  [
    'promises that are settled before, at once and later, and of another class',
    async ({ default: pLimit }, tell) => {
      class Own<T> extends Promise<T> {}
      const limit = pLimit(1);
      const settled = Promise.resolve('settled');
      const failed = Promise.reject(new Error('failed'));
      const jobs = [
        limit(() => settled),
        limit(() => failed),
        limit(async () => 'at once'),
        limit(() => new Promise<string>((resolve) => void setImmediate(resolve, 'later'))),
        limit(() => Own.resolve('own')),
        limit(() => Own.reject(new Error('failed, too'))),
      ];
      await Promise.all(jobs.map((job) => job.then(tell, (error: unknown) => tell(String(error)))));
    },
  ],
  [
    'bad options',
    ({ default: pLimit }, tell) => {
      for (const bad of [0, -1, 1.5, 'x', undefined]) {
        try {
          pLimit(bad as number);
          tell('accepted');
        } catch (error) {
          tell(String(error));
        }
      }
    },
  ],
  [
    'clearQueue drops what has not begun',
    async ({ default: pLimit }, tell) => {
      const limit = pLimit(1);
      const first = limit(async () => {
        await undefined;
        return 'first';
      });
      void limit(() => tell('second'));
      await undefined;
      limit.clearQueue();
      tell(String(limit.pendingCount));
      tell(await first);
    },
  ],
  [
    'name, length and properties',
    ({ default: pLimit }, tell) => {
      const limit = pLimit(1);
      for (const target of [pLimit, limit]) {
        tell(`${target.name} ${target.length}`);
        for (const key of Reflect.ownKeys(target)) {
          // Nobody constructs a limiter.
          if (key === 'prototype') continue;
          const { value, enumerable, configurable } = Object.getOwnPropertyDescriptor(target, key)!;
          tell(`${String(key)} ${typeof value} ${enumerable} ${configurable}`);
        }
      }
    },
  ],
];

const onlyHighest: [name: string, Scenario<typeof PLimit>][] = [
  [
    'clearQueue rejects, where that is wanted',
    async ({ default: pLimit }, tell) => {
      const limit = pLimit({ concurrency: 1, rejectOnClear: true });
      const first = limit(async () => 'first');
      const second = limit(() => 'second');
      limit.clearQueue();
      await second.catch((error: unknown) => tell((error as Error).name));
      tell(await first);
    },
  ],
  [
    'map, and more at a time',
    async ({ default: pLimit }, tell) => {
      const limit = pLimit(1);
      limit.concurrency = 2;
      tell(String(limit.concurrency));
      const values = await limit.map([1, 2, 3], async (value, index) => {
        tell(`${limit.activeCount} run`);
        await undefined;
        return value * index;
      });
      tell(values.join());
    },
  ],
  [
    'limitFunction',
    async ({ limitFunction }, tell) => {
      const limited = limitFunction(async (value: number) => value + 1, { concurrency: 1 });
      tell(`${limited.name} ${limited.length} ${Object.getOwnPropertyNames(limited).join()}`);
      tell((await Promise.all([limited(1), limited(2)])).join());
    },
  ],
];

const programs: ProgramCase<Library>[] = [
  [
    'a limiter used inside itself, which goes well once',
    async ({ library: { default: pLimit } }) => {
      const limit = pLimit(2);
      await limit(() => limit(() => 1));
    },
    ['potential error nested-capacity'],
  ],
  [
    'a limiter of one used inside itself',
    ({ library: { default: pLimit } }) => {
      const limit = pLimit(1);
      return limit(() => limit(() => 1));
    },
    ['certain error nested-capacity'],
    'hang',
  ],
  [
    'a limiter without a limit used inside itself, and with a lock in both orders',
    async ({ library: { default: pLimit }, lock }) => {
      const limit = pLimit(Infinity);
      await limit(() => limit(() => 1));
      await limit(() => lock('A').run(() => {}));
      await lock('A').run(() => limit(() => {}));
    },
    [],
  ],
  [
    'another limiter for what is inside',
    async ({ library: { default: pLimit } }) => {
      const outer = pLimit(2);
      const inner = pLimit(2);
      await Promise.all([1, 2, 3].map((each) => outer(() => inner(async () => each))));
    },
    [],
  ],
  [
    'a limiter and a lock in both orders',
    async ({ library: { default: pLimit }, lock }) => {
      const limit = pLimit(1);
      await limit(() => lock('A').run(() => {}));
      await lock('A').run(() => limit(() => {}));
    },
    ['potential error circular-dependency'],
  ],
  [
    'a limiter and a lock in one order',
    async ({ library: { default: pLimit }, lock }) => {
      const limit = pLimit(1);
      await Promise.all([1, 2, 3].map(() => limit(() => lock('A').run(() => {}))));
    },
    [],
  ],
  [
    'what the job before did is not behind the next one',
    async ({ library: { default: pLimit }, lock }) => {
      const limit = pLimit(1);
      let isQueued = false;
      const first = (async () => {
        await lock('Y').run(() => {});
        await limit(async () => {
          while (!isQueued) await undefined;
        });
      })();
      const second = (async () => {
        while (limit.activeCount === 0) await undefined;
        await lock('X').run(async () => {
          const job = limit(async () => {});
          isQueued = true;
          await job;
        });
      })();
      await Promise.all([first, second]);
      await lock('Y').run(() => lock('X').run(() => {}));
    },
    [],
  ],
  [
    'what led to the promise that a job returns is not waited for',
    async ({ library: { default: pLimit }, lock }) => {
      const limit = pLimit(1);
      const shared: { promise?: Promise<void> } = {};
      const first = limit(async () => {
        while (shared.promise === undefined) await undefined;
      });
      const second = limit(() => shared.promise);
      await lock('Y').run(() => {});
      shared.promise = (async () => {
        for (let i = 0; i < 20; i++) await undefined;
      })();
      await Promise.all([first, second]);
      await lock('Y').run(() => limit(() => {}));
    },
    [],
  ],
  [
    'what the promise that a job returns waited for',
    async ({ library: { default: pLimit }, lock }) => {
      const limit = pLimit(1);
      const shared: { promise?: Promise<void> } = {};
      const first = limit(async () => {
        while (shared.promise === undefined) await undefined;
      });
      const second = limit(() => shared.promise);
      await undefined;
      shared.promise = lock('Y').run(() => {});
      await Promise.all([first, second]);
      await lock('Y').run(() => limit(() => {}));
    },
    ['potential warning circular-dependency'],
  ],
];

const onlyHighestPrograms: typeof programs = [
  [
    'a job that was let in before the queue was cleared',
    async ({ library: { default: pLimit }, lock }) => {
      const limit = pLimit(1);
      const job = limit(() => lock('A').run(() => {}));
      limit.clearQueue();
      await job;
      await lock('A').run(() => limit(() => {}));
    },
    ['potential error circular-dependency'],
  ],
];

it.each(onlyHighestPrograms)('finds %s', async (...program) => {
  await checkProgram(adapter, (await importCopy(resolve('p-limit'))) as unknown as Library, program);
});

describe.each(copies)('p-limit, %s version', (_version, load) => {
  it.each(scenarios)('does the same watched: %s', async (_name, scenario) => {
    const plain = await play(scenario, await load());
    const library = watchLibrary(adapter, await load(), { validator: new Validator() });
    expect(plain.filter((line) => line !== 'tick').length).toBeGreaterThan(0);
    expect(await play(scenario, library)).toEqual(plain);
  });

  it.each(programs)('finds %s', async (...program) => {
    await checkProgram(adapter, await load(), program);
  });
});

it.each(onlyHighest)('does the same watched: %s', async (_name, scenario) => {
  const load = async (): Promise<typeof PLimit> =>
    (await importCopy(resolve('p-limit'))) as unknown as typeof PLimit;
  const withoutTicks = async (library: typeof PLimit): Promise<string[]> =>
    // What is refused is told one tick later.
    (await play(scenario, library)).filter((line) => line !== 'tick');
  const plain = await withoutTicks(await load());
  const library = watchLibrary(adapter, await load(), { validator: new Validator() });
  expect(plain.length).toBeGreaterThan(0);
  expect(await withoutTicks(library)).toEqual(plain);
});
