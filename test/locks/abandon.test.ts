/** A lock whose holder leaves it held for good. */
import { describe, expect, test } from 'vitest';
import { type Hold, LockdepError, Mutex, RwLock, Semaphore, Validator, optimistic } from '../../src/index.ts';
import { edgesOf } from '../support/edges.ts';
import { type Kind, badReleases, kinds, policies, turn } from './subjects.ts';

const abandoned = new LockdepError(
  'ERR_LOCK_ABANDONED',
  'Expected a lock that is in use, its last holder has abandoned it.',
);
const notWhole = new LockdepError(
  'ERR_BAD_STATE',
  'Expected a hold that lets nobody in beside it, got another.',
);

/** What became of a promise so far. */
async function stateOf(promise: Promise<unknown>): Promise<unknown> {
  let state: unknown = 'waits';
  promise.then(
    (value) => (state = value),
    (error: unknown) => (state = error),
  );
  await turn();
  return state;
}

describe.each(policies)('%s', (policy, options) => {
  describe.each(kinds.map((kind): [string, Kind] => [kind.name, kind]))('%s', (_name, kind) => {
    const abandon = async (): Promise<{ lock: ReturnType<Kind['create']>; hold: Hold }> => {
      const lock = kind.create(new Validator(options));
      const hold = await lock.acquire(kind.whole);
      hold.abandon();
      return { lock, hold };
    };

    test('lets nobody in any more', async () => {
      const { lock, hold } = await abandon();
      expect(hold.isOpen).toBe(false);
      for (const ask of kind.asks) {
        expect(lock.tryAcquire(ask)).toBeUndefined();
        await expect(lock.acquire(ask)).rejects.toEqual(abandoned);
        await expect(lock.run(ask, () => expect.unreachable())).rejects.toEqual(abandoned);
        await expect(lock.acquire(ask, { timeoutMs: 1 })).rejects.toEqual(abandoned);
      }
      for (const look of kind.looks) await expect(lock.waitForUnlock(look)).rejects.toEqual(abandoned);
      await expect(lock.waitForQueue!()).rejects.toEqual(abandoned);
    });

    test('ends the waits of all who stand there, and of nobody twice', async () => {
      const lock = kind.create(new Validator(options));
      const hold = await lock.acquire(kind.whole);
      const controller = new AbortController();
      const waits = [
        lock.acquire(kind.whole),
        lock.acquire(kind.asks[0]!, { signal: controller.signal, timeoutMs: 5 }),
        lock.waitForUnlock(kind.looks[0]!),
        lock.waitForQueue!(),
        lock.waitForUnlock(kind.looks[0]!, { signal: controller.signal }),
        lock.waitForQueue!({ timeoutMs: 5 }),
      ];
      hold.abandon();
      controller.abort(new Error('too late'));
      expect(await Promise.all(waits.map(stateOf))).toEqual(waits.map(() => abandoned));
    });

    test('is as it was when it is released or abandoned again', async () => {
      const validator = new Validator(options);
      const lock = kind.create(validator);
      {
        using hold = await lock.acquire(kind.whole);
        hold.abandon();
        hold.release();
        hold.abandon();
      }
      await expect(lock.acquire(kind.whole)).rejects.toEqual(abandoned);
      expect(validator.findings).toEqual([]);
      expect(validator.engine.newest).toBe(null);
    });

    test('inside of run, with what the callback returns', async () => {
      const lock = kind.create(new Validator(options));
      expect(
        await lock.run(kind.whole, (hold) => {
          hold.abandon();
          return 'destroyed';
        }),
      ).toBe('destroyed');
      expect(lock.tryAcquire(kind.whole)).toBeUndefined();
    });

    test('not through a hold that is dead', async () => {
      const validator = new Validator(options);
      const lock = kind.create(validator);
      const released = await lock.acquire(kind.whole);
      released.release();
      released.abandon();
      const handed = await lock.acquire(kind.whole);
      const accepted = handed.handOff('elsewhere').accept();
      handed.abandon();
      accepted.release();
      expect(lock.tryAcquire(kind.whole)).toBeDefined();
      expect(badReleases(validator)).toBe(policy === 'off' ? 0 : 2);
    });

    test('after a hand-over, by whoever has it then', async () => {
      const lock = kind.create(new Validator(options));
      const accepted = (await lock.acquire(kind.whole)).handOff('elsewhere').accept();
      accepted.abandon();
      await expect(lock.acquire(kind.whole)).rejects.toEqual(abandoned);
      expect(() => accepted.handOff('elsewhere')).toThrow(
        new LockdepError('ERR_DEAD_HOLD', 'Expected a hold that is open, got one that was abandoned.'),
      );
    });
  });

  test.each<[name: string, take: (validator: Validator) => Promise<Hold>]>([
    ['a reader', (validator) => new RwLock({ validator }).acquireRead()],
    [
      'a writer that was downgraded',
      async (validator) => {
        const hold = await new RwLock({ validator }).acquireWrite();
        hold.downgrade();
        return hold;
      },
    ],
    ['some units of many', (validator) => new Semaphore({ validator, permits: 3 }).acquire({ permits: 2 })],
  ])('not by %s: others may be in', async (_name, take) => {
    const hold = await take(new Validator(options));
    expect(() => hold.abandon()).toThrow(notWhole);
    expect(hold.isOpen).toBe(true);
    hold.release();
  });

  test('ends an optimistic loop too', async () => {
    const mutex = new Mutex({ validator: new Validator(options) });
    (await mutex.acquire()).abandon();
    await expect(optimistic(mutex, () => undefined)).rejects.toEqual(abandoned);
  });
});

describe('the validator', () => {
  test('takes it for the end of the hold, and of the waits', async () => {
    const validator = new Validator();
    const [A, B, C] = ['A', 'B', 'C'].map((name) => new Mutex({ name, validator })) as [Mutex, Mutex, Mutex];
    const hold = await A.acquire();
    const waiting = C.run(() => A.acquire().catch(() => {}));
    await B.run(() => {});
    hold.abandon();
    await waiting;
    expect(edgesOf(validator)).toEqual({ proven: 'A→B C→A' });
    validator.checkOpen({ isDrained: true });
    expect(validator.findings).toEqual([]);
    expect(validator.engine.newest).toBe(null);
  });

  test('throws under the error policy what it completes, with the lock abandoned', async () => {
    const validator = new Validator({ policy: 'error' });
    const [A, B] = ['A', 'B'].map((name) => new Mutex({ name, validator })) as [Mutex, Mutex];
    await B.run(() => A.run(() => {}));
    const hold = await A.acquire();
    await B.run(() => {});
    expect(() => hold.abandon()).toThrow('Potential deadlock: A → B → A [circular-dependency]');
    await expect(A.acquire()).rejects.toEqual(abandoned);
  });
});
