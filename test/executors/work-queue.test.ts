/** What a queue does with its jobs, watched or not. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Mutex, Validator, WorkQueue } from '../../src/index.ts';
import { expectOneLine } from '../locks/misuse.ts';
import { policies, turn } from '../locks/subjects.ts';
import { uncaughtDuring } from './uncaught.ts';

interface Gate {
  readonly promise: Promise<void>;
  open(): void;
}

function createGate(): Gate {
  let open!: () => void;
  const promise = new Promise<void>((resolve) => (open = resolve));
  return { promise, open };
}

const failure = new Error('of the job');

describe.each(policies)('a work queue, %s', (_policy, options) => {
  const create = (concurrency?: number): WorkQueue =>
    new WorkQueue({
      name: 'queue',
      validator: new Validator(options),
      ...(concurrency === undefined ? {} : { concurrency }),
    });

  test.each<[name: string, concurrency: number | undefined, log: string]>([
    ['one after the other by default', undefined, '+a -a +b -b +c -c'],
    ['one after the other', 1, '+a -a +b -b +c -c'],
    ['two at a time', 2, '+a +b -a +c -b -c'],
    ['as many as there are', 9, '+a +b +c -a -b -c'],
  ])('runs jobs %s, in the order of adding', async (_name, concurrency, log) => {
    const queue = create(concurrency);
    const events: string[] = [];
    const jobs = ['a', 'b', 'c'].map((name) =>
      queue.add(async () => {
        events.push(`+${name}`);
        await turn();
        events.push(`-${name}`);
      }),
    );
    expect(events, 'never at once').toEqual([]);
    await Promise.all(jobs);
    expect(events.join(' ')).toBe(log);
  });

  test('keeps to its concurrency and its order under any schedule, and loses no job', async () => {
    const job = fc.record({
      turns: fc.nat(3),
      before: fc.nat(3),
      ending: fc.constantFrom('return', 'throw', 'reject', 'resolve', 'thenable'),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(job, { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 1, max: 3 }),
        async (s, jobs, concurrency) => {
          const queue = create(concurrency);
          const added: number[] = [];
          const begun: number[] = [];
          let [running, most, settled, drained] = [0, 0, 0, 0];
          jobs.forEach(({ turns, before, ending }, i) => {
            const work = (): unknown => {
              begun.push(i);
              most = Math.max(most, ++running);
              const end = (): number => {
                running--;
                if (ending === 'throw' || ending === 'reject') throw failure;
                return i;
              };
              if (ending === 'return' || ending === 'throw') return end();
              const later = (async () => {
                for (let n = 0; n < turns; n++) await s.schedule(Promise.resolve());
                return end();
              })();
              return ending === 'thenable' ? { then: later.then.bind(later) } : later;
            };
            void (async () => {
              for (let n = 0; n < before; n++) await s.schedule(Promise.resolve());
              added.push(i);
              const job = queue.add(work);
              const flushed = queue.flush(job).then(() => expect(begun).toContain(i));
              const outcome = await job.catch((error: unknown) => error);
              expect(outcome).toBe(ending === 'throw' || ending === 'reject' ? failure : i);
              await flushed;
              settled++;
              await queue.drain();
              expect(running).toBe(0);
              drained++;
            })();
          });
          await s.waitIdle();
          await turn();
          expect([settled, drained, running]).toEqual([jobs.length, jobs.length, 0]);
          expect(begun).toEqual(added);
          expect(most).toBeLessThanOrEqual(concurrency);
        },
      ),
      { numRuns: 100 },
    );
  });

  test.each([1, 2])('drains when nothing is left, what is added meanwhile too; %i at a time', async (n) => {
    const queue = create(n);
    const log: string[] = [];
    await queue.drain();
    void queue.add(async () => {
      await turn();
      log.push('first');
      void queue.add(async () => {
        await turn();
        log.push('second');
      });
    });
    await queue.drain();
    expect(log).toEqual(['first', 'second']);
    await queue.drain();
  });

  test('flushes one job, and waits for no later one', async () => {
    const queue = create();
    const gates = [createGate(), createGate()];
    const jobs = gates.map(({ promise }) => queue.add(() => promise));
    const log: string[] = [];
    void queue.flush(jobs[0]!).then(() => log.push('first'));
    void queue.flush(jobs[1]!).then(() => log.push('second'));
    await turn();
    expect(log).toEqual([]);
    gates[0]!.open();
    await turn();
    expect(log).toEqual(['first']);
    gates[1]!.open();
    await turn();
    expect(log).toEqual(['first', 'second']);
    await Promise.all(jobs.map((job) => queue.flush(job)));
  });

  test('flushes what is no job of its own by waiting for it, too', async () => {
    const queue = create();
    const gate = createGate();
    const other = create().add(() => gate.promise);
    void queue.add(() => gate.promise);
    let isFlushed = false;
    const flushed = queue.flush(other).then(() => (isFlushed = true));
    await turn();
    expect(isFlushed).toBe(false);
    gate.open();
    await flushed;
    await queue.flush(Promise.reject(failure));
  });

  test('goes on after a job that fails, which rejects its own promise only', async () => {
    const queue = create();
    const log: unknown[] = [];
    const jobs = [
      queue.add((): void => {
        throw failure;
      }),
      queue.add(() => Promise.reject(failure)),
      queue.add(() => 'well'),
    ];
    await Promise.all(
      jobs.map((job) =>
        (job as Promise<unknown>).then(
          (value) => log.push(value),
          (error) => log.push(error),
        ),
      ),
    );
    expect(log).toEqual([failure, failure, 'well']);
    await queue.flush(jobs[0]!);
    await queue.drain();
  });

  test('leaves to the process what a job throws and nobody hears', async () => {
    const queue = create();
    const uncaught = await uncaughtDuring(async () => {
      void queue.add(() => Promise.reject(failure));
      await queue.drain();
    });
    expect(uncaught).toEqual([['unhandledRejection', failure]]);
  });

  test('runs a long line of jobs that end at once', async () => {
    const queue = create();
    let count = 0;
    const jobs = Array.from({ length: 20_000 }, () => queue.add(() => ++count));
    expect(await jobs.at(-1)).toBe(20_000);
  });

  test('gives the job the holds that were transferred', async () => {
    const validator = new Validator(options);
    const [a, b] = [new Mutex({ name: 'a', validator }), new Mutex({ name: 'b', validator })];
    const queue = new WorkQueue({ name: 'queue', validator });
    const holds = [await a.acquire(), await b.acquire()];
    const result = queue.add(
      (...given) => {
        for (const hold of given) hold.release();
        return given.length;
      },
      { transfer: holds },
    );
    expect(holds.map(({ isOpen }) => isOpen)).toEqual([false, false]);
    expect([await result, a.isHeld, b.isHeld]).toEqual([2, false, false]);
    expect(() => queue.add(() => {}, { transfer: holds })).toThrow(
      expect.objectContaining({ code: 'ERR_DEAD_HOLD' }),
    );
  });

  test.each<[name: string, call: (queue: WorkQueue) => unknown, line: string]>([
    ['no job', (queue) => queue.add(undefined as never), 'Expected `fn` to be a function, got '],
    [
      'null as options',
      (queue) => queue.add(() => {}, null as never),
      'Expected `options` to be an object, got ',
    ],
    [
      'an unknown option',
      (queue) => queue.add(() => {}, { priority: 1 } as never),
      'Expected `options` to be an object with keys of transfer, got ',
    ],
    [
      'no promise at all',
      (queue) => queue.flush(7 as never),
      'Expected `job` to be a promise that `add` returned, got ',
    ],
  ])('refuses %s', async (_name, call, line) => {
    await expectOneLine('throws', () => call(create()), line, undefined);
  });

  test.each<[concurrency: unknown]>([[0], [-1], [1.5], [Number.NaN], [Infinity], ['2'], [null]])(
    'is not made of a concurrency of %s',
    async (concurrency) => {
      const line = 'Expected `concurrency` to be an integer ≥ 1, got ';
      await expectOneLine('throws', () => create(concurrency as number), line, concurrency);
    },
  );
});
