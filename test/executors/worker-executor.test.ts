/** Hand-over to a real thread. The thread runs the built package. */
import { once } from 'node:events';
import { Worker, threadId } from 'node:worker_threads';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  LockdepError,
  Mutex,
  Validator,
  WorkerExecutor,
  type WorkerExecutorOptions,
  WorkerExitError,
} from '../../src/index.ts';
import { expectOneLine } from '../locks/misuse.ts';
import { badReleases, policies, turn } from '../locks/subjects.ts';
import { edgesOf } from '../support/edges.ts';
import { withoutLive } from '../support/without-live.ts';

const file = new URL('worker.mjs', import.meta.url);

function createWorker(): Worker {
  const worker = new Worker(file);
  worker.on('error', () => {});
  onTestFinished(() => void worker.terminate());
  return worker;
}

function setting(
  options: ConstructorParameters<typeof Validator>[0] = {},
  locks: WorkerExecutorOptions['locks'] = {},
) {
  const validator = new Validator(options);
  const [a, c] = ['A', 'C'].map((name) => new Mutex({ name, validator })) as [Mutex, Mutex];
  const worker = createWorker();
  const executor = new WorkerExecutor(worker, {
    name: 'E',
    validator,
    locks: { c: () => c.acquire(), ...locks },
  });
  return { validator, a, c, worker, executor };
}

const chainsOf = (validator: Validator): string[] =>
  validator.findings.map(({ severity, chain }) => `${severity} ${chain.join(' → ')}`);

const messagesOf = (validator: Validator): string[] => validator.findings.map(({ message }) => message);

describe.each(policies)('a worker executor, %s', (_policy, options) => {
  test('has the thread do jobs, one after the other, with copies of the data', async () => {
    const { executor } = setting(options);
    expect(await executor.run<number>({ do: 'where' })).not.toBe(threadId);
    const log = new SharedArrayBuffer(4);
    const names = ['first', 'second', 'third'];
    const running = await Promise.all(names.map((name) => executor.run({ do: 'log', log, name })));
    expect(running).toEqual(names.map((name) => [name, 1]));
    expect(await executor.run({ do: 'echo', value: new Map([[1, new Date(5)]]) })).toEqual(
      new Map([[1, new Date(5)]]),
    );
  });

  test('moves what is in the transfer list', async () => {
    const { executor } = setting(options);
    const buffer = new ArrayBuffer(8);
    const back = executor.run<ArrayBuffer>({ do: 'echo', value: buffer }, { transferList: [buffer] });
    expect(buffer.byteLength).toBe(0);
    expect((await back).byteLength).toBe(8);
  });

  test('hands over holds, which the thread releases; the handles here are dead', async () => {
    const { executor, a, validator } = setting(options);
    for (const how of ['release', 'using']) {
      const hold = await a.acquire();
      const done = executor.run({ do: how }, { transfer: [hold] });
      expect([hold.isOpen, a.isHeld]).toEqual([false, true]);
      await done;
      expect(a.isHeld).toBe(false);
    }
    expect(badReleases(validator)).toBe(0);
  });

  test('lets the next one in as soon as the thread has released', async () => {
    const { executor, a, c } = setting(options);
    const done = executor.run({ do: 'lock', first: 'release' }, { transfer: [await a.acquire()] });
    const held = await c.acquire();
    await a.run(() => {});
    held.release();
    await done;
    expect([a.isHeld, c.isHeld]).toEqual([false, false]);
  });

  test('a message is not held up by a lock that the thread waits for', async () => {
    const { executor, a, c } = setting(options);
    // C is released when A is free, and the thread waits for C while it releases A.
    const held = await c.acquire();
    const done = executor.run({ do: 'beside' }, { transfer: [await a.acquire()] });
    await a.run(() => held.release());
    await done;
    expect([a.isHeld, c.isHeld]).toEqual([false, false]);
  });

  test('gives locks by name and arguments', async () => {
    const rows = new Map<number, Mutex>();
    const asked: number[] = [];
    const { executor, validator } = setting(options, {
      row: (key: number) => {
        asked.push(key);
        const lock = rows.get(key) ?? new Mutex({ name: 'row', validator });
        rows.set(key, lock);
        return lock.acquire();
      },
    });
    await executor.run({ do: 'keyed', keys: [1, 2, 1] });
    expect(asked).toEqual([1, 2, 1]);
    expect([...rows.values()].some(({ isHeld }) => isHeld)).toBe(false);
  });

  test.each<[name: string, data: object, expected: object]>([
    [
      'an error, with its code',
      { do: 'throw' },
      { name: 'RangeError', message: 'of the job', code: 'ERR_OF_JOB' },
    ],
    ['a result that cannot be copied', { do: 'returnFunction' }, { name: 'DataCloneError' }],
    ['something thrown that cannot be copied', { do: 'throwFunction' }, { message: '() => {}' }],
    [
      'a lock that nobody gives',
      { do: 'ask', name: 'toString' },
      {
        code: 'ERR_INVALID_ARGUMENT',
        message: 'Expected `name` to be one of c, odd, late, got "toString" (string).',
      },
    ],
    [
      'a function that gives no hold',
      { do: 'ask', name: 'odd' },
      { code: 'ERR_INVALID_ARGUMENT', message: 'Expected `locks.odd()` to be a hold, got 5 (number).' },
    ],
    ['a lock that is not granted', { do: 'ask', name: 'late' }, { code: 'ERR_LOCK_TIMEOUT' }],
  ])('a job fails with %s, and the next is done', async (_case, data, expected) => {
    const busy = new Mutex({ name: 'busy', validator: new Validator(options) });
    await busy.acquire();
    const { executor } = setting(options, {
      odd: (() => 5) as never,
      late: () => busy.acquire({ timeoutMs: 1 }),
    });
    await expect(executor.run(data)).rejects.toMatchObject(expected);
    await expect(executor.run({ do: 'throwText' })).rejects.toBe('text');
    expect(await executor.run({ do: 'echo', value: 7 })).toBe(7);
  });

  test('data that cannot be copied is refused, and nothing was handed over', async () => {
    const { executor, a } = setting(options);
    const hold = await a.acquire();
    expect(() => executor.run({ do: () => {} }, { transfer: [hold] })).toThrow(/could not be cloned/);
    expect(hold.isOpen).toBe(true);
    await executor.run({ do: 'release' }, { transfer: [hold] });
    expect(a.isHeld).toBe(false);
  });

  test('a dead hold is refused, and the others stay', async () => {
    const { executor, a, c } = setting(options);
    const [alive, dead] = [await a.acquire(), await c.acquire()];
    dead.release();
    expect(() => executor.run({ do: 'release' }, { transfer: [alive, dead] })).toThrow(LockdepError);
    expect(alive.isOpen).toBe(true);
  });

  test('a lock that is granted after the job is over is free at once', async () => {
    const { executor, c } = setting(options);
    const held = await c.acquire();
    await executor.run({ do: 'leave' });
    held.release();
    await turn();
    expect(c.isHeld).toBe(false);
  });

  test('a hold may be released after its job is over', async () => {
    const { executor, a } = setting(options);
    await executor.run({ do: 'keep' }, { transfer: [await a.acquire()] });
    expect(a.isHeld).toBe(true);
    await executor.run({ do: 'releaseLate' });
    expect(a.isHeld).toBe(false);
  });

  test('close lets the thread end when its jobs are over, and takes no more', async () => {
    const { executor, worker } = setting(options);
    const exited = once(worker, 'exit');
    const done = executor.run({ do: 'echo', value: 1 });
    const closed = executor.close();
    expect(() => executor.run({ do: 'echo' })).toThrow(/^Expected an executor that is open/);
    expect(await done).toBe(1);
    await closed;
    expect(await exited).toEqual([0]);
  });

  test.each<[name: string, end: (worker: Worker) => unknown]>([
    ['is terminated', (worker) => worker.terminate()],
    ['crashes', () => {}],
  ])('a thread that %s rejects its jobs, with what they had', async (name, end) => {
    let isAsked!: () => void;
    const asked = new Promise<void>((resolve) => (isAsked = resolve));
    const { executor, worker, a, c } = setting(options, {
      c: () => {
        isAsked();
        return c.acquire();
      },
    });
    const first = executor.run(
      { do: name === 'crashes' ? 'crash' : 'ask', name: 'c' },
      { transfer: [await a.acquire()] },
    );
    const second = executor.run({ do: 'release' }, { transfer: [await c.acquire()] });
    await Promise.all([
      name === 'crashes' || asked.then(() => end(worker)),
      expect(first).rejects.toMatchObject({ code: 'ERR_WORKER_EXITED' }),
      expect(second).rejects.toBeInstanceOf(WorkerExitError),
    ]);
    expect([a.isHeld, c.isHeld]).toEqual([true, true]);
    for (const job of [first, second])
      await job.catch((error: unknown) => {
        for (const hold of (error as WorkerExitError).lostHolds()) hold.release();
      });
    // What the thread had asked for comes too late, and is free at once.
    await turn();
    expect([a.isHeld, c.isHeld]).toEqual([false, false]);
    await expect(executor.run({ do: 'echo' })).rejects.toMatchObject({ code: 'ERR_WORKER_EXITED' });
  });
});

describe('what is seen of a thread', () => {
  test('C → E → A → C: the way of the letter, with the places in the thread', async () => {
    const { executor, validator, a, c } = setting();
    await executor.run({ do: 'lock' }, { transfer: [await a.acquire()] });
    await c.run(() => executor.run({ do: 'echo' }));
    expect(chainsOf(validator)).toEqual(['error C → E → A → C']);
    const { edges, findings } = validator.snapshot();
    const arrows = findings[0]!.edges.map((index) => edges[index]!);
    expect(arrows.map(({ kind }) => kind)).toEqual(['order', 'custody', 'order']);
    const place = (at: string): string => at.replace(/:\d+:\d+$/, '');
    expect(
      arrows.map(({ held, requested }) => [held, requested].map(({ frames }) => place(frames[0]!.at))),
    ).toEqual([
      ['test/executors/worker-executor.test.ts', 'test/executors/worker-executor.test.ts'],
      ['test/executors/worker-executor.test.ts', 'test/executors/worker.mjs'],
      ['test/executors/worker-executor.test.ts', 'test/executors/worker.mjs'],
    ]);
    expect(findings[0]!.flows).toBe(2);
  });

  test('the way back to the lock that was handed over', async () => {
    const { executor, validator, a, c } = setting();
    await executor.run({ do: 'lock' }, { transfer: [await a.acquire()] });
    await c.run(() => a.run(() => {}));
    expect(chainsOf(validator)).toEqual(['error A → E → C → A']);
  });

  test.each(['drain', 'close'] as const)('%s waits for what the jobs ask for', async (method) => {
    const { executor, validator, c } = setting();
    await executor.run({ do: 'ask', name: 'c' });
    await c.run(() => executor[method]());
    expect(chainsOf(validator)).toEqual(['error C → E → C']);
  });

  test('a correct program has edges, and no finding', async () => {
    const { executor, validator, a, c } = setting();
    for (let i = 0; i < 3; i++) {
      await executor.run({ do: 'lock' }, { transfer: [await a.acquire()] });
      await a.run(() => c.run(() => {}));
      await a.run(() => executor.run({ do: 'ask', name: 'c' }));
    }
    expect(validator.findings).toEqual([]);
    expect(edgesOf(validator).proven).toBe('A→C A→E A→E(handoff) E→A(custody) E→C');
  });

  test('what is released before the answer came does not wait for it', async () => {
    const { executor, validator, a } = setting();
    await executor.run({ do: 'beside' }, { transfer: [await a.acquire()] });
    expect(edgesOf(validator).proven).toBe('A→E(handoff) E→C');
  });

  test('a hang is told as certain when the loop has drained', async () => {
    let isAsked!: () => void;
    const asked = new Promise<void>((resolve) => (isAsked = resolve));
    const { executor, validator, worker, a, c } = setting(
      {},
      {
        c: () => {
          isAsked();
          return c.acquire();
        },
      },
    );
    const job = executor.run({ do: 'lock' }, { transfer: [await a.acquire()] }).catch(() => {});
    void c.run(() => executor.drain());
    await asked;
    await turn();
    validator.checkOpen({ isDrained: true });
    expect(
      withoutLive(validator.findings)
        .filter(({ severity }) => severity === 'error')
        .map(({ message }) => message),
    ).toEqual(['Deadlock: C → E → A → C [circular-dependency]']);
    await worker.terminate();
    await job;
  });

  test('a second release in the thread is a bad release, there', async () => {
    const { executor, validator, a } = setting();
    await executor.run({ do: 'twice' }, { transfer: [await a.acquire()] });
    expect(validator.findings.map(({ code }) => code)).toEqual(['bad-release']);
    expect(validator.findings[0]!.stack!.frames[0]!.at).toMatch(/^test\/executors\/worker\.mjs:/);
  });

  test('under the error policy a job fails with the finding that its release completes', async () => {
    const { executor, a } = setting({ policy: 'error' });
    await expect(executor.run({ do: 'twice' }, { transfer: [await a.acquire()] })).rejects.toMatchObject({
      code: 'bad-release',
    });
  });

  test.each<[name: string, end: (worker: Worker) => unknown, job: string]>([
    ['exits', () => {}, 'exit'],
    ['is terminated', (worker) => worker.terminate(), 'keep'],
  ])(
    'what is lost with a thread that %s is told, at the place where it was handed over',
    async (_name, end, job) => {
      const { executor, validator, worker, a } = setting();
      const exited = once(worker, 'exit');
      const running = executor.run({ do: job }, { transfer: [await a.acquire()] }).catch(() => {});
      if (job === 'keep') await running;
      await end(worker);
      await Promise.all([exited, running]);
      const lost = (name: string): string =>
        `Lock held at the end: "${name}" was in the custody of "E", a thread that has ended [held-at-end]`;
      expect(messagesOf(validator)).toEqual(job === 'exit' ? [lost('A'), lost('C')] : [lost('A')]);
      const places = validator.findings.map(({ stack }) => stack!.frames[0]!.at.replace(/:\d+:\d+$/, ''));
      expect(places).toEqual(
        ['test/executors/worker-executor.test.ts', 'test/executors/worker.mjs'].slice(0, places.length),
      );
      expect(validator.findings.map(({ severity }) => severity)).not.toContain('error');
      validator.reportHeldAtEnd();
      expect(messagesOf(validator), 'once').toHaveLength(job === 'exit' ? 2 : 1);
    },
  );
});

describe('misuse', () => {
  test.each<[name: string, args: unknown[], line: string, value: unknown]>([
    ['no worker', [null], 'Expected `worker` to be a Worker, got ', null],
    ['a port', [{ postMessage() {} }], 'Expected `worker` to be a Worker, got ', {}],
  ])('%s', async (_name, args, line, value) => {
    await expectOneLine('throws', () => Reflect.construct(WorkerExecutor, args), line, value);
  });

  test('bad options', async () => {
    const worker = createWorker();
    const create = (options: unknown) => () => new WorkerExecutor(worker, options as object);
    await expectOneLine('throws', create(null), 'Expected `options` to be an object, got ', null);
    await expectOneLine(
      'throws',
      create({ lock: {} }),
      'Expected `options` to be an object with keys of name, validator, locks, got ',
      'lock',
    );
    await expectOneLine(
      'throws',
      create({ locks: 5 }),
      'Expected `locks` to be an object of functions, got ',
      5,
    );
    await expectOneLine(
      'throws',
      create({ locks: { c: new Mutex() } }),
      'Expected `locks.c` to be a function, got ',
      {},
    );
    const executor = new WorkerExecutor(worker);
    expect(create({})).toThrow(/^Expected a worker without an executor/);
    const run = (options: unknown) => () => executor.run(1, options as object);
    await expectOneLine('throws', run(null), 'Expected `options` to be an object, got ', null);
    await expectOneLine(
      'throws',
      run({ transfer: 5 }),
      'Expected `transfer` to be an array of holds, got ',
      5,
    );
    await expectOneLine(
      'throws',
      run({ tranfser: [] }),
      'Expected `options` to be an object with keys of transfer, transferList, got ',
      'tranfser',
    );
  });

  test('jobs are served in a worker thread, by one handler', async () => {
    const run = (code: string): Promise<unknown> => {
      const library = new URL('../../dist/index.js', import.meta.url).href;
      const worker = new Worker(`import { serveJobs } from ${JSON.stringify(library)}; ${code}`, {
        eval: true,
      });
      return new Promise((resolve) => worker.on('error', resolve).on('exit', resolve));
    };

    expect(await run('serveJobs(5)')).toMatchObject({
      message: 'Expected `handler` to be a function, got 5 (number).',
    });
    expect(await run('serveJobs(() => {}); serveJobs(() => {});')).toMatchObject({
      message: 'Expected one handler of jobs in a thread, got another one.',
    });
  });
});
