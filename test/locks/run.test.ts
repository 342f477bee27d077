/** `run` of every lock: it returns what the callback returns, and releases however that ends. */
import { describe, expect, test } from 'vitest';
import { type Hold, Validator } from '../../src/index.ts';
import { badReleases, kinds, policies, turn } from './subjects.ts';

class Failure extends Error {}
const failure = new Failure('of the callback');

type Callback = (hold: Hold) => unknown;
type Ending = [name: string, callback: Callback, outcome: { value: unknown } | { error: unknown }];

const endings: Ending[] = [
  ['a value', () => 1, { value: 1 }],
  ['nothing', () => {}, { value: undefined }],
  ['a promise', () => Promise.resolve(2), { value: 2 }],
  ['a promise that takes its time', () => turn().then(() => 3), { value: 3 }],
  ['a thenable', () => ({ then: (resolve: (value: number) => void) => resolve(4) }), { value: 4 }],
  ['an error as a value', () => failure, { value: failure }],
  [
    'a throw',
    () => {
      throw failure;
    },
    { error: failure },
  ],
  [
    'a throw of undefined',
    () => {
      // oxlint-disable-next-line typescript/only-throw-error -- anything can be thrown
      throw undefined;
    },
    { error: undefined },
  ],
  ['a rejection', () => Promise.reject(failure), { error: failure }],
  ['a rejection that takes its time', () => turn().then(() => Promise.reject(failure)), { error: failure }],
  ['a value, the hold released', (hold) => (hold.release(), 5), { value: 5 }],
  [
    'a throw, the hold released',
    (hold) => {
      hold.release();
      throw failure;
    },
    { error: failure },
  ],
  ['a value, the hold disposed of', (hold) => (hold[Symbol.dispose](), 6), { value: 6 }],
  [
    'a value, the hold handed off, accepted and released elsewhere',
    async (hold) => {
      const parcel = hold.handOff('elsewhere');
      await turn();
      parcel.accept().release();
      return 7;
    },
    { value: 7 },
  ],
];

describe.each(policies)('run, %s', (_policy, options) => {
  describe.each(kinds.map((kind) => [kind.name, kind] as const))('of %s', (_kind, kind) => {
    test.each(endings)(
      'ends as a callback that ends with %s, and has released',
      async (_name, callback, outcome) => {
        const validator = new Validator(options);
        const subject = kind.create(validator);
        const promise = subject.run(kind.whole, callback);
        const next = subject.acquire(kind.whole);
        expect(
          await promise.then(
            (value) => ({ value }),
            (error: unknown) => ({ error }),
          ),
        ).toEqual(outcome);
        expect(subject.tryAcquire(kind.whole), 'somebody waits').toBeUndefined();
        (await next).release();
        expect(subject.tryAcquire(kind.whole)).toBeDefined();
        expect(badReleases(validator)).toBe(0);
      },
    );

    test('keeps the very error that the callback threw', async () => {
      const subject = kind.create(new Validator(options));
      const promise = subject.run(kind.whole, () => {
        throw failure;
      });
      expect(await promise.catch((error: unknown) => error)).toBe(failure);
    });

    test('gives the callback the hold, when the lock is had and not before', async () => {
      const subject = kind.create(new Validator(options));
      const first = await subject.acquire(kind.whole);
      let given: Hold | undefined;
      const promise = subject.run(kind.whole, (hold) => {
        given = hold;
        expect(hold.isOpen).toBe(true);
      });
      await turn();
      expect(given).toBeUndefined();
      first.release();
      await promise;
      expect(given?.isOpen).toBe(false);
    });

    test('rejects with the reason of the signal and does not call', async () => {
      const subject = kind.create(new Validator(options));
      const first = await subject.acquire(kind.whole);
      const controller = new AbortController();
      const neverCalled = (): never => expect.unreachable();
      const early = subject.run(kind.whole, neverCalled, { signal: AbortSignal.abort(failure) });
      const late = subject.run(kind.whole, neverCalled, { signal: controller.signal });
      await expect(early).rejects.toBe(failure);
      controller.abort(failure);
      await expect(late).rejects.toBe(failure);
      first.release();
      expect(subject.tryAcquire(kind.whole)).toBeDefined();
    });

    test('rejects with ERR_LOCK_TIMEOUT when the lock is not had in time', async () => {
      const subject = kind.create(new Validator(options));
      const first = await subject.acquire(kind.whole);
      const promise = subject.run(kind.whole, () => expect.unreachable(), { timeoutMs: 1 });
      await expect(promise).rejects.toMatchObject({
        name: 'LockdepError',
        code: 'ERR_LOCK_TIMEOUT',
        message: 'Expected the lock within 1 ms, it is still held.',
      });
      first.release();
      expect(subject.tryAcquire(kind.whole)).toBeDefined();
    });
  });
});
