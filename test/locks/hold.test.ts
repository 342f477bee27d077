/** What one can do with a hold, and what a dead one does: nothing, but a finding. */
import { describe, expect, test } from 'vitest';
import { type Hold, LockdepError, Mutex, RwLock, Semaphore, Validator } from '../../src/index.ts';
import { kinds, policies, turn } from './subjects.ts';

const twice = 'was released twice';
const handedOver = 'was released through a hold that had been handed over';

type Misuse = [name: string, subject: string, misuse: (hold: Hold) => unknown];

const misuses: Misuse[] = [
  [
    'released twice',
    twice,
    (hold) => {
      hold.release();
      hold.release();
    },
  ],
  [
    'disposed of, then released',
    twice,
    (hold) => {
      hold[Symbol.dispose]();
      hold.release();
    },
  ],
  [
    'handed off, then released by the old handle',
    handedOver,
    (hold) => {
      const parcel = hold.handOff('elsewhere');
      hold.release();
      parcel.accept().release();
    },
  ],
  [
    'accepted and released, then released by the old handle',
    handedOver,
    (hold) => {
      hold.handOff('elsewhere').accept().release();
      hold.release();
    },
  ],
  [
    'handed off twice, released twice by the last handle',
    twice,
    (hold) => {
      const last = hold.handOff('elsewhere').accept().handOff('elsewhere').accept();
      last.release();
      last.release();
    },
  ],
];

describe.each(policies)('a hold, %s', (policy, options) => {
  describe.each(kinds.map((kind) => [kind.name, kind] as const))('of %s', (_kind, kind) => {
    test.each(misuses)('that is %s lets in nobody twice', async (_name, subject, misuse) => {
      const validator = new Validator(options);
      const lock = kind.create(validator);
      const hold = await lock.acquire(kind.whole);
      const granted: string[] = [];
      const next = ['first', 'second'].map((name) =>
        lock.acquire(kind.whole).then((hold) => {
          granted.push(name);
          return hold;
        }),
      );
      misuse(hold);
      await turn();
      expect(granted).toEqual(['first']);
      expect(validator.findings.map(({ code, severity, message }) => ({ code, severity, message }))).toEqual(
        policy === 'off'
          ? []
          : [
              {
                code: 'bad-release',
                severity: 'error',
                message: `Bad release: "${nameOf(kind.name)}" ${subject} [bad-release]`,
              },
            ],
      );
      (await next[0]!).release();
      (await next[1]!).release();
      expect(lock.tryAcquire(kind.whole)).toBeDefined();
    });

    test('is open until it is released', async () => {
      const hold = await kind.create(new Validator(options)).acquire(kind.whole);
      expect(hold.isOpen).toBe(true);
      hold.release();
      expect(hold.isOpen).toBe(false);
    });

    test('is released at the end of a `using` block, also by a throw, and once', async () => {
      const validator = new Validator(options);
      const lock = kind.create(validator);
      const failing = async (): Promise<never> => {
        using _hold = await lock.acquire(kind.whole);
        throw new Error('inside');
      };
      await expect(failing()).rejects.toThrow('inside');
      {
        using hold = lock.tryAcquire(kind.whole)!;
        hold.release();
      }
      {
        await using _hold = lock.tryAcquire(kind.whole)!;
        expect(lock.tryAcquire(kind.whole)).toBeUndefined();
      }
      {
        await using hold = lock.tryAcquire(kind.whole)!;
        await hold[Symbol.asyncDispose]();
      }
      expect(lock.tryAcquire(kind.whole)).toBeDefined();
      expect(validator.findings).toEqual([]);
    });

    test('that is handed off is held until whoever accepts it, in any flow, releases it', async () => {
      const lock = kind.create(new Validator(options));
      const hold = await lock.acquire(kind.whole);
      const parcel = hold.handOff('elsewhere');
      expect(parcel.label).toBe('elsewhere');
      expect(hold.isOpen).toBe(false);
      hold[Symbol.dispose]();
      await hold[Symbol.asyncDispose]();
      expect(lock.tryAcquire(kind.whole), 'in the parcel').toBeUndefined();
      const accepted = await new Promise<Hold>(
        (resolve) => void setImmediate(() => resolve(parcel.accept())),
      );
      expect(accepted.isOpen).toBe(true);
      expect(lock.tryAcquire(kind.whole), 'accepted').toBeUndefined();
      accepted.release();
      expect(lock.tryAcquire(kind.whole)).toBeDefined();
    });

    test('comes out of its parcel at once, and once', async () => {
      const lock = kind.create(new Validator(options));
      const parcel = (await lock.acquire(kind.whole)).handOff('elsewhere');
      const accepted = parcel.accept();
      expect(() => parcel.accept()).toThrow(
        deadHold('Expected a parcel that waits, got one that was accepted.'),
      );
      expect(accepted.isOpen).toBe(true);
      accepted.release();
      expect(lock.tryAcquire(kind.whole)).toBeDefined();
    });

    test.each<[fate: string, kill: (hold: Hold) => void]>([
      ['released', (hold) => hold.release()],
      ['handed over', (hold) => void hold.handOff('elsewhere')],
    ])('that was %s is not handed off', async (fate, kill) => {
      const hold = await kind.create(new Validator(options)).acquire(kind.whole);
      kill(hold);
      expect(() => hold.handOff('elsewhere')).toThrow(
        deadHold(`Expected a hold that is open, got one that was ${fate}.`),
      );
    });

    test.each<[name: string, label: unknown]>([
      ['no label', undefined],
      ['an empty label', ''],
      ['a number as label', 5],
      ['a symbol as label', Symbol('label')],
    ])('stays as it is when it is handed off with %s', async (_name, label) => {
      const lock = kind.create(new Validator(options));
      const hold = await lock.acquire(kind.whole);
      expect(() => hold.handOff(label as string)).toThrow(
        /^Expected `label` to be a non-empty string, got .+\.$/,
      );
      expect(hold.isOpen).toBe(true);
      hold.release();
      expect(lock.tryAcquire(kind.whole)).toBeDefined();
    });
  });

  test('that is dead is not downgraded', async () => {
    const validator = new Validator(options);
    const lock = new RwLock({ name: 'rwlock', validator });
    const hold = await lock.acquireWrite();
    hold.release();
    const reader = await lock.acquireRead();
    hold.downgrade();
    reader.release();
    expect(lock.tryAcquireWrite()).toBeDefined();
    expect(validator.findings.map(({ message }) => message)).toEqual(
      policy === 'off' ? [] : ['Bad release: "rwlock" was downgraded through a dead hold [bad-release]'],
    );
  });

  test('shows in the lock for as long as it is open', async () => {
    const validator = new Validator(options);
    const mutex = new Mutex({ validator });
    const semaphore = new Semaphore({ validator, permits: 3 });
    expect([mutex.isHeld, semaphore.available]).toEqual([false, 3]);
    const holds = [await mutex.acquire(), semaphore.tryAcquire({ permits: 2 })!];
    expect([mutex.isHeld, semaphore.available]).toEqual([true, 1]);
    const waiting = semaphore.acquire({ permits: 3 });
    expect(semaphore.available).toBe(1);
    for (const hold of holds) hold.release();
    expect([mutex.isHeld, semaphore.available]).toEqual([false, 0]);
    (await waiting).release();
    expect(semaphore.available).toBe(3);
  });
});

function nameOf(kind: string): string {
  return /mutex|semaphore/.exec(kind)?.[0] ?? 'rwlock';
}

function deadHold(message: string): LockdepError {
  return new LockdepError('ERR_DEAD_HOLD', message);
}
