/** What hangs keeps nothing alive by being watched. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { Completion, type Hold, Mutex, Semaphore, Validator } from '../../src/index.ts';
import { settle } from './support.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Collects garbage until something of it has been seen. */
async function collectUntil(seen: Promise<unknown>): Promise<void> {
  const timer = setInterval(collect, 50);
  await seen;
  clearInterval(timer);
}

const registry = new FinalizationRegistry<(isSeen: boolean) => void>((tell) => tell(true));
const kept: unknown[] = [];

const pair = (validator: Validator): [Mutex, Mutex] => [
  new Mutex({ name: 'A', validator }),
  new Mutex({ name: 'B', validator }),
];

const programs: [name: string, hang: (validator: Validator) => unknown][] = [
  [
    'callbacks of run that wait for each other',
    (v) => {
      const [a, b] = pair(v);
      const nest = (outer: Mutex, inner: Mutex): unknown =>
        outer.run(async () => {
          await Promise.resolve();
          await inner.run(() => {});
        });
      nest(a, b);
      nest(b, a);
    },
  ],
  [
    'holds that wait for each other',
    (v) => {
      const [a, b] = pair(v);
      const nest = async (outer: Mutex, inner: Mutex): Promise<void> => {
        const hold = await outer.acquire();
        (await inner.acquire()).release();
        hold.release();
      };
      void nest(a, b);
      void nest(b, a);
    },
  ],
  [
    'a wait for what nobody completes',
    (v) => {
      const loaded = new Completion({ name: 'loaded', validator: v });
      void pair(v)[0].run(() => loaded.wait());
    },
  ],
  [
    'a unit that nobody gives back',
    (v) => {
      const pool = new Semaphore({ name: 'pool', permits: 2, validator: v });
      const hold = pool.tryAcquire();
      void pool.acquire({ permits: 2 });
      void hold;
    },
  ],
  [
    'a listener that has the hold',
    async (v) => {
      const holds: Hold[] = [];
      v.onFinding(() => holds.pop()?.release());
      const [a] = pair(v);
      holds.push(await a.acquire());
      void a.acquire();
    },
  ],
];

/** Lets a program hang in a validator that nobody keeps; resolves when that is collected. */
function hangAndForget(hang: (validator: Validator) => unknown): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const play = async (): Promise<void> => {
      const validator = new Validator();
      registry.register(validator, resolve);
      await hang(validator);
      await settle();
    };
    play().catch(reject);
  });
}

describe('a validator is collected with the program that hangs in it', () => {
  test.each(programs)('%s', async (_name, hang) => {
    const collected = hangAndForget(hang);
    await collectUntil(collected);
    expect(await collected).toBe(true);
  });
});

class Worker {
  hold: Hold | undefined;

  async start(lock: Mutex): Promise<void> {
    this.hold = await lock.acquire();
  }
}

test('a hold is leaked with the object in whose method it was taken', async () => {
  const validator = new Validator();
  const leaked = new Promise<string>((resolve) => {
    validator.onFinding(({ code }) => resolve(code));
  });
  const [a] = pair(validator);
  kept.push(validator, a);
  await (async () => new Worker().start(a))();
  await collectUntil(leaked);
  expect(await leaked).toBe('leaked-hold');
});
