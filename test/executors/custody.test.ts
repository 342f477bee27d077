/** Whoever has handed a hold over has it no longer: nothing it asks for since is under that hold. */
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { FamilyLock, Mutex, RwLock, Validator, WorkQueue, immediate, timeout } from '../../src/index.ts';
import type { Hold, SnapshotFinding } from '../../src/index.ts';

const nothing = (): void => {};

function summary({ severity, certainty, code, chain }: SnapshotFinding): string {
  return `${severity} ${certainty} ${code} ${chain.join('→')}`;
}

function findingsOf(validator: Validator): string[] {
  return validator.snapshot().findings.map(summary).sort();
}

interface Delegate {
  readonly begun: Promise<void>;
  end(): void;
}

/** Gives a hold to a job that releases it when `end` is called. */
function delegate(hold: Hold): Delegate {
  let kept: Hold | undefined;
  const begun = new Promise<void>((resolve) => {
    const job = (taken: Hold): void => {
      kept = taken;
      resolve();
    };
    timeout(job, 0, { transfer: [hold], name: 'io' });
  });
  return { begun, end: () => kept!.release() };
}

describe('whoever has handed a hold over', () => {
  test.for<[name: string, ask: (validator: Validator) => Promise<Delegate>]>([
    [
      'may wait for that lock',
      async (validator) => {
        const lock = new Mutex({ name: 'A', validator });
        const io = delegate(await lock.acquire());
        void lock.run(nothing);
        return io;
      },
    ],
    [
      'may ask to write what is read by the other',
      async (validator) => {
        const lock = new RwLock({ name: 'A', validator });
        const io = delegate(await lock.acquireRead());
        void lock.runWrite(nothing);
        return io;
      },
    ],
    [
      'may wait for the unlock',
      async (validator) => {
        const lock = new Mutex({ name: 'A', validator });
        const io = delegate(await lock.acquire());
        void lock.waitForUnlock();
        return io;
      },
    ],
    [
      'waits for somebody who waits for the lock, and has asked before',
      async (validator) => {
        const [a, b] = ['A', 'B'].map((name) => new Mutex({ name, validator })) as [Mutex, Mutex];
        const first = await b.acquire();
        void a.run(() => turn()).then(() => first.release());
        const hold = await (async () => {
          await turn();
          return a.acquire();
        })();
        void b.acquire().then((each) => each.release());
        return delegate(hold);
      },
    ],
  ])('%s', async ([, ask]) => {
    const validator = new Validator();
    const { begun, end } = await ask(validator);
    await begun;
    validator.checkOpen({ isDrained: false });
    validator.checkOpen({ isDrained: false });
    expect(findingsOf(validator)).toEqual([]);
    end();
    await turn();
    expect(findingsOf(validator)).toEqual([]);
  });

  test('makes no edge by what it takes meanwhile', async () => {
    const validator = new Validator();
    const [a, b] = ['A', 'B'].map((name) => new Mutex({ name, validator })) as [Mutex, Mutex];
    // The same cover as below, by a hold that is not handed over.
    const first = await a.acquire();
    const over = new Promise<void>((resolve) => {
      const job = (taken: Hold): void => {
        taken.release();
        resolve();
      };
      immediate(job, { transfer: [first], name: 'io' });
    });
    await b.run(nothing);
    await over;
    const edges = (): string[] =>
      validator.snapshot().edges.flatMap(({ from, to, kind }) => (kind === 'order' ? [`${from}→${to}`] : []));
    expect(edges()).toEqual([]);

    const hold = await a.acquire();
    void b.run(nothing);
    await turn();
    hold.release();
    expect(edges()).toEqual(['A→B']);
  });

  test('does not hold it when it asserts that, and whoever took it up does', async () => {
    const validator = new Validator();
    const lock = new Mutex({ name: 'A', validator });
    const hold = await lock.acquire();
    const over = new Promise<void>((resolve) => {
      const job = (taken: Hold): void => {
        lock.assertHeld();
        taken.release();
        resolve();
      };
      timeout(job, 0, { transfer: [hold] });
    });
    await over;
    expect(findingsOf(validator)).toEqual([]);

    const parcel = (await lock.acquire()).handOff('queue');
    lock.assertHeld();
    expect(findingsOf(validator)).toEqual(['error certain not-held A']);
    const taken = parcel.accept();
    lock.assertHeld();
    taken.release();
    expect(validator.findings.map(({ count }) => count)).toEqual([1]);
  });

  test('cannot write the members of a family any more', async () => {
    const validator = new Validator();
    const family = new FamilyLock({ name: 'rows', validator });
    const member = family.attach();
    const parcel = (await family.acquireWrite()).handOff('queue');
    await member.startWrite();
    expect(findingsOf(validator)).toEqual(['error certain not-held rows']);
    parcel.accept().release();
  });

  test('has it nowhere else: a job that is over leaves it to what it has started', async () => {
    const validator = new Validator();
    const [a, b] = ['A', 'B'].map((name) => new Mutex({ name, validator })) as [Mutex, Mutex];
    const queue = new WorkQueue({ name: 'queue', validator });
    const over = new Promise<void>((resolve) => {
      const job = (hold: Hold): void => {
        setTimeout(() => {
          a.assertHeld();
          void b.run(nothing).then(() => {
            hold.release();
            resolve();
          });
        }, 0);
      };
      void a.acquire().then((hold) => queue.add(job, { transfer: [hold] }));
    });
    await over;
    expect(findingsOf(validator)).toEqual([]);
    expect(validator.snapshot().edges).toContainEqual(
      expect.objectContaining({ from: 'A', to: 'B', evidence: 'proven' }),
    );
  });
});

describe('a hang with a hold that is handed over while its flow waits', () => {
  /** Two flows cross; the first has asked for B when it hands A to a job. */
  async function cross(
    validator: Validator,
    job: (hold: Hold, asked: Promise<Hold>) => unknown,
  ): Promise<void> {
    const [a, b] = ['A', 'B'].map((name) => new Mutex({ name, validator })) as [Mutex, Mutex];
    let begin!: () => void;
    const hasBegun = new Promise<void>((resolve) => void (begin = resolve));
    void (async () => {
      const hold = await a.acquire();
      await turn();
      const asked = b.acquire();
      const run = (taken: Hold): void => {
        void job(taken, asked);
        begin();
      };
      timeout(run, 0, { transfer: [hold], name: 'job' });
    })();
    void (async () => {
      const hold = await b.acquire();
      await turn();
      (await a.acquire()).release();
      hold.release();
    })();
    await hasBegun;
    for (let i = 0; i < 5; i++) await turn();
    validator.checkOpen({ isDrained: true });
  }

  test('is found when the job awaits what was asked for', async () => {
    const validator = new Validator();
    await cross(validator, async (hold, asked) => {
      (await asked).release();
      hold.release();
    });
    expect(findingsOf(validator)).toEqual([
      'error certain circular-dependency A→B→A',
      'error certain live-deadlock A→B→A',
    ]);
  });

  test('is none when the job releases it', async () => {
    const validator = new Validator();
    await cross(validator, (hold, asked) => {
      hold.release();
      void asked.then((each) => each.release());
    });
    expect(findingsOf(validator)).toEqual([]);
  });
});
