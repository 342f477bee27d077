import { getEventListeners } from 'node:events';
import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import type * as PQueueLibrary from 'p-queue';
import { adapter } from '../../src/adapters/p-queue.ts';
import { unwatchLibrary, watchLibrary } from '../../src/adapters/shared/watching.ts';
import { Validator } from '../../src/index.ts';
import { type Scenario, importCopy, play, requireCopy } from './copies.ts';
import { type ProgramCase, type Tools, checkProgram } from './programs.ts';

type Library = { default: typeof PQueueLibrary.default };

const { resolve } = createRequire(import.meta.url);
const copies: [name: string, load: () => Promise<Library>][] = [
  ['lowest', async () => requireCopy('p-queue-6') as unknown as Library],
  ['highest', async () => (await importCopy(resolve('p-queue'))) as unknown as Library],
];

const none = (): void => {};
const soon = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

const scenarios: [name: string, Scenario<Library>][] = [
  [
    'jobs in order, and how many run and wait',
    async ({ default: PQueue }, tell) => {
      const queue = new PQueue({ concurrency: 2 });
      const jobs = ['a', 'b', 'c', 'd'].map(async (name) => {
        const value = await queue.add(async () => {
          tell(`${name} begins: ${queue.pending} run, ${queue.size} wait`);
          await undefined;
          return name;
        });
        tell(`${value} is over: ${queue.pending} run, ${queue.size} wait`);
      });
      tell(`${queue.pending} ${queue.size}`);
      await Promise.all(jobs);
    },
  ],
  [
    'results that are there before the queue is idle',
    async ({ default: PQueue }, tell) => {
      const queue = new PQueue({ concurrency: 1 });
      for (const value of [1, 2]) void queue.add(async () => value).then((each) => tell(`got ${each}`));
      void queue.onEmpty().then(() => tell('empty'));
      await queue.onIdle();
      tell('idle');
      await queue.onIdle();
      await queue.onEmpty();
      tell('still idle');
    },
  ],
  [
    'values and errors',
    async ({ default: PQueue }, tell) => {
      const queue = new PQueue({ concurrency: 1 });
      tell(String(await queue.add(() => 1)));
      tell(String(await queue.addAll([() => 2, async () => 3])));
      const own = new Error('own');
      const told = (error: unknown): void => tell(String(error === own));
      await queue
        .add(() => {
          throw own;
        })
        .catch(told);
      await queue.add(() => Promise.reject(own)).catch(told);
      await queue.add('no function' as never).catch((error: unknown) => tell((error as Error).name));
      tell(await queue.add(() => 'goes on'));
    },
  ],
  [
    'a thenable, whose `then` is called once',
    async ({ default: PQueue }, tell) => {
      const queue = new PQueue({ concurrency: 1 });
      const lazy = {
        then(done: (value: string) => void) {
          tell('then');
          done('lazy');
        },
      } as PromiseLike<string>;
      tell(await queue.add(() => lazy));
    },
  ],
  [
    'priorities',
    async ({ default: PQueue }, tell) => {
      const queue = new PQueue({ concurrency: 1 });
      const jobs = [0, 1, 3, 2].map((priority) =>
        queue.add(() => tell(`priority ${priority}`), { priority }),
      );
      tell(`${queue.sizeBy({ priority: 1 })}`);
      await Promise.all(jobs);
    },
  ],
  [
    'paused, started, cleared',
    async ({ default: PQueue }, tell) => {
      const queue = new PQueue({ concurrency: 1, autoStart: false });
      const job = queue.add(() => tell('runs'));
      tell(`${queue.isPaused} ${queue.size}`);
      tell(String(queue.start() === queue));
      await job;
      queue.pause();
      queue.add(() => tell('never')).catch((error: unknown) => tell((error as Error).name));
      queue.clear();
      queue.start();
      tell(String(queue.size));
      await queue.add(() => tell('after'));
    },
  ],
  [
    'more at a time',
    async ({ default: PQueue }, tell) => {
      const queue = new PQueue({ concurrency: 1 });
      const jobs = [1, 2, 3].map((each) =>
        queue.add(async () => {
          tell(`${each} of ${queue.pending}`);
          await undefined;
        }),
      );
      queue.concurrency = 2;
      tell(String(queue.concurrency));
      await Promise.all(jobs);
      for (const bad of [0, '1', Number.NaN]) {
        try {
          queue.concurrency = bad as number;
          tell('accepted');
        } catch (error) {
          tell((error as Error).name);
        }
      }
      try {
        tell(`accepted ${new PQueue({ concurrency: 0 }).concurrency}`);
      } catch (error) {
        tell((error as Error).name);
      }
    },
  ],
  [
    'an interval',
    async ({ default: PQueue }, tell) => {
      const queue = new PQueue({ interval: 1, intervalCap: 1 });
      await Promise.all([1, 2, 3].map((each) => queue.add(() => tell(String(each)))));
    },
  ],
  [
    'names, lengths, and what an instance shows',
    ({ default: PQueue }, tell) => {
      for (const [name, { value, enumerable, set }] of Object.entries(
        Object.getOwnPropertyDescriptors(PQueue.prototype),
      ))
        tell(`${name} ${(value as { length?: number } | undefined)?.length} ${enumerable} ${set?.name}`);
      tell(Object.keys(new PQueue({ concurrency: 1 })).join());
    },
  ],
];

const onlyHighest: typeof scenarios = [
  [
    'a signal, before, while it waits and while it runs',
    async ({ default: PQueue }, tell) => {
      const queue = new PQueue({ concurrency: 1 });
      const told = (error: unknown): void => tell(String(error));
      await queue.add(none, { signal: AbortSignal.abort('before') }).catch(told);
      const running = new AbortController();
      const waiting = new AbortController();
      const first = queue.add(() => new Promise(none), { signal: running.signal }).catch(told);
      const second = queue.add(() => tell('never'), { signal: waiting.signal }).catch(told);
      waiting.abort('while it waits');
      await second;
      running.abort('while it runs');
      await first;
      tell(await queue.add(() => 'goes on'));
    },
  ],
  [
    'listeners of a signal, counted by whoever gave it',
    async ({ default: PQueue }, tell) => {
      const queue = new PQueue({ concurrency: 1, autoStart: false });
      const { signal } = new AbortController();
      let added = 0;
      const { addEventListener } = EventTarget.prototype;
      signal.addEventListener = function (...args: Parameters<EventTarget['addEventListener']>) {
        added++;
        addEventListener.apply(this, args);
      };
      const count = (): void => tell(`${getEventListeners(signal, 'abort').length} of ${added}`);
      void queue.add(none, { signal });
      void queue.add(none, { signal });
      count();
      queue.clear();
      count();
      const done = queue.add(none, { signal });
      count();
      queue.start();
      await done;
      count();
    },
  ],
  [
    'a timeout',
    async ({ default: PQueue }, tell) => {
      const queue = new PQueue({ concurrency: 1, timeout: 1 });
      await queue.add(() => new Promise(none)).catch((error: unknown) => tell((error as Error).name));
      tell(await queue.add(async ({ signal }) => `goes on ${signal?.aborted}`, { timeout: 10_000 }));
    },
  ],
  [
    'events',
    async ({ default: PQueue }, tell) => {
      const queue = new PQueue({ concurrency: 1 });
      for (const name of ['add', 'active', 'next', 'completed', 'error', 'empty', 'idle'] as const)
        queue.addEventListener(name, (event) => tell(`${name} ${String((event as CustomEvent).detail)}`));
      await Promise.all([
        queue.add(async () => 'value'),
        queue.add(() => Promise.reject(new Error('own'))).catch(none),
      ]);
      await queue.onIdle();
      await queue.onPendingZero();
      await queue.onSizeLessThan(1);
    },
  ],
];

/** Whoever comes next has nothing to do with the lock that was taken before the job in front of it. */
async function strangers(
  queue: InstanceType<Library['default']>,
  lock: Tools<Library>['lock'],
  wait: (job: Promise<unknown>) => Promise<unknown>,
): Promise<void> {
  let isQueued = false;
  const first = (async () => {
    await lock('Y').run(none);
    await queue.add(async () => {
      while (!isQueued) await undefined;
    });
  })();
  const second = (async () => {
    while (queue.pending === 0) await undefined;
    await lock('X').run(() => {
      const job = queue.add(soon);
      isQueued = true;
      return wait(job);
    });
  })();
  await Promise.all([first, second]);
  await lock('Y').run(() => lock('X').run(none));
}

const programs: ProgramCase<Library>[] = [
  [
    'a queue used inside itself, which goes well once',
    async ({ library: { default: PQueue } }) => {
      const queue = new PQueue({ concurrency: 2 });
      await queue.add(() => queue.add(async () => 1));
    },
    ['potential error nested-capacity'],
  ],
  [
    'a queue of one used inside itself',
    ({ library: { default: PQueue } }) => {
      const queue = new PQueue({ concurrency: 1 });
      void queue.add(() => queue.add(async () => 1));
    },
    ['certain error nested-capacity'],
    'hang',
  ],
  [
    'a job that adds another and does not wait for it',
    async ({ library: { default: PQueue } }) => {
      const queue = new PQueue({ concurrency: 1 });
      let inner: Promise<unknown> | undefined;
      await queue.add(() => {
        inner = queue.add(async () => 1);
      });
      await inner;
    },
    [],
  ],
  [
    'a queue without a limit used inside itself',
    async ({ library: { default: PQueue } }) => {
      const queue = new PQueue();
      await queue.add(() => queue.add(async () => 1));
    },
    [],
  ],
  [
    'a job that waits until the queue is idle',
    ({ library: { default: PQueue } }) => {
      const queue = new PQueue({ concurrency: 2 });
      void queue.add(() => queue.onIdle());
    },
    ['certain error nested-capacity'],
    'hang',
  ],
  [
    'waiting for the queue under a lock that a job takes',
    async ({ library: { default: PQueue }, lock }) => {
      const queue = new PQueue({ concurrency: 1 });
      await queue.add(() => lock('A').run(none));
      await lock('A').run(() => queue.onIdle());
    },
    ['potential error circular-dependency'],
  ],
  [
    'waiting for the queue when the lock is free again',
    async ({ library: { default: PQueue }, lock }) => {
      const queue = new PQueue({ concurrency: 1 });
      const jobs = [1, 2].map(() => queue.add(() => lock('A').run(soon)));
      await lock('A').run(none);
      await queue.onIdle();
      await Promise.all(jobs);
    },
    [],
  ],
  [
    'a queue and a lock in both orders',
    async ({ library: { default: PQueue }, lock }) => {
      const queue = new PQueue({ concurrency: 1 });
      await queue.add(() => lock('A').run(none));
      await lock('A').run(() => queue.add(none));
    },
    ['potential error circular-dependency'],
  ],
  [
    'both orders, where the job under the lock had to wait',
    async ({ library: { default: PQueue }, lock }) => {
      const queue = new PQueue({ concurrency: 1 });
      const first = queue.add(async () => {
        await soon();
        await lock('A').run(none);
      });
      const second = lock('B').run(() => queue.add(soon));
      await Promise.all([first, second]);
      await queue.add(() => lock('B').run(none));
    },
    ['potential error circular-dependency'],
  ],
  [
    'both orders, where the caller gave the job a signal',
    async ({ library: { default: PQueue }, lock }) => {
      const queue = new PQueue({ concurrency: 1 });
      await queue.add(() => lock('A').run(none));
      const { signal } = new AbortController();
      await lock('A').run(() => queue.add(none, { signal }));
    },
    ['potential warning circular-dependency'],
  ],
  [
    'a queue and a lock in one order',
    async ({ library: { default: PQueue }, lock }) => {
      const queue = new PQueue({ concurrency: 1 });
      await Promise.all([1, 2, 3].map(() => queue.add(() => lock('A').run(soon))));
    },
    [],
  ],
  [
    'what the job before did is not behind the next one',
    ({ library: { default: PQueue }, lock }) =>
      strangers(new PQueue({ concurrency: 1 }), lock, async (job) => {
        await job;
      }),
    [],
  ],
  [
    'nor behind whoever hands its promise on',
    ({ library: { default: PQueue }, lock }) => strangers(new PQueue({ concurrency: 1 }), lock, (job) => job),
    [],
  ],
  [
    'nor behind whoever waits for it among others',
    ({ library: { default: PQueue }, lock }) =>
      strangers(new PQueue({ concurrency: 1 }), lock, (job) => Promise.all([job, undefined])),
    [],
  ],
  [
    'an unlimited queue under a lock that its jobs take, and waiting until it is idle there',
    async ({ library: { default: PQueue }, lock }) => {
      const queue = new PQueue();
      await queue.add(() => lock('A').run(none));
      await lock('A').run(() => queue.add(none));
      const other = new PQueue();
      await other.add(() => lock('B').run(none));
      await lock('B').run(() => other.onIdle());
    },
    ['potential error circular-dependency'],
  ],
  [
    'what is cleared waits for nobody',
    async ({ library: { default: PQueue } }) => {
      const queue = new PQueue({ concurrency: 1 });
      let end!: () => void;
      const job = queue.add(() => new Promise<void>((resolve) => (end = resolve)));
      queue.add(none).catch(none);
      queue.clear();
      end();
      await job;
    },
    [],
  ],
];

describe.each(copies)('p-queue, %s version', (version, load) => {
  it.each(version === 'highest' ? [...scenarios, ...onlyHighest] : scenarios)(
    'does the same watched: %s',
    async (_name, scenario) => {
      const plain = await play(scenario, await load());
      const library = watchLibrary(adapter, await load(), { validator: new Validator() });
      expect(plain.filter((line) => line !== 'tick').length).toBeGreaterThan(0);
      expect(await play(scenario, library)).toEqual(plain);
    },
  );

  it.each(programs)('finds %s', async (...program) => {
    await checkProgram(adapter, await load(), program);
  });

  it('tells where a queue was made, and not any more when that was taken back', async () => {
    const validator = new Validator();
    const library = await load();
    const { default: PQueue } = watchLibrary(adapter, library, { validator });
    const queue = new PQueue({ concurrency: 3 });
    queue.concurrency = 4;
    await queue.add(none);
    const [each] = validator.snapshot().classes;
    expect(each).toMatchObject({ kind: 'semaphore', permits: 4, instances: 1, acquisitions: 1 });
    expect(each?.site).toContain('p-queue.test.ts');
    unwatchLibrary(library);
    await new PQueue({ concurrency: 1 }).add(none);
    expect(validator.snapshot().classes).toHaveLength(1);
  });

  it.runIf(version === 'highest')('forgets a job whose options were refused', async () => {
    const validator = new Validator();
    const { default: PQueue } = watchLibrary(adapter, await load(), { validator });
    const refused = new PQueue({ concurrency: 1 }).add(none, { priority: Number.NaN });
    expect(validator.engine.newest).toBeNull();
    await expect(refused).rejects.toThrow(TypeError);
  });

  it('leaves a rejection that nobody handles unhandled', async () => {
    const { default: PQueue } = watchLibrary(adapter, await load(), { validator: new Validator() });
    const reasons: unknown[] = [];
    const others = process.listeners('unhandledRejection');
    process.removeAllListeners('unhandledRejection');
    process.on('unhandledRejection', (reason) => reasons.push(reason));
    try {
      void new PQueue().add(() => Promise.reject(new Error('own')));
      const handled = new PQueue().add(() => Promise.reject(new Error('handled')));
      await handled.catch(none);
      await soon();
      await soon();
    } finally {
      process.removeAllListeners('unhandledRejection');
      for (const other of others) process.on('unhandledRejection', other);
    }
    expect(reasons.map(String)).toEqual(['Error: own']);
  });
});
