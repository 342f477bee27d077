/** What all executors do with the holds they are given. */
import { describe, expect, test } from 'vitest';
import { type Hold, LockdepError, Mutex, RwLock, Semaphore, Validator } from '../../src/index.ts';
import { badReleases, policies } from '../locks/subjects.ts';
import { executors } from './executors.ts';
import { uncaughtDuring } from './uncaught.ts';

interface Setting {
  readonly validator: Validator;
  readonly mutex: Mutex;
  readonly rwLock: RwLock;
  readonly semaphore: Semaphore;
  /** One of each. */
  readonly holds: [mutex: Hold, writer: Hold, units: Hold];
}

async function createSetting(validator: Validator): Promise<Setting> {
  const mutex = new Mutex({ name: 'mutex', validator });
  const rwLock = new RwLock({ name: 'rwlock', validator });
  const semaphore = new Semaphore({ name: 'semaphore', validator, permits: 3 });
  const holds: Setting['holds'] = [
    await mutex.acquire(),
    await rwLock.acquireWrite(),
    await semaphore.acquire({ permits: 2 }),
  ];
  return { validator, mutex, rwLock, semaphore, holds };
}

/** Whether each lock is whole again. */
function areFree({ mutex, rwLock, semaphore }: Setting): boolean[] {
  return [mutex.tryAcquire(), rwLock.tryAcquireWrite(), semaphore.tryAcquire({ permits: 3 })].map(
    (hold) => hold !== undefined,
  );
}

const sameTwice =
  'Expected `transfer` to be an array of different holds, got "the same hold twice" (string).';
const deadOne = 'Expected `transfer` to have open holds only, got one that was released or handed over.';
const noHold = 'Expected `transfer` to be an array of holds, got ';

type Refusal = [
  name: string,
  code: string,
  message: string,
  transferOf: (holds: Setting['holds']) => unknown,
];

const refusals: Refusal[] = [
  ['the same hold twice', 'ERR_INVALID_ARGUMENT', sameTwice, ([a, b]) => [a, b, a]],
  [
    'a hold that was released',
    'ERR_DEAD_HOLD',
    deadOne,
    ([a, b]) => {
      b.release();
      return [a, b];
    },
  ],
  [
    'a hold that was handed off',
    'ERR_DEAD_HOLD',
    deadOne,
    ([a, b, c]) => {
      b.handOff('elsewhere').accept().release();
      return [a, b, c];
    },
  ],
  ['null', 'ERR_INVALID_ARGUMENT', `${noHold}null.`, () => null],
  ['a hold by itself', 'ERR_INVALID_ARGUMENT', `${noHold}an object.`, ([a]) => a],
  ['a string', 'ERR_INVALID_ARGUMENT', `${noHold}"text" (string).`, () => 'text'],
  ['an object among the holds', 'ERR_INVALID_ARGUMENT', `${noHold}an object.`, ([a, b]) => [a, {}, b]],
  ['null among the holds', 'ERR_INVALID_ARGUMENT', `${noHold}null.`, ([a]) => [null, a]],
  [
    'a hole among the holds',
    'ERR_INVALID_ARGUMENT',
    `${noHold}undefined.`,
    ([a, b]) => Object.assign([a], { 2: b }),
  ],
  ['a lock among the holds', 'ERR_INVALID_ARGUMENT', `${noHold}an object.`, ([a]) => [a, new Mutex()]],
  ['a set of holds', 'ERR_INVALID_ARGUMENT', `${noHold}an object.`, (holds) => new Set(holds)],
];

describe.each(policies)('hand-over, %s', (policy, options) => {
  describe.each(executors.map((executor) => [executor.name, executor] as const))(
    'to %s',
    (_name, executor) => {
      test('gives the callback the holds in their order, to release', async () => {
        const setting = await createSetting(new Validator(options));
        const given = await new Promise<Hold[]>((resolve) => {
          const fn = (...holds: Hold[]): void => resolve(holds);
          executor.start(setting.validator, fn, { transfer: setting.holds });
        });
        expect(given.map(({ isOpen }) => isOpen)).toEqual([true, true, true]);
        const [mutexHold, writeHold, units] = given as Setting['holds'];
        mutexHold.release();
        expect([setting.mutex.isHeld, setting.semaphore.available]).toEqual([false, 1]);
        units.release();
        expect([setting.rwLock.tryAcquireWrite(), setting.semaphore.available]).toEqual([undefined, 3]);
        writeHold.release();
        expect(areFree(setting)).toEqual([true, true, true]);
        expect(badReleases(setting.validator)).toBe(0);
      });

      test('makes the old handles dead at once', async () => {
        const setting = await createSetting(new Validator(options));
        const job = new Promise<Hold[]>((resolve) => {
          const fn = (...holds: Hold[]): void => resolve(holds);
          executor.start(setting.validator, fn, { transfer: setting.holds });
        });
        expect(setting.holds.map(({ isOpen }) => isOpen)).toEqual([false, false, false]);
        for (const hold of setting.holds) hold.release();
        expect(areFree(setting), 'nothing is released by them').toEqual([false, false, false]);
        for (const hold of await job) hold.release();
        for (const hold of setting.holds) hold.release();
        expect(areFree(setting)).toEqual([true, true, true]);
        expect(areFree(setting), 'no second time').toEqual([false, false, false]);
        expect(badReleases(setting.validator)).toBe(policy === 'off' ? 0 : 6);
      });

      test('leaves the lock held until the callback releases, which lets in whoever waits', async () => {
        const { validator, mutex, holds } = await createSetting(new Validator(options));
        const log: string[] = [];
        const next = mutex.run(() => void log.push('next'));
        await new Promise<void>((resolve) => {
          const fn = async (hold: Hold): Promise<void> => {
            log.push('callback');
            await new Promise((resolve) => void setImmediate(resolve));
            log.push('released');
            hold.release();
            resolve();
          };
          executor.start(validator, fn, { transfer: [holds[0]] });
        });
        await next;
        expect(log).toEqual(['callback', 'released', 'next']);
      });

      test('goes from one executor to the next', async () => {
        const setting = await createSetting(new Validator(options));
        await new Promise<void>((resolve) => {
          const last = (...holds: Hold[]): void => {
            for (const hold of holds) hold.release();
            resolve();
          };
          const first = (...holds: Hold[]): void =>
            executor.start(setting.validator, last, { transfer: holds.toReversed() });
          executor.start(setting.validator, first, { transfer: setting.holds });
        });
        expect(areFree(setting)).toEqual([true, true, true]);
        expect(badReleases(setting.validator)).toBe(0);
      });

      test.each<[name: string, options: [{ transfer?: Hold[] }?]]>([
        ['no options', []],
        ['no transfer', [{}]],
        ['an empty transfer', [{ transfer: [] }]],
      ])('calls the callback without arguments, given %s, and when it says', async (_case, given) => {
        let isLater = false;
        const args = await new Promise<unknown[]>((resolve) => {
          const fn = (...args: unknown[]): void => {
            expect(isLater).toBe(executor.isAtOnce !== true);
            resolve(args);
          };
          executor.start(new Validator(options), fn, ...given);
          isLater = true;
        });
        expect(args).toEqual([]);
      });

      test.each(refusals)(
        'is refused with %s in it, and nothing was handed over',
        async (_case, code, message, transferOf) => {
          const setting = await createSetting(new Validator(options));
          const transfer = transferOf(setting.holds) as Hold[];
          const before = setting.holds.map(({ isOpen }) => isOpen);
          expect(() => executor.start(setting.validator, () => expect.unreachable(), { transfer })).toThrow(
            new LockdepError(code, message),
          );
          expect(setting.holds.map(({ isOpen }) => isOpen)).toEqual(before);
          for (const hold of setting.holds) if (hold.isOpen) hold.release();
          expect(areFree(setting)).toEqual([true, true, true]);
          expect(badReleases(setting.validator)).toBe(0);
        },
      );

      // Listeners are given to the emitter, long before.
      test.skipIf(executor.isAtOnce).each<[name: string, fn: unknown]>([
        ['nothing', undefined],
        ['null', null],
        ['a string', 'text'],
        ['an object', {}],
      ])('is refused with %s as a callback, and nothing was handed over', async (_case, fn) => {
        const setting = await createSetting(new Validator(options));
        expect(() =>
          executor.start(setting.validator, fn as () => void, { transfer: setting.holds }),
        ).toThrow(/^Expected `fn` to be a function, got .+\.$/);
        for (const hold of setting.holds) hold.release();
        expect(areFree(setting)).toEqual([true, true, true]);
      });

      test.each<[name: string, options: unknown, message: RegExp]>([
        ['null as options', null, /^Expected `options` to be an object, got null\.$/],
        ['a string as options', 'text', /^Expected `options` to be an object, got "text" \(string\)\.$/],
        [
          'a misspelt option',
          { tranfser: [] },
          /^Expected `options` to be an object with keys of .*transfer, got .+\.$/,
        ],
      ])('is refused with %s', (_case, given, message) => {
        const start = (): void =>
          executor.start(new Validator(options), () => expect.unreachable(), given as object);
        expect(start).toThrow(message);
      });

      test.skipIf(executor.isAtOnce).each<[name: string, fn: () => unknown, event: string]>([
        [
          'throws',
          () => {
            throw failure;
          },
          executor.rejects === true ? 'unhandledRejection' : 'uncaughtException',
        ],
        ['rejects', () => Promise.reject(failure), 'unhandledRejection'],
      ])(
        'to a callback that %s leaves the holds held, and the error to the process',
        async (_case, fn, event) => {
          const setting = await createSetting(new Validator(options));
          let given: Hold[] = [];
          const uncaught = await uncaughtDuring(
            () =>
              new Promise<void>((resolve) => {
                const failing = (...holds: Hold[]): unknown => {
                  given = holds;
                  resolve();
                  return fn();
                };
                executor.start(setting.validator, failing, { transfer: setting.holds });
              }),
          );
          expect(uncaught).toEqual([[event, failure]]);
          expect(areFree(setting)).toEqual([false, false, false]);
          for (const hold of given) hold.release();
          expect(areFree(setting)).toEqual([true, true, true]);
        },
      );
    },
  );
});

const failure = new Error('of the callback');
