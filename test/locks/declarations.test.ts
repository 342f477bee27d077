/** What a program says of its locks and requests, so that the validator knows what it cannot see. */
import { setTimeout as sleep } from 'node:timers/promises';
import { withoutLive } from '../support/without-live.ts';
import { describe, expect, test } from 'vitest';
import {
  type Hold,
  type LockOptions,
  LockdepError,
  Mutex,
  RwLock,
  Semaphore,
  Validator,
  flow,
  timeout,
} from '../../src/index.ts';

const nothing = (): void => {};

type Program = [name: string, expected: string[], run: (v: Validator) => Promise<unknown>];

function findings(validator: Validator): string[] {
  return withoutLive(validator.snapshot().findings).map(
    ({ severity, code, chain }) => `${severity} ${code} ${chain.join('→')}`,
  );
}

function pair(validator: Validator, options: LockOptions = {}): [Mutex, Mutex] {
  return [new Mutex({ name: 'A', validator, ...options }), new Mutex({ name: 'A', validator, ...options })];
}

async function nested(outer: Mutex, inner: Mutex): Promise<void> {
  await outer.run(() => inner.run(nothing));
}

const ranks = new WeakMap<object, number>();
const byRank = (a: object, b: object): number => ranks.get(a)! - ranks.get(b)!;

function ranked(validator: Validator): [Mutex, Mutex] {
  const locks = pair(validator, { order: byRank });
  locks.forEach((lock, i) => ranks.set(lock, i));
  return locks;
}

const programs: Program[] = [
  [
    'two locks of one class',
    ['error recursive-acquisition A→A'],
    async (v) => {
      await nested(...pair(v));
    },
  ],
  [
    'a subclass for the inner one',
    [],
    async (v) => {
      const [a, b] = pair(v);
      await a.run(() => b.run(nothing, { subclass: 1 }));
    },
  ],
  [
    'a reader that was a writer of a subclass',
    [],
    async (v) => {
      const [outer, inner] = [
        new RwLock({ name: 'A', validator: v }),
        new RwLock({ name: 'A', validator: v }),
      ];
      const b = new Mutex({ name: 'B', validator: v });
      const hold = await inner.acquireWrite({ subclass: 1 });
      hold.downgrade();
      await b.run(nothing);
      hold.release();
      await b.run(() => outer.runRead(nothing));
    },
  ],
  [
    'a reader that was a writer of the class that its lock had then',
    [],
    async (v) => {
      const lock = new RwLock({ name: 'A', validator: v });
      const b = new Mutex({ name: 'B', validator: v });
      const hold = await lock.acquireWrite();
      lock.reclass('C');
      hold.downgrade();
      await b.run(nothing);
      hold.release();
      await b.run(() => lock.runRead(nothing));
    },
  ],
  [
    'both orders, after a flow that left a lock held: that lock keeps nobody apart',
    ['error circular-dependency A→B→A', 'warning held-at-end X'],
    async (v) => {
      const [x, a, b] = ['X', 'A', 'B'].map((name) => new Mutex({ name, validator: v })) as [
        Mutex,
        Mutex,
        Mutex,
      ];
      await flow('first', async () => void (await x.acquire()), { validator: v });
      await flow('second', () => nested(a, b), { validator: v });
      await flow('third', () => nested(b, a), { validator: v });
    },
  ],
  [
    'a subclass both ways',
    ['error circular-dependency A→A/1→A'],
    async (v) => {
      const [a, b] = pair(v);
      await a.run(() => b.run(nothing, { subclass: 1 }));
      await a.run(() => b.run(nothing), { subclass: 1 });
    },
  ],
  [
    'nested in an outer lock that is held',
    [],
    async (v) => {
      const [a, b] = pair(v);
      const outer = new Mutex({ name: 'outer', validator: v });
      await outer.run(() => a.run(() => b.run(nothing, { nestedIn: outer })));
    },
  ],
  [
    'nested in the hold of an outer lock',
    [],
    async (v) => {
      const [a, b] = pair(v);
      const outer = new Mutex({ name: 'outer', validator: v });
      await outer.run((hold) => a.run(() => b.run(nothing, { nestedIn: hold })));
    },
  ],
  [
    'nested in an outer lock that is not held',
    ['error nested-lock-not-held A', 'error recursive-acquisition A→A'],
    async (v) => {
      const [a, b] = pair(v);
      const outer = new Mutex({ name: 'outer', validator: v });
      await a.run(() => b.run(nothing, { nestedIn: outer }));
    },
  ],
  ['in the order of the class', [], async (v) => nested(...ranked(v))],
  [
    'against the order of the class',
    ['error order-violation A'],
    async (v) => {
      const [a, b] = ranked(v);
      await nested(b, a);
    },
  ],
  [
    'against the order of the class with a try',
    ['error order-violation A'],
    async (v) => {
      const [a, b] = ranked(v);
      await b.run(() => a.tryAcquire()?.release());
    },
  ],
  [
    'by instances, one order',
    [],
    async (v) => {
      const [a, b] = pair(v, { sameClass: 'instances' });
      await nested(a, b);
      await nested(a, b);
    },
  ],
  [
    'by instances, both orders',
    ['error recursive-acquisition A→A'],
    async (v) => {
      const [a, b] = pair(v, { sameClass: 'instances' });
      await nested(a, b);
      await nested(b, a);
    },
  ],
  [
    'by instances, a ring of three',
    ['error recursive-acquisition A→A'],
    async (v) => {
      const [a, b] = pair(v, { sameClass: 'instances' });
      const [c] = pair(v, { sameClass: 'instances' });
      await nested(a, b);
      await nested(b, c);
      await nested(c, a);
    },
  ],
  [
    'by instances, both orders under one gate',
    [],
    async (v) => {
      const [a, b] = pair(v, { sameClass: 'instances' });
      const gate = new Mutex({ name: 'gate', validator: v });
      await gate.run(() => nested(a, b));
      await gate.run(() => nested(b, a));
    },
  ],
  [
    'by instances, both orders at once, and they hang',
    ['warning recursive-acquisition A→A'],
    async (v) => {
      const [a, b] = pair(v, { sameClass: 'instances' });
      void a.run(async () => sleep(1).then(() => b.run(nothing)));
      void b.run(async () => sleep(1).then(() => a.run(nothing)));
      await sleep(20);
    },
  ],
  [
    'by instances, one lock twice',
    ['warning recursive-acquisition A→A'],
    async (v) => {
      const [a] = pair(v, { sameClass: 'instances' });
      void nested(a, a);
      await sleep(5);
    },
  ],
  [
    'an exempt class in both orders',
    [],
    async (v) => {
      const a = new Mutex({ name: 'A', validator: v, isExempt: true });
      const b = new Mutex({ name: 'B', validator: v });
      await nested(a, b);
      await nested(b, a);
      await nested(...pair(v, { isExempt: true }));
    },
  ],
  [
    'against a declared order',
    ['error order-violation A→B→A'],
    async (v) => {
      v.declareOrder(['A', 'B']);
      await nested(new Mutex({ name: 'B', validator: v }), new Mutex({ name: 'A', validator: v }));
    },
  ],
  [
    'against an order that is declared afterwards',
    ['error order-violation A→B→A'],
    async (v) => {
      await nested(new Mutex({ name: 'B', validator: v }), new Mutex({ name: 'A', validator: v }));
      v.declareOrder(['A', 'M', 'B']);
    },
  ],
  [
    'a lock of another class since',
    [],
    async (v) => {
      const [a, b] = pair(v);
      b.reclass('B');
      await nested(a, b);
    },
  ],
  [
    'given up while held',
    ['error destroyed-while-held A'],
    async (v) => {
      const [a] = pair(v);
      await a.run(() => a.destroy());
    },
  ],
  [
    'given up when released',
    [],
    async (v) => {
      const [a] = pair(v);
      await a.run(nothing);
      a.destroy();
    },
  ],
  [
    'a semaphore and a read/write lock given up while held',
    ['error destroyed-while-held R', 'error destroyed-while-held S'],
    async (v) => {
      const s = new Semaphore({ name: 'S', permits: 2, validator: v });
      const r = new RwLock({ name: 'R', validator: v });
      await s.run(() => s.destroy());
      await r.runRead(() => r.destroy());
    },
  ],
  [
    'released while pinned',
    ['error bad-release A'],
    async (v) => {
      const [a] = pair(v);
      const hold = await a.acquire();
      hold.pin();
      hold.release();
    },
  ],
  [
    'released after it was unpinned, as often as pinned',
    [],
    async (v) => {
      const [a] = pair(v);
      const hold = await a.acquire();
      const unpins = [hold.pin(), hold.pin()];
      for (const unpin of unpins) unpin();
      hold.release();
    },
  ],
  [
    'a try that is tried again until it succeeds',
    ['warning circular-dependency A→B→A'],
    async (v) => {
      const [a, b] = ['A', 'B'].map((name) => new Mutex({ name, validator: v })) as [Mutex, Mutex];
      const held = await b.acquire();
      setTimeout(() => held.release(), 2);
      await a.run(async () => {
        let hold = b.tryAcquire();
        while (hold === undefined) {
          await sleep(1);
          hold = b.tryAcquire();
        }
        hold.release();
      });
      await nested(b, a);
    },
  ],
  [
    'a try that fails, and another without the lock that was held then',
    [],
    async (v) => {
      const [a, b] = ['A', 'B'].map((name) => new Mutex({ name, validator: v })) as [Mutex, Mutex];
      const held = await b.acquire();
      await a.run(() => expect(b.tryAcquire()).toBeUndefined());
      held.release();
      b.tryAcquire()!.release();
      await a.run(() => b.tryAcquire()!.release());
      await nested(b, a);
    },
  ],
  [
    'a flow that leaves a lock held',
    ['warning held-at-end A'],
    async (v) => {
      const [a] = pair(v);
      await flow('checkout', () => a.acquire(), { validator: v });
    },
  ],
  [
    'a flow that nobody awaited the acquisition in',
    ['warning held-at-end A'],
    async (v) => {
      const [a] = pair(v);
      await flow('checkout', () => void a.acquire(), { validator: v });
    },
  ],
  [
    'a flow that releases',
    [],
    async (v) => {
      const [a] = pair(v);
      await flow('checkout', () => a.run(nothing), { validator: v });
    },
  ],
  [
    'a flow that began with the lock held',
    [],
    async (v) => {
      const [a] = pair(v);
      await a.run(() => flow('checkout', nothing, { validator: v }));
    },
  ],
  [
    'a flow that hands the lock over',
    [],
    async (v) => {
      const [a] = pair(v);
      await flow(
        'checkout',
        async () => {
          timeout((hold: Hold) => hold.release(), 1, { transfer: [await a.acquire()] });
        },
        { validator: v },
      );
      await sleep(5);
    },
  ],
];

test.each(programs)('%s', async (_name, expected, run) => {
  const validator = new Validator();
  await run(validator);
  expect(findings(validator)).toEqual(expected);
});

describe('a flow', () => {
  test('names what is taken in it', async () => {
    const validator = new Validator();
    const [a, b] = [new Mutex({ name: 'A', validator }), new Mutex({ name: 'B', validator })];
    await flow('checkout', () => nested(a, b), { validator });
    const [edge] = validator.snapshot().edges;
    expect([edge!.held.flow, edge!.requested.flow]).toEqual(['checkout', 'checkout']);
    expect(validator.snapshot().classes.map(({ name }) => name)).toEqual(['A', 'B']);
  });

  test('gives what its function gives, and throws what that throws', async () => {
    const validator = new Validator();
    expect(await flow('f', () => 7, { validator })).toBe(7);
    const error = new Error('mine');
    await expect(
      flow(
        'f',
        () => {
          throw error;
        },
        { validator },
      ),
    ).rejects.toBe(error);
  });
});

describe('under the error policy', () => {
  const strict = (): Validator => new Validator({ policy: 'error' });

  test('a nesting lock that is not held rejects, and takes nothing', async () => {
    const validator = strict();
    const [a, b] = pair(validator);
    await expect(a.acquire({ nestedIn: b })).rejects.toMatchObject({ code: 'nested-lock-not-held' });
    expect(a.isHeld).toBe(false);
  });

  test('an order that was not followed rejects, and takes nothing', async () => {
    const validator = strict();
    const [a, b] = ranked(validator);
    const hold = await b.acquire();
    await expect(a.acquire()).rejects.toMatchObject({ code: 'order-violation' });
    expect(() => a.tryAcquire()).toThrow(LockdepError);
    expect(a.isHeld).toBe(false);
    hold.release();
  });

  test('a pinned hold throws, and is released', async () => {
    const [a] = pair(strict());
    const hold = await a.acquire();
    hold.pin();
    expect(() => hold.release()).toThrow('was released while it was pinned');
    expect(a.isHeld).toBe(false);
  });
});

describe('bad input is told in one line', () => {
  const [a] = pair(new Validator());
  test.each([
    [
      'a subclass',
      () => a.acquire({ subclass: -1 }),
      'Expected `subclass` to be an integer ≥ 0, got -1 (number).',
    ],
    [
      'an outer lock',
      () => a.acquire({ nestedIn: {} as Mutex }),
      'Expected `nestedIn` to be a lock or a hold, got an object.',
    ],
    [
      'a rule for one class',
      async () => new Mutex({ sameClass: 'some' as 'report' }),
      "Expected `sameClass` to be 'report' or 'instances', got \"some\" (string).",
    ],
    [
      'an order',
      async () => new Mutex({ order: 1 as never }),
      'Expected `order` to be a function, got 1 (number).',
    ],
    [
      'an exemption',
      async () => new Mutex({ isExempt: 1 as never }),
      'Expected `isExempt` to be true or false, got 1 (number).',
    ],
    ['a class', async () => a.reclass(''), 'Expected `name` to be a non-empty string, got "" (string).'],
    ['a flow', () => flow('', nothing), 'Expected `name` to be a non-empty string, got "" (string).'],
    [
      'an order of classes',
      async () => new Validator().declareOrder(['A', 'A']),
      'Expected `names` to be an array of at least two different names, got an array.',
    ],
  ] as [string, () => Promise<unknown>, string][])('%s', async (_name, run, message) => {
    await expect(run()).rejects.toThrow(message);
  });

  test('an ordering function that throws harms nothing', async () => {
    const validator = new Validator();
    const [x, y] = pair(validator, {
      order: () => {
        throw new Error('mine');
      },
    });
    await nested(x, y);
    expect(findings(validator)).toEqual([]);
  });
});
