/** Every finding code that exists: a program that yields it, and a near miss that does not. */
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import {
  Mutex,
  Rcu,
  RwLock,
  Semaphore,
  Validator,
  immediate,
  microtask,
  nextTick,
  timeout,
} from '../../src/index.ts';
import type { Hold, SnapshotFinding } from '../../src/index.ts';
import { record } from '../support/replay.ts';
import { withoutLive } from '../support/without-live.ts';

type Program = [name: string, expected: string[], run: (validator: Validator) => Promise<unknown>];

const nothing = (): void => {};

/** `severity certainty code chain (flows)` */
function summary({ severity, certainty, code, chain, flows }: SnapshotFinding): string {
  return `${severity} ${certainty} ${code} ${chain.join('→')} ${flows}`;
}

function mutex(validator: Validator, name: string): Mutex {
  return new Mutex({ name, validator });
}

/** Two locks in both orders, one after the other; `between` is what covers each. */
async function bothOrders(
  a: Mutex,
  b: Mutex,
  between: (fn: () => Promise<unknown>) => Promise<unknown>,
): Promise<void> {
  await between(() => a.run(() => b.run(nothing)));
  await between(() => b.run(() => a.run(nothing)));
}

const programs: Program[] = [
  [
    'two locks in both orders',
    ['error potential circular-dependency A→B→A 2'],
    (v) => bothOrders(mutex(v, 'A'), mutex(v, 'B'), (fn) => fn()),
  ],
  [
    'two locks in one order',
    [],
    async (v) => {
      const [a, b] = [mutex(v, 'A'), mutex(v, 'B')];
      await a.run(() => b.run(nothing));
      await a.run(() => b.run(nothing));
    },
  ],
  [
    'three locks in a ring',
    ['error potential circular-dependency A→B→C→A 3'],
    async (v) => {
      const [a, b, c] = [mutex(v, 'A'), mutex(v, 'B'), mutex(v, 'C')];
      await a.run(() => b.run(nothing));
      await b.run(() => c.run(nothing));
      await c.run(() => a.run(nothing));
    },
  ],
  [
    'both orders under one gate',
    ['note potential circular-dependency A→B→A 2'],
    (v) => {
      const gate = mutex(v, 'G');
      return bothOrders(mutex(v, 'A'), mutex(v, 'B'), (fn) => gate.run(fn));
    },
  ],
  [
    'both orders under a gate, and one of them once without',
    ['error potential circular-dependency A→B→A 2'],
    async (v) => {
      const [gate, a, b] = [mutex(v, 'G'), mutex(v, 'A'), mutex(v, 'B')];
      await bothOrders(a, b, (fn) => gate.run(fn));
      expect(v.findings.map(summary)).toEqual(['note potential circular-dependency A→B→A 2']);
      await a.run(() => b.run(nothing));
    },
  ],
  [
    'both orders side by side under one gate',
    ['error potential circular-dependency A→B→A 2'],
    (v) => {
      const [gate, a, b] = [mutex(v, 'G'), mutex(v, 'A'), mutex(v, 'B')];
      return gate.run(() =>
        Promise.all([a.run(() => b.run(nothing)), sleep(20).then(() => b.run(() => a.run(nothing)))]),
      );
    },
  ],
  [
    'one order under a gate that is tried anew, more often than a clock keeps',
    ['note potential circular-dependency A→B→A 2'],
    async (v) => {
      const [gate, a, b] = [mutex(v, 'G'), mutex(v, 'A'), mutex(v, 'B')];
      await a.run(async () => {
        for (let i = 0; i < 300; i++) {
          const g = gate.tryAcquire()!;
          await b.run(nothing);
          g.release();
        }
      });
      await gate.run(() => b.run(() => a.run(nothing)));
    },
  ],
  [
    'one order under a gate that is tried anew, and once without',
    ['error potential circular-dependency A→B→A 2'],
    async (v) => {
      const [gate, a, b] = [mutex(v, 'G'), mutex(v, 'A'), mutex(v, 'B')];
      await a.run(async () => {
        for (let i = 0; i < 300; i++) {
          const g = i === 17 ? undefined : gate.tryAcquire()!;
          await b.run(nothing);
          g?.release();
        }
      });
      await gate.run(() => b.run(() => a.run(nothing)));
    },
  ],
  [
    'one order under a gate that is tried anew, and once under another',
    ['error potential circular-dependency A→B→A 2'],
    async (v) => {
      const [gate, other, a, b] = [mutex(v, 'G'), mutex(v, 'O'), mutex(v, 'A'), mutex(v, 'B')];
      await a.run(async () => {
        for (let i = 0; i < 300; i++) {
          const g = (i === 17 ? other : gate).tryAcquire()!;
          await b.run(nothing);
          g.release();
        }
      });
      await gate.run(() => b.run(() => a.run(nothing)));
    },
  ],
  [
    'two branches in one order, the later one under a gate',
    ['error potential circular-dependency A→B→A 2'],
    async (v) => {
      const [gate, a, b] = [mutex(v, 'G'), mutex(v, 'A'), mutex(v, 'B')];
      await a.run(() =>
        Promise.all([
          b.run(nothing),
          (async () => {
            await sleep(5);
            const g = gate.tryAcquire()!;
            await b.run(nothing);
            g.release();
          })(),
        ]),
      );
      await gate.run(() => b.run(() => a.run(nothing)));
    },
  ],
  [
    'both orders under two instances of a gate',
    ['error potential circular-dependency A→B→A 2'],
    async (v) => {
      const [a, b] = [mutex(v, 'A'), mutex(v, 'B')];
      await mutex(v, 'G').run(() => a.run(() => b.run(nothing)));
      await mutex(v, 'G').run(() => b.run(() => a.run(nothing)));
    },
  ],
  [
    'both orders under a gate that is held shared',
    ['error potential circular-dependency A→B→A 2'],
    (v) => {
      const gate = new RwLock({ name: 'G', validator: v });
      return bothOrders(mutex(v, 'A'), mutex(v, 'B'), (fn) => gate.runRead(fn));
    },
  ],
  [
    'a gate that is released before the second request',
    ['error potential circular-dependency A→B→A 2'],
    async (v) => {
      const [gate, a, b] = [mutex(v, 'G'), mutex(v, 'A'), mutex(v, 'B')];
      for (const [first, second] of [
        [a, b],
        [b, a],
      ] as const) {
        const g = await gate.acquire();
        const one = await first.acquire();
        g.release();
        const two = await second.acquire();
        two.release();
        one.release();
      }
    },
  ],
  [
    'one of the two orders with a timeout',
    ['warning potential circular-dependency A→B→A 2'],
    async (v) => {
      const [a, b] = [mutex(v, 'A'), mutex(v, 'B')];
      await a.run(() => b.run(nothing));
      await b.run(() => a.run(nothing, { timeoutMs: 1000 }));
    },
  ],
  [
    'one of the two orders by a try',
    [],
    async (v) => {
      const [a, b] = [mutex(v, 'A'), mutex(v, 'B')];
      await a.run(() => b.run(nothing));
      await b.run(() => a.tryAcquire()!.release());
    },
  ],
  [
    'both orders at once on fair locks',
    ['note potential circular-dependency A→B→A 2'],
    async (v) => {
      const holds = await Promise.all([mutex(v, 'A').acquire(), mutex(v, 'B').acquire()]);
      for (const hold of holds) hold.release();
    },
  ],
  [
    'work started before, one of the two orders',
    ['warning potential circular-dependency A→B→A 2'],
    async (v) => {
      const [a, b] = [mutex(v, 'A'), mutex(v, 'B')];
      await b.run(() => a.run(nothing));
      const started = b.run(() => sleep(3));
      await sleep(1);
      await a.run(() => started);
    },
  ],
  [
    'readers of a queued lock in both orders',
    ['error potential circular-dependency A→B→A 2'],
    async (v) => {
      const [a, b] = [new RwLock({ name: 'A', validator: v }), new RwLock({ name: 'B', validator: v })];
      await a.runRead(() => b.runRead(nothing));
      await b.runRead(() => a.runRead(nothing));
    },
  ],
  [
    'readers of a recursive lock in both orders',
    [],
    async (v) => {
      const make = (name: string): RwLock => new RwLock({ name, validator: v, readers: 'recursive' });
      const [a, b] = [make('A'), make('B')];
      await a.runRead(() => b.runRead(nothing));
      await b.runRead(() => a.runRead(nothing));
    },
  ],
  [
    'semaphores in both orders: as many flows as there are units',
    ['error potential circular-dependency A→B→A 5'],
    async (v) => {
      const a = new Semaphore({ name: 'A', permits: 2, validator: v });
      const b = new Semaphore({ name: 'B', permits: 3, validator: v });
      await a.run(() => b.run(nothing));
      await b.run(() => a.run(nothing));
    },
  ],
  [
    'two instances of one class, nested',
    ['error potential recursive-acquisition A→A 2'],
    (v) => mutex(v, 'A').run(() => mutex(v, 'A').run(nothing)),
  ],
  [
    'two instances of one class, one after the other',
    [],
    async (v) => {
      await mutex(v, 'A').run(nothing);
      await mutex(v, 'A').run(nothing);
    },
  ],
  [
    'a reader that reads again, queued',
    ['error potential recursive-acquisition A→A 1'],
    (v) => {
      const a = new RwLock({ name: 'A', validator: v });
      return a.runRead(() => a.runRead(nothing));
    },
  ],
  [
    'a reader that reads again, recursive',
    [],
    (v) => {
      const a = new RwLock({ name: 'A', validator: v, readers: 'recursive' });
      return a.runRead(() => a.runRead(nothing));
    },
  ],
  [
    'a unit of a semaphore inside another',
    ['error potential nested-capacity A→A 4'],
    (v) => {
      const a = new Semaphore({ name: 'A', permits: 4, validator: v });
      return a.run(() => a.run(nothing));
    },
  ],
  [
    'two units of a fair semaphore at once',
    ['note potential nested-capacity A→A 4'],
    async (v) => {
      const a = new Semaphore({ name: 'A', permits: 4, validator: v });
      for (const hold of await Promise.all([a.acquire(), a.acquire()])) hold.release();
    },
  ],
  [
    'more units than there are',
    ['error certain unsatisfiable-request A 1'],
    async (v) => {
      const a = new Semaphore({ name: 'A', permits: 4, validator: v });
      await expect(a.acquire({ permits: 5, timeoutMs: 1 })).rejects.toThrow('Expected the lock within 1 ms');
    },
  ],
  [
    'as many units as there are',
    [],
    async (v) => {
      const a = new Semaphore({ name: 'A', permits: 4, validator: v });
      await a.run(nothing, { permits: 4 });
    },
  ],
  [
    'released twice',
    ['error certain bad-release A 1'],
    async (v) => {
      const hold = await mutex(v, 'A').acquire();
      hold.release();
      hold.release();
    },
  ],
  [
    'released through a hold that was handed over',
    ['error certain bad-release A 1'],
    async (v) => {
      const hold = await mutex(v, 'A').acquire();
      const parcel = hold.handOff('elsewhere');
      hold.release();
      parcel.accept().release();
    },
  ],
  ['asserted, not held', ['error certain not-held A 1'], async (v) => mutex(v, 'A').assertHeld()],
  [
    'asserted and held',
    [],
    (v) => {
      const a = mutex(v, 'A');
      return a.run(() => a.assertHeld());
    },
  ],
  [
    'asserted, held by another flow',
    ['error certain not-held A 1'],
    async (v) => {
      const a = mutex(v, 'A');
      await Promise.all([a.run(() => sleep(4)), sleep(1).then(() => a.assertHeld())]);
    },
  ],
  [
    'a barrier inside a reader',
    ['error potential recursive-acquisition RCU→RCU 1'],
    async (v) => {
      const rcu = new Rcu({ name: 'RCU', validator: v });
      await rcu.read(() => rcu.barrier());
    },
  ],
  [
    'synchronize after a reader',
    [],
    async (v) => {
      const rcu = new Rcu({ name: 'RCU', validator: v });
      await rcu.read(nothing);
      await rcu.synchronize();
    },
  ],
];

describe('findings of programs', () => {
  test.each(programs)('%s', async (_name, expected, run) => {
    const validator = new Validator();
    const replay = record(validator);
    await run(validator);
    await sleep(5);
    expect(validator.findings.map(summary)).toEqual(expected);
    // What a request says of units is no event of its own.
    const recorded = expected.filter((line) => !line.includes('unsatisfiable-request'));
    expect(replay().findings.map(summary), 'as a recorded trace').toEqual(recorded);
  });
});

describe('what hangs', () => {
  test('two flows that wait for each other are certain once the loop has drained', async () => {
    const v = new Validator();
    const [a, b] = [mutex(v, 'A'), mutex(v, 'B')];
    void a.run(() => sleep(3).then(() => b.run(nothing)));
    void b.run(() => sleep(3).then(() => a.run(nothing)));
    await sleep(15);
    expect(withoutLive(v.findings)).toEqual([]);
    expect(withoutLive(v.snapshot().findings).map(summary)).toEqual([
      'warning potential circular-dependency A→B→A 2',
    ]);
    v.checkOpen({ isDrained: true });
    expect(withoutLive(v.findings).map(summary)).toEqual(['error certain circular-dependency A→B→A 2']);
  });

  const selfDeadlocks: Program[] = [
    [
      'a mutex inside itself',
      ['error certain recursive-acquisition A→A 1'],
      async (v) => {
        const a = mutex(v, 'A');
        void a.run(() => a.run(nothing));
      },
    ],
    [
      'a mutex twice at once',
      ['error certain recursive-acquisition A→A 1'],
      async (v) => {
        const a = mutex(v, 'A');
        void Promise.all([a.acquire(), a.acquire()]);
      },
    ],
    [
      'writing inside a read',
      ['error certain upgrade-deadlock A→A 1'],
      async (v) => {
        const a = new RwLock({ name: 'A', validator: v });
        void a.runRead(() => a.runWrite(nothing));
      },
    ],
    [
      'a wait for the unlock of what is held',
      ['error certain recursive-acquisition A→A 1'],
      async (v) => {
        const a = mutex(v, 'A');
        void a.run(() => a.waitForUnlock());
      },
    ],
    [
      'synchronize inside a callback',
      ['error certain recursive-acquisition RCU→RCU 1'],
      async (v) => {
        const rcu = new Rcu({ name: 'RCU', validator: v });
        rcu.call(() => rcu.synchronize());
      },
    ],
  ];
  test.each(selfDeadlocks)('%s', async (_name, expected, run) => {
    const v = new Validator();
    await run(v);
    await sleep(5);
    v.checkOpen({ isDrained: true });
    expect(withoutLive(v.findings).map(summary)).toEqual(expected);
  });

  test('a provisional finding is published at the second check that sees it', async () => {
    const v = new Validator();
    const a = mutex(v, 'A');
    void a.run(() => a.run(nothing));
    await sleep(1);
    v.checkOpen({ isDrained: false });
    expect(withoutLive(v.findings)).toEqual([]);
    v.checkOpen({ isDrained: false });
    expect(withoutLive(v.findings).map(summary)).toEqual(['warning potential recursive-acquisition A→A 1']);
    v.checkOpen({ isDrained: true });
    expect(withoutLive(v.findings).map(summary)).toEqual(['error certain recursive-acquisition A→A 1']);
  });

  test('siblings that take one lock are no finding while one of them waits', async () => {
    const v = new Validator();
    const a = mutex(v, 'A');
    const work = async (): Promise<void> => {
      const hold = await a.acquire();
      await sleep(5);
      hold.release();
    };
    const all = Promise.all([work(), work(), work()]);
    await sleep(2);
    expect(v.snapshot().findings).toEqual([]);
    v.checkOpen({ isDrained: false });
    v.checkOpen({ isDrained: false });
    await all;
    expect(v.findings).toEqual([]);
  });

  test('what was provisional and did not come true leaves no trace', async () => {
    const v = new Validator();
    const [a, b] = [mutex(v, 'A'), mutex(v, 'B')];
    const other = b.run(() => sleep(6));
    let child: Promise<unknown> | undefined;
    await a.run(async () => {
      child = b.run(nothing);
      await sleep(2);
      expect(v.snapshot().edges).toMatchObject([{ from: 'A', to: 'B', provisional: true }]);
    });
    await Promise.all([other, child]);
    expect(v.snapshot().edges).toEqual([]);
  });
});

describe('hand-over', () => {
  const executors = {
    microtask,
    nextTick,
    immediate,
    timeout: (fn: (...holds: Hold[]) => unknown, options: object) => timeout(fn, 1, options),
  };

  test.each(Object.entries(executors))('to %s puts the executor in the chain', async (name, executor) => {
    const v = new Validator();
    const [a, c] = [mutex(v, 'A'), mutex(v, 'C')];
    const held = await a.acquire();
    await new Promise<void>((resolve) => {
      executor(
        async (handed: Hold) => {
          await c.run(nothing);
          handed.release();
          resolve();
        },
        { transfer: [held] },
      );
    });
    await sleep(1).then(() => c.run(() => a.run(nothing)));
    expect(v.findings.map(summary)).toEqual([`error potential circular-dependency A→${name}→C→A 2`]);
  });

  test('in a parcel puts its label in the chain', async () => {
    const v = new Validator();
    const [a, c] = [mutex(v, 'A'), mutex(v, 'C')];
    const parcel = (await a.acquire()).handOff('courier');
    await (async () => {
      const handed = parcel.accept();
      await c.run(nothing);
      handed.release();
    })();
    await c.run(() => a.run(nothing));
    expect(v.findings.map(summary)).toEqual(['error potential circular-dependency A→courier→C→A 2']);
  });

  test('of a lock that nobody needs is silent', async () => {
    const v = new Validator();
    const [a, c] = [mutex(v, 'A'), mutex(v, 'C')];
    const held = await a.acquire();
    await new Promise<void>((resolve) => {
      timeout(
        async (handed) => {
          await c.run(nothing);
          handed.release();
          resolve();
        },
        1,
        { transfer: [held] },
      );
    });
    await a.run(() => c.run(nothing));
    expect(v.findings).toEqual([]);
  });

  test('a plain timer does not appear in the chain', async () => {
    const v = new Validator();
    const [a, c] = [mutex(v, 'A'), mutex(v, 'C')];
    const held = await a.acquire();
    await new Promise<void>((resolve) => {
      setTimeout(() => {
        void c.run(nothing).then(() => {
          held.release();
          resolve();
        });
      }, 1);
    });
    await c.run(() => a.run(nothing));
    expect(v.findings.map(summary)).toEqual(['error potential circular-dependency A→C→A 2']);
  });

  test('to RCU and another flow that asks for the lock itself', async () => {
    const v = new Validator();
    const [a, c] = [mutex(v, 'A'), mutex(v, 'C')];
    const rcu = new Rcu({ name: 'RCU', validator: v });
    const held = await a.acquire();
    rcu.call(
      async (handed) => {
        await c.run(nothing);
        handed.release();
      },
      { transfer: [held] },
    );
    await rcu.barrier();
    await c.run(() => a.run(nothing));
    expect(v.findings.map(summary)).toEqual(['error potential circular-dependency A→RCU→C→A 2']);
  });
});
