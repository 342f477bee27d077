/** Cycles of waits of now: which are certain at once, which only look like one, and which are none. */
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { GroupLock, Mutex, Rcu, RwLock, Semaphore, Validator, WorkQueue } from '../../src/index.ts';
import { liveOf, nothing, play, settle, sleep, summary } from './support.ts';

type Case = [name: string, expected: string[], run: (validator: Validator) => unknown];

function mutexes(validator: Validator, ...names: string[]): Mutex[] {
  return names.map((name) => new Mutex({ name, validator }));
}

/** Each flow takes its lock, and then the next one. */
function ring(locks: readonly Mutex[]): void {
  locks.forEach((lock, i) => {
    void lock.run(async () => {
      await turn();
      await locks[(i + 1) % locks.length]!.run(nothing);
    });
  });
}

function ringOf(size: number, nameOf: (index: number) => string): (validator: Validator) => void {
  return (validator) => ring(mutexes(validator, ...Array.from({ length: size }, (_, i) => nameOf(i))));
}

const letter = (i: number): string => String.fromCharCode(65 + i);
const padded = (i: number): string => `L${String(i).padStart(2, '0')}`;
const hundred = Array.from({ length: 100 }, (_, i) => padded(i));

const certain: Case[] = [
  ['a ring of two', ['error certain live-deadlock A→B→A 2'], ringOf(2, letter)],
  ['a ring of three', ['error certain live-deadlock A→B→C→A 3'], ringOf(3, letter)],
  ['a ring of five', ['error certain live-deadlock A→B→C→D→E→A 5'], ringOf(5, letter)],
  ['a ring of a hundred', [`error certain live-deadlock ${hundred.join('→')}→L00 100`], ringOf(100, padded)],
  ['five philosophers', ['error certain live-deadlock fork→fork 5'], ringOf(5, () => 'fork')],
  [
    'two rings of the same classes',
    ['error certain live-deadlock A→B→A 2'],
    (v) => {
      ringOf(2, letter)(v);
      ringOf(2, letter)(v);
    },
  ],
  [
    'a mutex inside itself',
    ['error certain live-deadlock A→A 1'],
    (v) => {
      const [a] = mutexes(v, 'A');
      void a!.run(() => a!.run(nothing));
    },
  ],
  [
    'a mutex inside itself, by way of functions that are awaited',
    ['error certain live-deadlock A→A 1'],
    (v) => {
      const [a] = mutexes(v, 'A');
      const inner = async (): Promise<void> => {
        await turn();
        return a!.run(nothing);
      };
      void a!.run(async () => {
        await inner();
      });
    },
  ],
  [
    'one of several that are all awaited',
    ['error certain live-deadlock A→A 1'],
    (v) => {
      const [a] = mutexes(v, 'A');
      void a!.run(() => Promise.all([sleep(1), a!.run(nothing)]));
    },
  ],
  [
    'three levels deep',
    ['error certain live-deadlock A→C→A 2'],
    (v) => {
      const [a, b, c] = mutexes(v, 'A', 'B', 'C');
      void a!.run(async () => {
        await turn();
        await b!.run(() => c!.run(nothing));
      });
      void c!.run(async () => {
        await turn();
        await turn();
        await turn();
        await a!.run(nothing);
      });
    },
  ],
  [
    'readers and writers in a ring',
    ['error certain live-deadlock A→B→A 2'],
    (v) => {
      const [a, b] = ['A', 'B'].map((name) => new RwLock({ name, validator: v }));
      void a!.runRead(async () => {
        await turn();
        await b!.runWrite(nothing);
      });
      void b!.runRead(async () => {
        await turn();
        await a!.runWrite(nothing);
      });
    },
  ],
  [
    'readers behind writers that wait for readers',
    ['error certain live-deadlock A→B→A 4'],
    async (v) => {
      const [a, b] = ['A', 'B'].map((name) => new RwLock({ name, validator: v }));
      const [gateA, gateB] = [settle(4), settle(4)];
      void a!.runRead(async () => {
        await gateA;
        await b!.runRead(nothing);
      });
      void b!.runRead(async () => {
        await gateB;
        await a!.runRead(nothing);
      });
      await turn();
      void a!.runWrite(nothing);
      void b!.runWrite(nothing);
    },
  ],
  [
    'an upgrade by one reader',
    ['error certain live-deadlock A→A 1'],
    (v) => {
      const a = new RwLock({ name: 'A', validator: v });
      void a.runRead(() => a.runWrite(nothing));
    },
  ],
  [
    'an upgrade by two readers',
    ['error certain live-deadlock A→A 2'],
    (v) => {
      const a = new RwLock({ name: 'A', validator: v });
      for (let i = 0; i < 2; i++)
        void a.runRead(async () => {
          await turn();
          await a.runWrite(nothing);
        });
    },
  ],
  [
    'a pool with all units out',
    ['error certain live-deadlock pool→pool 3'],
    (v) => {
      const pool = new Semaphore({ name: 'pool', permits: 3, validator: v });
      for (let i = 0; i < 3; i++)
        void pool.run(async () => {
          await turn();
          await pool.run(nothing);
        });
    },
  ],
  [
    'a limiter inside itself',
    ['error certain live-deadlock limit→limit 1'],
    (v) => {
      const limit = new Semaphore({ name: 'limit', permits: 1, validator: v });
      void limit.run(() => limit.run(nothing));
    },
  ],
  [
    'two groups that wait for each other',
    ['error certain live-deadlock L→L 1'],
    (v) => {
      const lock = new GroupLock({ name: 'L', groups: ['a', 'b'], validator: v });
      void lock.run('a', () => lock.run('b', nothing));
    },
  ],
  [
    'a ring in which a callback has thrown before',
    ['error certain live-deadlock A→B→A 2'],
    async (v) => {
      const [a, b] = mutexes(v, 'A', 'B');
      const failing = a!.run(() => {
        throw new Error('mine');
      });
      await failing.catch(nothing);
      ring([a!, b!]);
    },
  ],
];

describe('is certain at once', () => {
  test.each(certain)('%s', async (_name, expected, run) => {
    expect(await play(run)).toEqual({ atOnce: expected, inSnapshot: expected, drained: expected });
  });
});

/** Two flows, each of which holds one and asks for the other as `ask` says. */
function cross(ask: (lock: Mutex) => Promise<unknown>): (validator: Validator) => void {
  return (validator) => {
    const [a, b] = mutexes(validator, 'A', 'B');
    void a!.run(async () => {
      await turn();
      await b!.run(nothing);
    });
    void b!.run(async () => {
      await turn();
      await ask(a!);
    });
  };
}

const AB_MAYBE = ['warning potential live-deadlock A→B→A 2'];
const AB_CERTAIN = ['error certain live-deadlock A→B→A 2'];

const unsure: Case[] = [
  [
    'by acquire and release',
    AB_MAYBE,
    (v) => {
      const [a, b] = mutexes(v, 'A', 'B');
      const take = async (first: Mutex, second: Mutex): Promise<void> => {
        const hold = await first.acquire();
        await turn();
        (await second.acquire()).release();
        hold.release();
      };
      void take(a!, b!);
      void take(b!, a!);
    },
  ],
  ['with a timeout', AB_MAYBE, cross((a) => a.run(nothing, { timeoutMs: 10_000 }).catch(nothing))],
  ['with a signal', AB_MAYBE, cross((a) => a.run(nothing, { signal: new AbortController().signal }))],
  ['with a race', AB_MAYBE, cross((a) => Promise.race([a.run(nothing), new Promise(nothing)]))],
  [
    'with a race around what asks later',
    AB_MAYBE,
    cross((a) => Promise.race([turn().then(() => a.run(nothing)), new Promise(nothing)])),
  ],
  [
    'by a request that nobody awaits',
    AB_MAYBE,
    cross(async (a) => {
      void a.run(nothing);
      await new Promise(nothing);
    }),
  ],
  [
    'by a request with no more than a handler',
    AB_MAYBE,
    cross(async (a) => {
      a.run(nothing).catch(nothing);
      await new Promise(nothing);
    }),
  ],
  [
    'by a function that nobody awaits',
    AB_MAYBE,
    cross(async (a) => {
      const later = async (): Promise<void> => {
        await a.run(nothing);
      };
      void later();
      await new Promise(nothing);
    }),
  ],
  [
    'by a timer',
    AB_MAYBE,
    cross(async (a) => {
      setImmediate(() => void a.run(nothing));
      await new Promise(nothing);
    }),
  ],
];

describe('is looked at again', () => {
  test.each(unsure)('%s', async (_name, expected, run) => {
    expect(await play(run)).toEqual({ atOnce: [], inSnapshot: expected, drained: AB_CERTAIN });
  });

  test('and published as a warning when it has stood for a check', async () => {
    const validator = new Validator();
    unsure[0]![2](validator);
    await settle();
    validator.checkOpen({ isDrained: false });
    validator.checkOpen({ isDrained: false });
    expect(liveOf(validator.findings)).toEqual(AB_MAYBE);
    expect(validator.findings.find(({ code }) => code === 'live-deadlock')).toMatchObject({ count: 1 });
  });

  test('and dropped when it has ended', async () => {
    const validator = new Validator();
    const [a, b] = mutexes(validator, 'A', 'B');
    const controller = new AbortController();
    void a!.run(() => turn().then(() => b!.run(nothing)));
    const other = b!.run(async () => {
      await turn();
      await a!.run(nothing, { signal: controller.signal }).catch(nothing);
    });
    await settle();
    expect(liveOf(validator.snapshot().findings)).toEqual(AB_MAYBE);
    controller.abort();
    await other;
    for (let i = 0; i < 3; i++) validator.checkOpen({ isDrained: false });
    expect(liveOf(validator.findings)).toEqual([]);
  });
});

const none: Case[] = [
  [
    'a convoy of three',
    [],
    (v) => {
      const [a] = mutexes(v, 'A');
      for (let i = 0; i < 3; i++) void a!.run(() => sleep(1));
    },
  ],
  [
    'a chain that ends at one who can go on',
    [],
    (v) => {
      const [a, b] = mutexes(v, 'A', 'B');
      void a!.run(() => sleep(50));
      void b!.run(() => a!.run(nothing));
      void b!.run(nothing);
    },
  ],
  [
    'a pool of which another unit can come back',
    [],
    (v) => {
      const pool = new Semaphore({ name: 'pool', permits: 3, validator: v });
      for (let i = 0; i < 2; i++)
        void pool.run(async () => {
          await turn();
          await pool.run(nothing);
        });
      void pool.run(() => sleep(50));
    },
  ],
  [
    'readers of each other’s locks',
    [],
    (v) => {
      const [a, b] = ['A', 'B'].map((name) => new RwLock({ name, validator: v }));
      void a!.runRead(() => b!.runRead(() => sleep(50)));
      void b!.runRead(() => a!.runRead(() => sleep(50)));
    },
  ],
  [
    'a recursive reader behind a writer',
    [],
    async (v) => {
      const a = new RwLock({ name: 'A', readers: 'recursive', validator: v });
      void a.runRead(async () => {
        await turn();
        await turn();
        await a.runRead(() => sleep(50));
      });
      await turn();
      void a.runWrite(nothing);
    },
  ],
  [
    'a lock that is handed over while somebody waits for it',
    [],
    async (v) => {
      const [a, b] = mutexes(v, 'A', 'B');
      const parcel = (await a!.acquire()).handOff('courier');
      void b!.run(() => a!.run(nothing));
      void sleep(50).then(() => parcel.accept().release());
    },
  ],
  [
    'what a released callback left behind',
    [],
    (v) => {
      const [a, b] = mutexes(v, 'A', 'B');
      void a!.run(() => void b!.run(nothing));
      void b!.run(() => a!.run(() => sleep(50)));
    },
  ],
];

describe('is none', () => {
  test.each(none)('%s', async (_name, _expected, run) => {
    const validator = new Validator();
    void run(validator);
    await settle(5);
    expect(liveOf(validator.snapshot().findings)).toEqual([]);
    validator.checkOpen({ isDrained: false });
    validator.checkOpen({ isDrained: false });
    expect(liveOf(validator.findings)).toEqual([]);
  });
});

describe('through executors', () => {
  test('a job of a serial queue that waits for another one behind it, in its custody', async () => {
    const { drained } = await play(async (v) => {
      const queue = new WorkQueue({ name: 'queue', validator: v });
      const [a] = mutexes(v, 'A');
      const hold = await a!.acquire();
      void queue.add(() => turn().then(() => a!.run(nothing)));
      void queue.add((handed) => handed.release(), { transfer: [hold] });
    });
    expect(drained).toEqual(['error certain live-deadlock A→queue→A 2']);
  });

  test('whoever holds what a callback needs, and waits for the callback', async () => {
    const { drained } = await play((v) => {
      const rcu = new Rcu({ name: 'RCU', validator: v });
      const [c] = mutexes(v, 'C');
      void c!.run(async () => {
        await turn();
        await rcu.synchronize();
      });
      rcu.call(() => c!.run(nothing));
    });
    expect(drained).toEqual(['error certain live-deadlock C→RCU→C 2']);
  });

  test('a reader that waits for its own grace period', async () => {
    const { drained } = await play((v) => {
      const rcu = new Rcu({ name: 'RCU', validator: v });
      void rcu.read(() => rcu.synchronize());
    });
    expect(drained).toEqual(['error certain live-deadlock RCU→RCU 1']);
  });
});

test('a lock of the program’s own takes part', async () => {
  const validator = new Validator();
  const [a] = mutexes(validator, 'A');
  const own = validator.lockClass('own');
  const lock = {};
  void a!.run(async () => {
    await turn();
    validator.request(own, { instance: lock });
    await new Promise(nothing);
  });
  void (async () => {
    validator.request(own, { instance: lock }).granted();
    await turn();
    await a!.acquire();
  })();
  await settle();
  expect(liveOf(validator.snapshot().findings)).toEqual(['warning potential live-deadlock A→own→A 2']);
});

test('each participant says what it holds since where, and what it waits for since where', async () => {
  const validator = new Validator();
  ringOf(2, letter)(validator);
  await settle();
  const [finding] = validator.findings;
  expect(finding?.participants?.map(({ holds, waitsFor }) => [holds, waitsFor])).toEqual([
    ['A', 'B'],
    ['B', 'A'],
  ]);
  for (const { heldSince, waitsSince } of finding!.participants!) {
    for (const stack of [heldSince, waitsSince])
      expect(stack?.frames[0]?.at).toMatch(/^test\/live\/live-deadlock\.test\.ts:\d+:\d+$/);
  }
});

test('locks of one class are told apart, and a way out is named', async () => {
  const validator = new Validator();
  const [a, b] = mutexes(validator, 'fork', 'fork');
  void a!.run(() => turn().then(() => b!.run(nothing)));
  void b!.run(() => turn().then(() => a!.run(nothing, { timeoutMs: 10_000 }).catch(nothing)));
  await settle();
  const found = validator.snapshot().findings.find(({ code }) => code === 'live-deadlock');
  const told = found?.participants?.map(({ holds, waitsFor, wayOut }) => [holds, waitsFor, wayOut]);
  expect(told).toEqual([
    ['fork#1', 'fork#2', undefined],
    ['fork#2', 'fork#1', 'timeout-or-signal'],
  ]);
});

test('is told to a listener, once', async () => {
  const told: string[] = [];
  const validator = new Validator({ onFinding: (finding) => void told.push(summary(finding)) });
  ringOf(3, letter)(validator);
  await settle();
  // Whoever comes to wait behind it says nothing new.
  for (let i = 0; i < 3; i++) void new Mutex({ name: 'D', validator }).run(nothing);
  await settle();
  expect(told).toEqual(['error certain live-deadlock A→B→C→A 3']);
});
