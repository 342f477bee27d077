import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Mutex, RwLock, Semaphore, Validator, acquireAll } from '../../src/index.ts';
import { edgesOf } from '../support/edges.ts';

const nothing = (): void => {};

function makeLocks(validator: Validator, names: string): Mutex[] {
  return Array.from(names, (name) => new Mutex({ name, validator }));
}

describe('acquireAll', () => {
  test('gives all holds in the order of the list', async () => {
    const locks = makeLocks(new Validator(), 'AB');
    const holds = await acquireAll(locks);
    expect(locks.map(({ isHeld }) => isHeld)).toEqual([true, true]);
    holds[0]!.release();
    expect(locks.map(({ isHeld }) => isHeld)).toEqual([false, true]);
    holds[1]!.release();
    expect(await acquireAll([])).toEqual([]);
  });

  test('writes a read/write lock, and takes one unit of a semaphore', async () => {
    const validator = new Validator();
    const [rw, units] = [new RwLock({ validator }), new Semaphore({ permits: 2, validator })];
    const holds = await acquireAll([rw, units]);
    expect([rw.tryAcquireRead(), units.available]).toEqual([undefined, 1]);
    for (const hold of holds) hold.release();
  });

  test('holds nothing while it waits', async () => {
    const [a, b] = makeLocks(new Validator(), 'AB') as [Mutex, Mutex];
    const held = await b.acquire();
    const all = acquireAll([a, b]);
    await turn();
    expect(a.isHeld).toBe(false);
    held.release();
    for (const hold of await all) hold.release();
  });

  test('gives back what it has when another one is taken by then', async () => {
    const [a, b] = makeLocks(new Validator(), 'AB') as [Mutex, Mutex];
    const heldA = await a.acquire();
    const all = acquireAll([a, b]);
    const heldB = await b.acquire();
    heldA.release();
    await turn();
    expect(a.isHeld).toBe(false);
    heldB.release();
    for (const hold of await all) hold.release();
  });

  test.each([
    ['a timeout', () => ({ timeoutMs: 5 }), 'Expected the lock within'],
    ['a signal', () => ({ signal: AbortSignal.timeout(5) }), 'The operation was aborted due to timeout'],
  ])('gives up by %s, and holds nothing', async (_name, options, message) => {
    const validator = new Validator();
    const [a, b] = makeLocks(validator, 'AB') as [Mutex, Mutex];
    const held = await b.acquire();
    await expect(acquireAll([a, b], options())).rejects.toThrow(message);
    expect(a.isHeld).toBe(false);
    held.release();
    expect([a.isHeld, b.isHeld]).toEqual([false, false]);
    expect(validator.engine.newest).toBe(null);
  });

  test.each([
    [[{}], 'Expected `locks` to be an array of mutexes, read/write locks and semaphores, got an object.'],
    ['A', 'Expected `locks` to be an array of locks, got "A" (string).'],
  ])('rejects %j', async (locks, message) => {
    await expect(acquireAll(locks as Mutex[])).rejects.toThrow(message);
  });

  test('rejects one lock twice', async () => {
    const [a] = makeLocks(new Validator(), 'A') as [Mutex];
    await expect(acquireAll([a, a])).rejects.toThrow('Expected `locks` to be an array of different locks');
  });
});

describe('the edges of acquireAll', () => {
  test('are none between its locks', async () => {
    const validator = new Validator();
    const [a, b] = makeLocks(validator, 'AB') as [Mutex, Mutex];
    for (const list of [
      [a, b],
      [b, a],
    ])
      for (const hold of await acquireAll(list)) hold.release();
    expect(edgesOf(validator)).toEqual({});
  });

  test('none of one class either, nor with an order taken by hand', async () => {
    const validator = new Validator();
    const [a, b] = makeLocks(validator, 'AA') as [Mutex, Mutex];
    for (const hold of await acquireAll([a, b])) hold.release();
    expect(validator.snapshot().findings).toEqual([]);
  });

  test('lead to and from them', async () => {
    const validator = new Validator();
    const [a, b, c, d] = makeLocks(validator, 'ABCD') as [Mutex, Mutex, Mutex, Mutex];
    await a.run(async () => {
      const holds = await acquireAll([b, c]);
      await d.run(nothing);
      for (const hold of holds) hold.release();
    });
    expect(edgesOf(validator)).toEqual({ proven: 'A→B A→C A→D B→D C→D' });
  });

  test('are the same when it had to wait', async () => {
    const validator = new Validator();
    const [a, b, c] = makeLocks(validator, 'ABC') as [Mutex, Mutex, Mutex];
    const held = await c.acquire();
    const flow = a.run(async () => {
      for (const hold of await acquireAll([b, c])) hold.release();
    });
    await sleep(2);
    held.release();
    await flow;
    expect(edgesOf(validator)).toEqual({ proven: 'A→B A→C' });
  });
});

test('nobody hangs, and nobody has a lock that another has, in whatever order lists are', async () => {
  const jobs = fc.array(
    fc.record({ which: fc.uniqueArray(fc.nat({ max: 3 }), { minLength: 1 }), turns: fc.nat({ max: 3 }) }),
    { maxLength: 12 },
  );
  await fc.assert(
    fc.asyncProperty(jobs, async (list) => {
      const validator = new Validator();
      const locks = makeLocks(validator, 'ABCD');
      const owners = new Map<number, number>();
      await Promise.all(
        list.map(async ({ which, turns }, job) => {
          const holds = await acquireAll(which.map((i) => locks[i]!));
          for (const i of which) {
            expect(owners.has(i)).toBe(false);
            owners.set(i, job);
          }
          for (let i = 0; i < turns; i++) await turn();
          for (const i of which) owners.delete(i);
          for (const hold of holds) hold.release();
        }),
      );
      expect(locks.some(({ isHeld }) => isHeld)).toBe(false);
      expect(validator.snapshot().findings).toEqual([]);
    }),
    { numRuns: 200 },
  );
});
