import { describe, expect, it } from 'vitest';
import type BottleneckClass from 'bottleneck';
import { adapter } from '../../src/adapters/bottleneck.ts';
import { unwatchLibrary, watchLibrary } from '../../src/adapters/shared/watching.ts';
import { Validator } from '../../src/index.ts';
import { type Scenario, requireCopy } from './copies.ts';
import { type ProgramCase, type Tools, checkProgram } from './programs.ts';

type Library = typeof BottleneckClass;

const copies: [name: string, load: () => Library][] = [
  ['lowest', () => requireCopy('bottleneck-2.19') as unknown as Library],
  ['highest', () => requireCopy('bottleneck') as unknown as Library],
];

const none = async (): Promise<void> => {};
const soon = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

const scenarios: [name: string, Scenario<Library>][] = [
  [
    'jobs in order, and how many run and wait',
    async (Bottleneck, tell) => {
      const limiter = new Bottleneck({ maxConcurrent: 1 });
      await Promise.all(
        ['a', 'b', 'c', 'd'].map(async (name) => {
          const value = await limiter.schedule(async (given: string) => {
            tell(`${given} begins`);
            await soon();
            return given;
          }, name);
          tell(`${value} is over`);
        }),
      );
    },
  ],
  [
    'errors, callbacks and wrapped functions',
    async (Bottleneck, tell) => {
      const limiter = new Bottleneck({ maxConcurrent: 1 });
      await limiter
        .schedule(async () => {
          throw new Error('own');
        })
        .catch((error: unknown) => tell(String(error)));
      await new Promise<void>((resolve) => {
        limiter.submit(
          (value: number, done: (error: unknown, value: number) => void) =>
            setImmediate(done, null, value + 1),
          1,
          (error: unknown, value: unknown) => {
            tell(`${String(error)} ${String(value)}`);
            resolve();
          },
        );
      });
      const wrapped = limiter.wrap(async (value: number) => value * 2);
      tell(String(await wrapped(2)));
      tell(String(await wrapped.withOptions({ priority: 1 }, 3)));
    },
  ],
  [
    'priorities and weights',
    async (Bottleneck, tell) => {
      const limiter = new Bottleneck({ maxConcurrent: 2 });
      const run = (priority: number, weight: number): Promise<void> =>
        limiter.schedule({ priority, weight }, async () => {
          tell(`priority ${priority}, weight ${weight}`);
          await soon();
        });
      // Begun when all others are queued, which the library does timer by timer.
      const first = limiter.schedule({ weight: 2 }, async () => {
        while (limiter.counts().QUEUED < 4) await soon();
      });
      await Promise.all([first, run(5, 1), run(1, 2), run(9, 1), run(0, 1)]);
      await run(5, 3).catch((error: unknown) => tell(String(error)));
    },
  ],
  [
    'what is dropped',
    async (Bottleneck, tell) => {
      const limiter = new Bottleneck({
        maxConcurrent: 1,
        highWater: 1,
        strategy: Bottleneck.strategy.LEAK,
      });
      const told = (error: unknown): void => tell(String(error));
      const dropped = new Promise<void>((resolve) => limiter.on('dropped', () => resolve()));
      const jobs = [1, 2, 3].map((each) =>
        limiter.schedule(() => dropped.then(() => tell(`ran ${each}`))).catch(told),
      );
      await Promise.all(jobs);
      const job = limiter.schedule({ id: 'same' }, soon);
      await limiter.schedule({ id: 'same' }, none).catch(told);
      await job;
      await limiter.stop();
      await limiter.schedule(none).catch(told);
    },
  ],
  [
    'retries and expiration',
    async (Bottleneck, tell) => {
      const limiter = new Bottleneck({ maxConcurrent: 1 });
      limiter.on('failed', (_error, { retryCount }) => Promise.resolve(retryCount < 2 ? 0 : undefined));
      let runs = 0;
      await limiter
        .schedule(async () => {
          tell(`run ${++runs}`);
          throw new Error('own');
        })
        .catch((error: unknown) => tell(String(error)));
      const other = new Bottleneck({ maxConcurrent: 1 });
      await other
        .schedule({ expiration: 1 }, () => new Promise(() => {}))
        .catch((error: unknown) => tell(String(error)));
      tell(await other.schedule(async () => 'goes on'));
    },
  ],
  [
    'chained, grouped and changed',
    async (Bottleneck, tell) => {
      const outer = new Bottleneck({ maxConcurrent: 2 });
      outer.chain(new Bottleneck({ maxConcurrent: 1 }));
      for (const each of [1, 2]) await outer.schedule(() => soon().then(() => tell(`${each}`)));
      await outer.updateSettings({ maxConcurrent: 1 });
      tell(String(await outer.check()));
      const group = new Bottleneck.Group({ maxConcurrent: 1 });
      tell(`${group.key('a') === group.key('a')} ${group.key('a') === group.key('b')}`);
      tell(await group.key('a').schedule(async () => 'by key'));
      tell(group.keys().join());
    },
  ],
];

async function play(scenario: Scenario<Library>, library: Library): Promise<string[]> {
  const lines: string[] = [];
  // The library goes by timers, between which ticks say nothing.
  await scenario(library, (line) => void lines.push(line));
  return lines;
}

/** Whoever comes next has nothing to do with the lock that was taken before the job in front of it. */
async function strangers(limiter: BottleneckClass, lock: Tools<Library>['lock']): Promise<void> {
  let isQueued = false;
  const first = (async () => {
    await lock('Y').run(none);
    await limiter.schedule(async () => {
      while (!isQueued) await soon();
    });
  })();
  while (limiter.counts().EXECUTING === 0) await soon();
  const second = lock('X').run(async () => {
    const job = limiter.schedule(soon);
    isQueued = true;
    await job;
  });
  await Promise.all([first, second]);
  await lock('Y').run(() => lock('X').run(none));
}

const programs: ProgramCase<Library>[] = [
  [
    'a limiter used inside itself, which goes well once',
    async ({ library: Bottleneck }) => {
      const limiter = new Bottleneck({ maxConcurrent: 2 });
      await limiter.schedule(() => limiter.schedule(none));
    },
    ['potential error nested-capacity'],
  ],
  [
    'a limiter of rates alone used inside itself',
    async ({ library: Bottleneck }) => {
      const limiter = new Bottleneck({ minTime: 1 });
      await limiter.schedule(() => limiter.schedule(none));
    },
    [],
  ],
  [
    'a limiter and a lock in both orders',
    async ({ library: Bottleneck, lock }) => {
      const limiter = new Bottleneck({ maxConcurrent: 1 });
      await limiter.schedule(() => lock('A').run(none));
      await lock('A').run(() => limiter.schedule(none));
    },
    ['potential error circular-dependency'],
  ],
  [
    'a limiter and a lock in one order',
    async ({ library: Bottleneck, lock }) => {
      const limiter = new Bottleneck({ maxConcurrent: 1 });
      await Promise.all([1, 2, 3].map(() => limiter.schedule(() => lock('A').run(soon))));
    },
    [],
  ],
  [
    'both orders, by way of a chained limiter',
    async ({ library: Bottleneck, lock }) => {
      const outer = new Bottleneck({ maxConcurrent: 1 });
      const inner = new Bottleneck({ maxConcurrent: 1 });
      outer.chain(inner);
      await outer.schedule(none);
      await inner.schedule(() => lock('A').run(none));
      await lock('A').run(() => outer.schedule(none));
    },
    // By way of the outer one, and without: whoever waits for it waits for the inner one, too.
    ['potential error circular-dependency', 'potential error circular-dependency'],
  ],
  [
    'both orders, in a second attempt',
    async ({ library: Bottleneck, lock }) => {
      const limiter = new Bottleneck({ maxConcurrent: 1 });
      limiter.on('failed', () => Promise.resolve(0));
      let isSecond = false;
      await limiter.schedule(async () => {
        if (isSecond) await lock('A').run(none);
        else {
          isSecond = true;
          throw new Error('own');
        }
      });
      await lock('A').run(() => limiter.schedule(none));
    },
    ['potential error circular-dependency'],
  ],
  [
    'both orders, with callbacks',
    async ({ library: Bottleneck, lock }) => {
      const limiter = new Bottleneck({ maxConcurrent: 1 });
      const submit = (job: () => Promise<void>): Promise<void> =>
        new Promise((resolve) => {
          limiter.submit(
            (done: (error: unknown, value: unknown) => void) => void job().then(() => done(null, null)),
            () => resolve(),
          );
        });
      await submit(() => lock('A').run(none));
      await lock('A').run(() => submit(none));
    },
    ['potential error circular-dependency'],
  ],
  [
    'the limiters of a group, always in one order of keys, and in none',
    async ({ library: Bottleneck }) => {
      const group = new Bottleneck.Group({ maxConcurrent: 1 });
      const nested = (outer: string, inner: string): Promise<void> =>
        group.key(outer).schedule(() => group.key(inner).schedule(none));
      await nested('a', 'b');
      await nested('b', 'c');
    },
    [],
  ],
  [
    'the limiters of a group in both orders',
    async ({ library: Bottleneck }) => {
      const group = new Bottleneck.Group({ maxConcurrent: 1 });
      const nested = (outer: string, inner: string): Promise<void> =>
        group.key(outer).schedule(() => group.key(inner).schedule(none));
      await nested('a', 'b');
      await nested('b', 'a');
    },
    ['potential error recursive-acquisition'],
  ],
  [
    'what the job before did is not behind the next one',
    ({ library: Bottleneck, lock }) => strangers(new Bottleneck({ maxConcurrent: 1 }), lock),
    [],
  ],
  [
    'what is dropped waits for nobody',
    async ({ library: Bottleneck, lock }) => {
      const limiter = new Bottleneck({ maxConcurrent: 1 });
      const running = limiter.schedule(() => lock('A').run(soon)).catch(() => {});
      const dropped = limiter.schedule(none).catch(() => {});
      await limiter.stop();
      await Promise.all([running, dropped]);
    },
    [],
  ],
];

describe.each(copies)('bottleneck, %s version', (_version, load) => {
  it.each(scenarios)('does the same watched: %s', async (_name, scenario) => {
    const plain = await play(scenario, load());
    const library = load();
    expect(watchLibrary(adapter, library, { validator: new Validator() })).toBe(library);
    expect(plain.length).toBeGreaterThan(0);
    expect(await play(scenario, library)).toEqual(plain);
  });

  it.each(programs)('finds %s', async (...program) => {
    await checkProgram(adapter, load(), program);
  });

  it('tells where a limiter or a group was made, its size and the pattern of its keys', async () => {
    const validator = new Validator();
    const library = load();
    const Bottleneck = watchLibrary(adapter, library, { validator });
    const limiter = new Bottleneck({ maxConcurrent: 3 });
    await limiter.updateSettings({ maxConcurrent: 4 });
    await limiter.schedule({ weight: 2 }, none);
    const group = new Bottleneck.Group({ maxConcurrent: 1 });
    for (const key of ['user:1', 'user:2']) await group.key(key).schedule(none);
    unwatchLibrary(library);
    await new Bottleneck({ maxConcurrent: 9 }).schedule(none);
    const classes = validator.snapshot().classes.filter(({ instances }) => instances > 0);
    expect(classes).toHaveLength(2);
    expect(classes).toContainEqual(
      expect.objectContaining({ kind: 'semaphore', permits: 4, instances: 1, acquisitions: 1 }),
    );
    expect(classes).toContainEqual(
      expect.objectContaining({
        name: expect.stringMatching(/bottleneck.test.ts:.*\[user:\*\]$/),
        instances: 2,
      }),
    );
  });
});
