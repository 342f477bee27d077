/** Holds that nothing can release any more; the garbage collector says so. */
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { type Hold, Mutex, Rcu, Semaphore, Validator, timeout } from '../../src/index.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Lets everything become garbage that can. */
async function forget(): Promise<void> {
  for (let i = 0; i < 4; i++) {
    await sleep(2);
    collect();
  }
  await sleep(2);
}

function leaks({ findings }: Validator): string[] {
  return findings
    .filter(({ code }) => code === 'leaked-hold')
    .map(({ chain, severity }) => `${severity} ${chain[0]}`);
}

const kept: unknown[] = [];

type Case = [name: string, expected: string[], run: (validator: Validator) => unknown];

const cases: Case[] = [
  [
    'a hold that nobody kept',
    ['error A'],
    async (v) => {
      const a = new Mutex({ name: 'A', validator: v });
      kept.push(a);
      await (async () => void (await a.acquire()))();
    },
  ],
  [
    'a hold that was got after a wait',
    ['error A'],
    async (v) => {
      const a = new Mutex({ name: 'A', validator: v });
      kept.push(a);
      const first = await a.acquire();
      void (async () => void (await a.acquire()))();
      first.release();
    },
  ],
  [
    'a try that nobody kept',
    ['error pool'],
    (v) => {
      const pool = new Semaphore({ name: 'pool', permits: 2, validator: v });
      kept.push(pool);
      pool.tryAcquire();
    },
  ],
  [
    'a hold that was handed over, and lost there',
    ['error A'],
    async (v) => {
      const a = new Mutex({ name: 'A', validator: v });
      kept.push(a);
      await (async () => {
        const parcel = (await a.acquire()).handOff('courier');
        parcel.accept();
      })();
    },
  ],
  [
    'a hold that is kept',
    [],
    async (v) => {
      kept.push(await new Mutex({ name: 'A', validator: v }).acquire());
    },
  ],
  [
    'a hold that was released',
    [],
    async (v) => {
      const a = new Mutex({ name: 'A', validator: v });
      await (async () => (await a.acquire()).release())();
    },
  ],
  [
    'a hold that run keeps',
    [],
    (v) => {
      const a = new Mutex({ name: 'A', validator: v });
      kept.push(a);
      void a.run(() => new Promise(() => {}));
      void new Rcu({ name: 'RCU', validator: v }).read(() => new Promise(() => {}));
    },
  ],
  [
    'a hold that a job has',
    [],
    async (v) => {
      const hold = await new Mutex({ name: 'A', validator: v }).acquire();
      kept.push(timeout((handed: Hold) => handed.release(), 100_000, { transfer: [hold] }).unref());
    },
  ],
  [
    'a hold that was handed over, and is kept there',
    [],
    async (v) => {
      const parcel = (await new Mutex({ name: 'A', validator: v }).acquire()).handOff('courier');
      kept.push(parcel.accept());
    },
  ],
  [
    'a hold of a flow that waits',
    [],
    async (v) => {
      const [a, b] = ['A', 'B'].map((name) => new Mutex({ name, validator: v })) as [Mutex, Mutex];
      kept.push(await b.acquire());
      void (async () => {
        const hold = await a.acquire();
        await b.acquire();
        hold.release();
      })();
    },
  ],
];

describe('a leaked hold', () => {
  test.each(cases)('%s', async (_name, expected, run) => {
    const validator = new Validator();
    await run(validator);
    await forget();
    expect(leaks(validator)).toEqual(expected);
  });

  test('is not thrown by the next lock', async () => {
    const validator = new Validator({ policy: 'error' });
    const a = new Mutex({ name: 'A', validator });
    await (async () => void (await a.acquire()))();
    await forget();
    expect(leaks(validator)).toEqual(['error A']);
    await new Mutex({ name: 'B', validator }).run(() => {});
  });
});
