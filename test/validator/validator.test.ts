import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import {
  LockdepError,
  Mutex,
  Validator,
  asyncLocalStorageTracker,
  createExplicitTracker,
} from '../../src/index.ts';
import type { SnapshotFinding } from '../../src/index.ts';
import { createLocks, edgesOf } from '../support/edges.ts';
import { setTimeout as sleep } from 'node:timers/promises';

const nothing = (): void => {};

async function makeCycle(validator: Validator): Promise<void> {
  const { A, B } = createLocks(validator);
  await A.run(() => B.run(nothing));
  await B.run(() => A.run(nothing));
}

describe('findings are told', () => {
  test('once, with the snapshot at hand', async () => {
    const told: SnapshotFinding[] = [];
    const validator = new Validator({
      onFinding: (finding, snapshot) => {
        told.push(finding);
        expect(snapshot().edges).toHaveLength(2);
      },
    });
    await makeCycle(validator);
    await makeCycle(validator);
    expect(told.map(({ message }) => message)).toEqual([
      'Potential deadlock: A → B → A [circular-dependency]',
    ]);
    expect(validator.findings).toMatchObject([
      { severity: 'error', certainty: 'potential', chain: ['A', 'B', 'A'] },
    ]);
  });

  test('with the edges that they name, whatever is open', async () => {
    const told: string[][] = [];
    const validator = new Validator({
      onFinding: ({ edges }, snapshot) => {
        const { edges: all } = snapshot();
        told.push(edges.map((index) => `${all[index]!.from}→${all[index]!.to}`));
      },
    });
    const [first, second] = ['0', '1'].map((name) => new Mutex({ name, validator })) as [Mutex, Mutex];
    const held = await second.acquire();
    const waiting = first.run(() => second.run(nothing));
    await sleep(1);
    await makeCycle(validator);
    held.release();
    await waiting;
    expect(told).toEqual([['A→B', 'B→A']]);
  });

  test('to a handler that throws, without harm', async () => {
    const validator = new Validator({
      onFinding: () => {
        throw new Error('from the handler');
      },
    });
    const warnings: Error[] = [];
    const note = (warning: Error): void => void warnings.push(warning);
    process.on('warning', note);
    await makeCycle(validator);
    await makeCycle(validator);
    await sleep(1);
    process.off('warning', note);
    expect(validator.findings).toHaveLength(1);
    expect(warnings.map(({ message }) => message.split('\n')[0])).toEqual([
      'lockdep went on after a fault of its own: Error: from the handler',
    ]);
  });

  test('to a handler that takes watched locks, without harm', async () => {
    let inner: Promise<unknown> | undefined;
    const validator: Validator = new Validator({
      onFinding: () => {
        const { A, C } = createLocks(validator);
        inner = C.run(() => A.run(nothing));
        C.tryAcquire()?.release();
      },
    });
    await makeCycle(validator);
    await inner;
    expect(validator.findings.map(({ chain }) => chain.join())).toEqual(['A,B,A']);
    expect(edgesOf(validator)['proven']).toBe('A→B B→A C→A');
  });

  test('no more once the listener is taken off', async () => {
    const told: SnapshotFinding[] = [];
    const validator = new Validator();
    const stop = validator.onFinding((finding) => void told.push(finding));
    stop();
    await makeCycle(validator);
    expect(told).toEqual([]);
  });
});

describe('policies', () => {
  test('error: the release that completes the finding throws, and the lock is released', async () => {
    const validator = new Validator({ policy: 'error' });
    const { A, B } = createLocks(validator);
    await A.run(() => B.run(nothing));
    const b = await B.acquire();
    await A.run(nothing);
    expect(() => b.release()).toThrow(
      new LockdepError('circular-dependency', 'Potential deadlock: A → B → A [circular-dependency]'),
    );
    expect(B.isHeld).toBe(false);
    await B.run(() => A.run(nothing));
  });

  test('error: what the callback threw counts for more', async () => {
    const validator = new Validator({ policy: 'error' });
    const { A, B } = createLocks(validator);
    await A.run(() => B.run(nothing));
    const failing = B.run(async () => {
      await A.run(nothing);
      throw new Error('of the callback');
    });
    await expect(failing).rejects.toThrow('of the callback');
    expect(validator.findings).toHaveLength(1);
  });

  test('error: what a lock of somebody else completes is not thrown by the next of ours', async () => {
    const validator = new Validator({ policy: 'error' });
    const { A, B } = createLocks(validator);
    await A.run(() => B.run(nothing));
    const own = validator.request(validator.lockClass('B'));
    own.granted();
    await A.run(nothing);
    own.discharge();
    expect(validator.findings).toHaveLength(1);
    (await A.acquire()).release();
  });

  test('error: misuse is thrown each time, also past a listener that uses locks', async () => {
    const validator: Validator = new Validator({
      policy: 'error',
      onFinding: () => D.tryAcquire()?.release(),
    });
    const { A, D } = createLocks(validator);
    const hold = await A.acquire();
    hold.release();
    for (let i = 0; i < 2; i++) expect(() => hold.release()).toThrow('"A" was released twice');
    expect(validator.findings).toMatchObject([{ code: 'bad-release', count: 2 }]);
  });

  test('off: nothing is watched', async () => {
    const validator = new Validator({ policy: 'off' });
    await makeCycle(validator);
    expect(validator.snapshot()).toMatchObject({ classes: [], edges: [], findings: [] });
  });
});

describe('snapshots', () => {
  test('have all that was seen, in a stable order', async () => {
    const validator = new Validator();
    await makeCycle(validator);
    const snapshot = validator.snapshot();
    expect(snapshot).toMatchObject({
      version: 1,
      tool: 'lockdep/0.1.0',
      runtime: `node/${process.versions.node}`,
      inputs: [{ runs: 1 }],
      edges: [
        {
          from: 'A',
          to: 'B',
          kind: 'order',
          fromMode: 'exclusive',
          toMode: 'exclusive',
          evidence: 'proven',
          count: 1,
          gates: [],
          provisional: false,
        },
        { from: 'B', to: 'A', kind: 'order', count: 1 },
      ],
      findings: [{ code: 'circular-dependency', edges: [0, 1], flows: 2, count: 1 }],
    });
    expect(
      snapshot.classes.map(({ name, acquisitions, instances }) => [name, acquisitions, instances]),
    ).toEqual([
      ['A', 2, 1],
      ['B', 2, 1],
      ['C', 0, 1],
      ['D', 0, 1],
    ]);
    expect(JSON.parse(JSON.stringify(snapshot))).toEqual(snapshot);
  });

  test('count how often an edge was seen, once a hold', async () => {
    const validator = new Validator();
    const { A, B } = createLocks(validator);
    for (let i = 0; i < 300; i++) {
      await A.run(async () => {
        await B.run(nothing);
        await B.run(nothing);
      });
    }
    expect(validator.snapshot().edges).toMatchObject([{ from: 'A', to: 'B', count: 300 }]);
  });

  test('notice after a thousand equal rounds the one that is different', async () => {
    const validator = new Validator();
    const { A, B, C } = createLocks(validator);
    const both = async (): Promise<void> => {
      await A.run(() => B.run(nothing));
      await B.run(() => A.run(nothing));
    };
    for (let i = 0; i < 1000; i++) await C.run(both);
    expect(validator.findings.map(({ severity }) => severity)).toEqual(['note']);
    expect(validator.snapshot().edges.map(({ from, to, count, gates }) => [from, to, count, gates])).toEqual([
      ['A', 'B', 1000, ['C']],
      ['B', 'A', 1000, ['C']],
      ['C', 'A', 1000, []],
      ['C', 'B', 1000, []],
    ]);
    await A.run(() => B.run(nothing));
    expect(validator.findings.map(({ severity }) => severity)).toEqual(['error']);
    expect(validator.snapshot().edges[0]).toMatchObject({ from: 'A', to: 'B', count: 1001, gates: [] });
  });

  test('have the same fingerprint wherever the locks are taken', async () => {
    const [one, other] = [new Validator(), new Validator()];
    await makeCycle(one);
    const { A, B } = createLocks(other);
    await B.run(() => A.run(nothing));
    await A.run(() => B.run(nothing));
    expect(other.findings[0]!.fingerprint).toBe(one.findings[0]!.fingerprint);
  });
});

describe('reset', () => {
  test('forgets, and goes on with the locks there are', async () => {
    const validator = new Validator();
    const { A, B } = createLocks(validator);
    await A.run(() => B.run(nothing));
    const held = await A.acquire();
    validator.reset();
    expect(validator.snapshot()).toMatchObject({ edges: [], findings: [] });
    held.release();
    await B.run(() => A.run(nothing));
    expect(validator.findings).toEqual([]);
    expect(edgesOf(validator)).toEqual({ proven: 'B→A' });
  });
});

describe('classes', () => {
  test('of one name are one class, of different names are not', async () => {
    const validator = new Validator();
    const locks = [
      new Mutex({ name: 'A', validator }),
      new Mutex({ name: 'A', validator }),
      new Mutex({ name: 'B', validator }),
    ];
    for (const lock of locks) await lock.run(nothing);
    expect(validator.snapshot().classes.map(({ name, instances }) => [name, instances])).toEqual([
      ['A', 2],
      ['B', 1],
    ]);
  });

  test('without a name are the places where they are made', async () => {
    const validator = new Validator();
    const locks = Array.from({ length: 3 }, () => new Mutex({ validator }));
    for (const lock of [...locks, new Mutex({ validator })]) await lock.run(nothing);
    const { classes } = validator.snapshot();
    expect(classes.map(({ instances }) => instances).toSorted((x, y) => x - y)).toEqual([1, 3]);
    for (const { name, site } of classes) {
      expect(name).toMatch(/^test\/validator\/validator\.test\.ts:\d+:\d+$/);
      expect(site).toBe(name);
    }
  });
});

describe('a lock of your own', () => {
  function createOwn(): { lock(): Promise<void>; unlock(): void } {
    let tail = Promise.resolve();
    let free = nothing;
    return {
      lock() {
        const before = tail;
        tail = new Promise((resolve) => {
          free = resolve;
        });
        return before;
      },
      unlock: () => free(),
    };
  }

  test('is watched by one line, and as before when that is undone', async () => {
    const validator = new Validator();
    const { A } = createLocks(validator);
    const own = createOwn();
    const { lock } = own;
    const stop = validator.watchLock(own, { name: 'own', acquire: 'lock', release: 'unlock' });
    await own.lock();
    await A.run(nothing);
    own.unlock();
    await A.run(async () => {
      await own.lock();
      own.unlock();
    });
    expect(validator.findings.map(({ chain }) => chain.join())).toEqual(['A,own,A']);
    stop();
    expect(own.lock).toBe(lock);
  });

  test('tells its requests itself', async () => {
    const validator = new Validator();
    const { A } = createLocks(validator);
    const own = validator.lockClass('pool', { kind: 'semaphore', permits: 10 });
    const request = validator.request(own);
    await sleep(1);
    request.granted();
    await A.run(nothing);
    request.discharge();
    expect(edgesOf(validator)).toEqual({ proven: 'pool→A' });
    request.discharge();
    expect(validator.findings.map(({ message }) => message)).toEqual([
      'Bad release: "pool" was released twice [bad-release]',
    ]);
  });
});

describe('bad input gets one clear line', () => {
  const validator = new Validator();
  const cases: [string, () => unknown, string][] = [
    [
      'an unknown option',
      () => new Validator({ polcy: 'warn' } as object),
      'Expected `options` to be an object with keys of policy, levels, tracker, onFinding, onStall, stallMs, got "polcy" (string).',
    ],
    [
      'an unknown policy',
      () => new Validator({ policy: 'loud' as 'warn' }),
      "Expected `policy` to be 'off', 'collect', 'warn', 'error', got \"loud\" (string).",
    ],
    [
      'options that are none',
      () => new Validator(null as unknown as object),
      'Expected `options` to be an object, got null.',
    ],
    [
      'a name that is no string',
      () => new Mutex({ name: 7 as unknown as string, validator }),
      'Expected `name` to be a non-empty string, got 7 (number).',
    ],
    [
      'an empty name',
      () => new Mutex({ name: '', validator }),
      'Expected `name` to be a non-empty string, got "" (string).',
    ],
    [
      'a validator that is none',
      () => new Mutex({ validator: {} as Validator }),
      'Expected `validator` to be a Validator, got an object.',
    ],
    [
      'a class without a name',
      () => validator.lockClass(undefined as unknown as string),
      'Expected `name` to be a non-empty string, got undefined.',
    ],
    [
      'a mode that objects happen to have',
      () => validator.request(validator.lockClass('y'), { mode: 'toString' as 'shared' }),
      "Expected `mode` to be 'exclusive', 'shared' or 'recursive', got \"toString\" (string).",
    ],
    [
      'a bad number of units',
      () => validator.lockClass('x', { permits: 0 }),
      'Expected `permits` to be an integer ≥ 1, got 0 (number).',
    ],
    [
      'a method that is not there',
      () => validator.watchLock({}, { acquire: 'lock', release: 'unlock' }),
      'Expected `acquire` to be a function, got undefined.',
    ],
    [
      'a mode that is none',
      () => validator.request(validator.lockClass('y'), { mode: 'write' as 'shared' }),
      "Expected `mode` to be 'exclusive', 'shared' or 'recursive', got \"write\" (string).",
    ],
    [
      'a listener that is none',
      () => validator.onFinding('x' as unknown as () => void),
      'Expected `listener` to be a function, got "x" (string).',
    ],
  ];
  test.each(cases)('%s', (_name, run, message) => {
    expect(run).toThrow(new LockdepError('ERR_INVALID_ARGUMENT', message));
  });
});

describe('without promise hooks', () => {
  test('AsyncLocalStorage marks everything nested, and sees nothing between siblings', async () => {
    const validator = new Validator({ tracker: asyncLocalStorageTracker });
    const { A, B, C, D } = createLocks(validator);
    await A.run(() => B.run(nothing));
    await Promise.all([C.run(() => sleep(4)), D.run(() => sleep(4))]);
    const c = await C.acquire();
    await D.run(nothing);
    c.release();
    await B.run(nothing);
    expect(edgesOf(validator)).toEqual({ nested: 'A→B C→D' });
    expect(validator.findings).toEqual([]);
  });

  test('a cycle of nested edges is a warning', async () => {
    const validator = new Validator({ tracker: asyncLocalStorageTracker });
    await makeCycle(validator);
    expect(validator.findings).toMatchObject([{ severity: 'warning', chain: ['A', 'B', 'A'] }]);
  });

  test('explicit scopes are what they are told', async () => {
    const tracker = createExplicitTracker();
    const validator = new Validator({ tracker });
    const { A, B, C } = createLocks(validator);
    const flow = tracker.createScope();
    const other = tracker.createScope();
    const a = await flow.run(() => A.acquire());
    const b = await flow.run(() => B.acquire());
    const c = await other.run(() => C.acquire());
    for (const hold of [c, b, a]) hold.release();
    expect(edgesOf(validator)).toEqual({ nested: 'A→B' });
  });
});

test('places are those of the program, without frames of ours', async () => {
  const validator = new Validator();
  await makeCycle(validator);
  const own = fileURLToPath(new URL('../../src', import.meta.url));
  for (const { held, requested } of validator.snapshot().edges) {
    for (const { frames } of [held, requested]) {
      expect(frames[0]!.at).toMatch(/^test\/validator\/validator\.test\.ts:\d+:\d+$/);
      for (const { at } of frames) expect(at.startsWith(own) || at.startsWith('node:')).toBe(false);
    }
  }
});

test('a finding has its arrows in the snapshot, those too that did not come true', async () => {
  const validator = new Validator();
  const [a, b] = ['A', 'B'].map((name) => new Mutex({ name, validator })) as [Mutex, Mutex];
  const [first, second] = [await a.acquire(), await b.acquire()];
  const waits = [a.acquire(), b.acquire()];
  validator.checkOpen({ isDrained: true });
  expect(validator.findings.length).toBeGreaterThan(0);
  // Released from elsewhere before anything was granted: nothing is left of the arrows.
  first.release();
  second.release();
  for (const hold of await Promise.all(waits)) hold.release();
  const { edges, findings } = validator.snapshot();
  expect(findings.length).toBeGreaterThan(0);
  for (const { edges: arrows } of findings) for (const index of arrows) expect(edges[index]).toBeDefined();
});

test('a lock of another validator is no gate', async () => {
  const [mine, other] = [new Validator(), new Validator()];
  await new Mutex({ name: 'G', validator: other }).run(() => makeCycle(mine));
  expect(mine.snapshot().edges.flatMap(({ gates }) => gates)).toEqual([]);
  expect(mine.findings.map(({ severity }) => severity)).toEqual(['error']);
});
