/** Attempts without the lock, a wait for its unlock after each, and the lock itself in the end. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Hold, Mutex, RwLock, Semaphore, Validator, optimistic } from '../../src/index.ts';
import { edgesOf } from '../support/edges.ts';
import { policies, turn } from './subjects.ts';

/** Succeeds the given time; `under` counts the attempts that had the lock. */
function succeedingAt(success: number): {
  attempts: number;
  under: number;
  attempt: (hold?: Hold) => string | undefined;
} {
  const counted = {
    attempts: 0,
    under: 0,
    attempt: (hold?: Hold) => {
      if (hold !== undefined) counted.under++;
      return ++counted.attempts === success ? 'done' : undefined;
    },
  };
  return counted;
}

describe.each(policies)('%s', (_policy, options) => {
  test.each<[success: number, rounds: number | undefined, outcome: string]>([
    [1, undefined, 'done after 1, 0 of them under the lock'],
    [3, undefined, 'done after 3, 0 of them under the lock'],
    [4, undefined, 'done after 4, 1 of them under the lock'],
    [5, undefined, 'undefined after 4, 1 of them under the lock'],
    [1, 1, 'done after 1, 0 of them under the lock'],
    [2, 1, 'done after 2, 1 of them under the lock'],
    [3, 1, 'undefined after 2, 1 of them under the lock'],
    [8, 8, 'done after 8, 0 of them under the lock'],
  ])('success at attempt %s of %s rounds: %s', async (success, rounds, outcome) => {
    const validator = new Validator(options);
    for (const lock of [
      new Mutex({ validator }),
      new RwLock({ validator }),
      new Semaphore({ validator, permits: 2 }),
    ]) {
      const counted = succeedingAt(success);
      const result = await optimistic(lock, counted.attempt, rounds === undefined ? {} : { rounds });
      expect(`${result} after ${counted.attempts}, ${counted.under} of them under the lock`).toBe(outcome);
    }
  });

  test('waits for writers only, or for readers too, before the next attempt', async () => {
    const lock = new RwLock({ validator: new Validator(options) });
    const reader = await lock.acquireRead();
    const [read, write] = [succeedingAt(2), succeedingAt(2)];
    const reading = optimistic(lock, read.attempt);
    const writing = optimistic(lock, write.attempt, { mode: 'write' });
    await turn();
    expect([read.attempts, write.attempts]).toEqual([2, 1]);
    reader.release();
    expect(await Promise.all([reading, writing])).toEqual(['done', 'done']);
  });

  test('an abort ends the wait, and what the attempt throws ends it all', async () => {
    const mutex = new Mutex({ validator: new Validator(options) });
    const hold = await mutex.acquire();
    const controller = new AbortController();
    const waiting = optimistic(mutex, succeedingAt(9).attempt, { signal: controller.signal });
    await turn();
    controller.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    const failing = (): never => {
      throw new Error('inside');
    };
    await expect(optimistic(mutex, failing)).rejects.toThrow('inside');
    hold.release();
    expect(mutex.isHeld).toBe(false);
  });

  test('comes to its end under a stream of writers that spoils every attempt', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.integer({ min: 1, max: 5 }),
        fc.array(fc.nat(3), { minLength: 1, maxLength: 8 }),
        fc.constantFrom<('read' | 'write')[]>('read', 'write'),
        async (s, rounds, pauses, mode) => {
          const lock = new RwLock({ validator: new Validator(options) });
          let version = 0;
          let isOver = false;
          // Each writer has the next one in the queue before it lets go, so the lock is never free.
          const write = async (n: number): Promise<void> => {
            const hold = await lock.acquireWrite();
            const next = isOver ? undefined : write(n + 1);
            for (let i = 0; i < pauses[n % pauses.length]!; i++) await s.schedule(Promise.resolve());
            version++;
            hold.release();
            await next;
          };
          let attempts = 0;
          let spoilt = 0;
          const attempt = async (hold?: Hold): Promise<number | undefined> => {
            attempts++;
            const before = version;
            if (hold === undefined && mode === 'write') return undefined;
            // A reader that looked while nobody wrote: the hostile stream never leaves it alone.
            while (hold === undefined && version === before) await s.schedule(Promise.resolve());
            if (version !== before) spoilt++;
            return version === before ? version : undefined;
          };
          const writers = write(0);
          const reader = optimistic(lock, attempt, { rounds, mode }).then((result) => {
            isOver = true;
            return result;
          });
          // Without end if the fallback did not come.
          for (let i = 0; i < 500 && !isOver; i++) {
            while (s.count() > 0) await s.waitOne();
            await Promise.resolve();
          }
          await s.waitIdle();
          await writers;
          expect(await reader).toBeGreaterThan(0);
          expect(attempts).toBe(rounds + 1);
          expect(spoilt).toBe(mode === 'read' ? rounds : 0);
        },
      ),
      { numRuns: 60 },
    );
  });
});

test('waits and the fallback are edges from what is held', async () => {
  const validator = new Validator();
  const [cache, table] = [new Mutex({ name: 'cache', validator }), new RwLock({ name: 'table', validator })];
  await cache.run(() => optimistic(table, succeedingAt(4).attempt));
  expect(edgesOf(validator)).toEqual({ proven: 'cache→table cache→table(wait)' });
  await table.runWrite(() => cache.run(() => {}));
  expect(validator.findings.map(({ code, chain }) => [code, chain.join(' → ')])).toEqual([
    ['circular-dependency', 'cache → table → cache'],
  ]);
});
