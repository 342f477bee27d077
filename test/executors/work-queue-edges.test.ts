/** What a queue depends on, and what depends on it. */
import { describe, expect, test } from 'vitest';
import { Mutex, Validator, WorkQueue } from '../../src/index.ts';
import { type Program, type ProgramCase, checkProgram, findHang } from '../locks/programs.ts';
import { turn } from '../locks/subjects.ts';

const pass = async (): Promise<void> => {};

/** The same for a serial queue and for one of two at a time. */
type Case = [
  name: string,
  program: (queue: WorkQueue, locks: Parameters<Program>[0]) => Promise<unknown>,
  edges: Record<string, string>,
  findings: string[],
];

const cycle = 'error A → queue → A [circular-dependency]';
const itself = 'error queue → queue [recursive-acquisition]';

const cases: Case[] = [
  [
    'the queue depends on what its jobs ask for',
    (queue, { A }) => queue.add(() => A.run(pass)),
    { proven: 'queue→A' },
    [],
  ],
  [
    'whoever awaits a job under a lock depends on the queue, and on what the job asked for',
    (queue, { A, B }) => A.run(() => queue.add(() => B.run(pass))),
    { proven: 'A→B A→queue queue→B' },
    [],
  ],
  [
    'whoever drains under a lock depends on the queue',
    async (queue, { A }) => {
      void queue.add(turn);
      await A.run(() => queue.drain());
    },
    { proven: 'A→queue(wait)' },
    [],
  ],
  [
    'whoever flushes under a lock depends on the queue',
    async (queue, { A }) => {
      const job = queue.add(turn);
      await A.run(() => queue.flush(job));
    },
    { proven: 'A→queue(wait)' },
    [],
  ],
  [
    'that nothing is left to drain is luck',
    (queue, { A }) => A.run(() => queue.drain()),
    { proven: 'A→queue(wait)' },
    [],
  ],
  [
    'a deadlock: draining while holding what a job needs',
    async (queue, { A }) => {
      await queue.add(() => A.run(pass));
      await A.run(() => queue.drain());
    },
    { proven: 'A→queue(wait) queue→A' },
    [cycle],
  ],
  [
    'a deadlock: flushing while holding what a job needs',
    async (queue, { A }) => {
      await queue.add(() => A.run(pass));
      const job = queue.add(turn);
      await A.run(() => queue.flush(job));
    },
    { proven: 'A→queue(wait) queue→A' },
    [cycle],
  ],
  [
    'a deadlock: awaiting a job while holding what another one needs',
    async (queue, { A }) => {
      await queue.add(() => A.run(pass));
      await A.run(() => queue.add(turn));
    },
    { proven: 'A→queue queue→A' },
    [cycle],
  ],
  [
    'a near miss: adding under the lock without waiting for the job',
    async (queue, { A }) => {
      const jobs: Promise<unknown>[] = [];
      await A.run(() => void jobs.push(queue.add(() => A.run(pass))));
      await Promise.all(jobs);
      await queue.drain();
    },
    { proven: 'queue→A' },
    [],
  ],
  [
    'a near miss: draining before the lock is taken',
    async (queue, { A }) => {
      void queue.add(() => A.run(pass));
      await queue.drain();
      await A.run(pass);
    },
    { proven: 'queue→A' },
    [],
  ],
  [
    'the next job has nothing of the one before behind it',
    async (queue, { A, B }) => {
      const jobs = [queue.add(() => A.run(pass)), queue.add(turn)];
      await Promise.resolve();
      await B.run(() => jobs[1]);
      await jobs[0];
    },
    { signalled: 'B→queue', proven: 'queue→A' },
    [],
  ],
];

describe.each([1, 2])('%i at a time', (concurrency) => {
  const create = (validator: Validator): WorkQueue =>
    new WorkQueue({ name: 'queue', validator, concurrency });

  test.each(cases)('%s', async (name, program, edges, findings) => {
    const run: ProgramCase[1] = (locks, validator) => program(create(validator), locks);
    await checkProgram([name, run, edges, findings]);
  });

  test.each<[name: string, job: (queue: WorkQueue, self: () => Promise<unknown>) => Promise<unknown>]>([
    ['drains', (queue) => queue.drain()],
    ['flushes itself', (queue, self) => queue.flush(self())],
  ])('a job that %s hangs, and is found', async (_name, work) => {
    const found = await findHang(async (_locks, validator) => {
      const queue = create(validator);
      const job: Promise<unknown> = queue.add(async () => {
        await turn();
        return work(queue, () => job);
      });
    });
    expect(found).toEqual([itself]);
  });

  test('a lock held while a job needs it, and the queue is drained: hangs, and is found', async () => {
    const found = await findHang(async ({ A }, validator) => {
      const queue = create(validator);
      await A.run(() => {
        void queue.add(() => A.run(pass));
        return queue.drain();
      });
    });
    expect(found).toEqual(['error A → A [recursive-acquisition]', cycle]);
  });

  test('a lock that was handed to a job is released by it', async () => {
    const validator = new Validator();
    const A = new Mutex({ name: 'A', validator });
    const C = new Mutex({ name: 'C', validator });
    const queue = create(validator);
    await queue.add(
      async (hold) => {
        await C.run(pass);
        hold.release();
      },
      { transfer: [await A.acquire()] },
    );
    await C.run(() => queue.drain());
    expect(validator.findings.map(({ chain, severity }) => `${severity} ${chain.join(' → ')}`)).toEqual([
      'error C → queue → A → C',
    ]);
  });
});

test('a job that awaits another of its serial queue hangs, and is found', async () => {
  const found = await findHang(async (_locks, validator) => {
    const queue = new WorkQueue({ name: 'queue', validator });
    await queue.add(() => queue.add(pass));
  });
  // Whether it awaits the other one cannot be seen.
  expect(found).toEqual(['warning queue → queue [recursive-acquisition]']);
});

test('a job that awaits another of a queue with places left is found though it goes well', async () => {
  const validator = new Validator();
  const queue = new WorkQueue({ name: 'queue', validator, concurrency: 2 });
  await queue.add(() => queue.add(pass));
  expect(validator.findings).toMatchObject([
    { severity: 'error', code: 'recursive-acquisition', chain: ['queue', 'queue'], flows: 2 },
  ]);
});

test('it takes one flow for each place to block a queue, and one to wait for all', async () => {
  const validator = new Validator();
  const queue = new WorkQueue({ name: 'queue', validator, concurrency: 3 });
  const [A, B] = [new Mutex({ name: 'A', validator }), new Mutex({ name: 'B', validator })];
  await queue.add(() => A.run(pass));
  await queue.add(() => B.run(pass));
  await A.run(() => queue.add(pass));
  await B.run(() => queue.drain());
  expect(validator.findings.map(({ chain, flows }) => `${chain[0]} ${flows}`).sort()).toEqual(['A 4', 'B 2']);
});

test('a later job of a serial queue may flush an earlier one', async () => {
  const validator = new Validator();
  const queue = new WorkQueue({ name: 'queue', validator });
  const first = queue.add(pass);
  await queue.add(() => queue.flush(first));
  expect(validator.findings).toEqual([]);
});

test('whoever awaited a job may flush it under a lock that jobs need', async () => {
  const validator = new Validator();
  const queue = new WorkQueue({ name: 'queue', validator });
  const A = new Mutex({ name: 'A', validator });
  const job = queue.add(() => A.run(pass));
  await job;
  await A.run(() => queue.flush(job));
  expect(validator.findings).toEqual([]);
});
