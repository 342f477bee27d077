/** Under `error` our own locks throw what they complete, when they are in order: released is released. */
import { describe, expect, test } from 'vitest';
import { type Hold, LockdepError, Mutex, RwLock, Semaphore, Validator } from '../../src/index.ts';
import { turn } from './subjects.ts';

interface Setting {
  readonly validator: Validator;
  readonly a: Mutex;
  readonly b: Mutex;
}

/** A → B is known: the release of A under which B was taken last completes the cycle. */
async function knowOneOrder(): Promise<Setting> {
  const validator = new Validator({ policy: 'error' });
  const [a, b] = ['A', 'B'].map((name) => new Mutex({ name, validator })) as [Mutex, Mutex];
  await a.run(() => b.run(() => {}));
  return { validator, a, b };
}

async function takeInReverse({ a, b }: Setting): Promise<Hold> {
  const outer = await b.acquire();
  (await a.acquire()).release();
  return outer;
}

const cycle = new LockdepError('circular-dependency', 'Potential deadlock: A → B → A [circular-dependency]');

async function caught(fn: () => unknown): Promise<unknown> {
  try {
    await fn();
  } catch (error) {
    return error;
  }
  return undefined;
}

type Ending = [name: string, end: (hold: Hold) => unknown];

describe('the error policy', () => {
  test.each<Ending>([
    ['release', (hold) => hold.release()],
    ['dispose', (hold) => hold[Symbol.dispose]()],
    ['asyncDispose', (hold) => hold[Symbol.asyncDispose]()],
    [
      'the end of a using block',
      (hold) => {
        using _hold = hold;
      },
    ],
    [
      'a release of the accepted hold',
      (hold) => {
        hold.handOff('elsewhere').accept().release();
      },
    ],
  ])('makes %s throw the finding it completes, once the lock is released', async (_name, end) => {
    const setting = await knowOneOrder();
    const hold = await takeInReverse(setting);
    const next = setting.b.acquire();
    expect(await caught(() => end(hold))).toStrictEqual(cycle);
    expect(hold.isOpen).toBe(false);
    const waited = await next;
    waited.release();
    expect(setting.b.isHeld).toBe(false);
    expect(setting.validator.findings.map(({ code }) => code)).toEqual(['circular-dependency']);
  });

  test('throws one finding once', async () => {
    const setting = await knowOneOrder();
    const outer = await takeInReverse(setting);
    expect(() => outer.release()).toThrow(cycle);
    const again = await takeInReverse(setting);
    expect(() => again.release()).not.toThrow();
    await setting.a.run(() => setting.b.run(() => {}));
  });

  test('makes run reject with the finding it completes, once the lock is released', async () => {
    const { a, b } = await knowOneOrder();
    const error = await caught(() => b.run(() => a.run(() => 'value')));
    expect(error).toStrictEqual(cycle);
    expect([a.isHeld, b.isHeld]).toEqual([false, false]);
  });

  test('lets the error of the callback through, not the finding', async () => {
    const { validator, a, b } = await knowOneOrder();
    const failure = new Error('of the callback');
    const promise = b.run(async () => {
      await a.run(() => {});
      throw failure;
    });
    expect(await caught(() => promise)).toBe(failure);
    expect([a.isHeld, b.isHeld]).toEqual([false, false]);
    expect(validator.findings).toHaveLength(1);
    // It was dropped, and is not thrown at whoever releases next.
    await a.run(() => {});
  });

  test('makes downgrade throw the finding it completes, once it is a reader', async () => {
    const validator = new Validator({ policy: 'error' });
    const a = new Mutex({ name: 'A', validator });
    const b = new RwLock({ name: 'B', validator });
    await a.run(() => b.runWrite(() => {}));
    const hold = await b.acquireWrite();
    (await a.acquire()).release();
    expect(() => hold.downgrade()).toThrow(cycle);
    expect(hold.isOpen).toBe(true);
    b.tryAcquireRead()!.release();
    expect(b.tryAcquireWrite()).toBeUndefined();
    hold.release();
    expect(b.tryAcquireWrite()).toBeDefined();
  });

  test.each<[name: string, kill: (hold: Hold) => Hold | void, subject: string]>([
    ['a second release', (hold) => hold.release(), '"A" was released twice'],
    [
      'a release by the old handle',
      (hold) => hold.handOff('elsewhere').accept(),
      '"A" was released through a hold that had been handed over',
    ],
  ])('makes %s throw, and lets nobody in', async (_name, kill, subject) => {
    const validator = new Validator({ policy: 'error' });
    const a = new Mutex({ name: 'A', validator });
    const dead = await a.acquire();
    const holder = kill(dead) ?? (await a.acquire());
    const next = a.acquire();
    expect(() => dead.release()).toThrow(
      new LockdepError('bad-release', `Bad release: ${subject} [bad-release]`),
    );
    await turn();
    expect(holder.isOpen).toBe(true);
    expect(a.tryAcquire()).toBeUndefined();
    holder.release();
    (await next).release();
    expect(a.isHeld).toBe(false);
  });

  test.each<[name: string, ask: (semaphore: Semaphore) => Promise<unknown>]>([
    ['acquire', (semaphore) => semaphore.acquire({ permits: 3 })],
    ['run', (semaphore) => semaphore.run(() => expect.unreachable(), { permits: 3 })],
  ])('makes %s of more units than there are reject, and leaves no wait behind', async (_name, ask) => {
    const validator = new Validator({ policy: 'error' });
    const semaphore = new Semaphore({ name: 'S', validator, permits: 2 });
    const error = new LockdepError(
      'unsatisfiable-request',
      'Request that can never be granted: "S" has 2 units, 3 were asked for [unsatisfiable-request]',
    );
    expect(await caught(() => ask(semaphore))).toStrictEqual(error);
    expect(semaphore.available).toBe(2);
    await semaphore.run(() => {}, { permits: 2 });
  });
});
