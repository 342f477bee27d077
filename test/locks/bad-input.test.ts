/** Whatever is handed to a lock that it cannot use: one clear line, and the lock is as it was. */
import { describe, expect, test } from 'vitest';
import {
  FamilyLock,
  LockdepError,
  Mutex,
  RefGate,
  RwLock,
  Semaphore,
  Validator,
  optimistic,
} from '../../src/index.ts';
import { expectOneLine } from './misuse.ts';
import { policies, turn } from './subjects.ts';

/** Any shape at all, as a program without types hands it over. */
type Anything = never;

interface Locks {
  readonly mutex: Mutex;
  readonly rwLock: RwLock;
  readonly semaphore: Semaphore;
}

type Call = (locks: Locks, value: Anything) => unknown;
type Row = [name: string, how: 'throws' | 'rejects', call: Call, line: string, values: readonly unknown[]];

const notStrings = [5, '', null, {}, [], Symbol('name'), 1n, () => {}];
const notObjects = [null, 5, 'text', true, () => {}];
const notFunctions = [undefined, null, 5, 'text', {}];
const notValidators = [null, 5, 'text', {}, [], Validator];
const notCounts = [0, -1, 1.5, Number.NaN, Infinity, '3', null, 2 ** 53, 3n, {}];
const notSignals = [null, 'text', {}, new AbortController(), new EventTarget()];
const notTimeouts = [-1, Number.NaN, Infinity, 2 ** 31, '5', null, 5n, {}, new Date(0)];
const notReaders = [null, '', 'fair', 1, {}];
const notModes = [null, '', 'exclusive', 1, {}];
const notLocks = [undefined, null, 5, {}, Mutex, { waitForUnlock() {}, run() {} }];
const strangers = [{ nme: 'a' }, { readers: 'queued', permit: 1 }, { Name: 'a' }];
const strangeWaits = [{ timeout: 5 }, { timeoutMs: 5, sginal: undefined }];

const name = 'Expected `name` to be a non-empty string, got ';
const validator = 'Expected `validator` to be a Validator, got ';
const options = 'Expected `options` to be an object, got ';
const keys = 'Expected `options` to be an object with keys of ';
const permits = 'Expected `permits` to be an integer ≥ 1, got ';
const attempt = 'Expected `attempt` to be a function, got ';
const lock = 'Expected `lock` to be a Mutex, an RwLock or a Semaphore, got ';
const fn = 'Expected `fn` to be a function, got ';
const signal = 'Expected `signal` to be an AbortSignal, got ';
const timeoutMs = 'Expected `timeoutMs` to be a number from 0 to 2147483647, got ';

const constructors: Row[] = [
  ['new Mutex(…)', 'throws', (_, value) => new Mutex(value), options, notObjects],
  ['new Mutex({ … })', 'throws', (_, value) => new Mutex(value), keys, strangers],
  ['new Mutex({ name })', 'throws', (_, value) => new Mutex({ name: value }), name, notStrings],
  [
    'new Mutex({ validator })',
    'throws',
    (_, value) => new Mutex({ validator: value }),
    validator,
    notValidators,
  ],
  ['new RwLock(…)', 'throws', (_, value) => new RwLock(value), options, notObjects],
  ['new RwLock({ … })', 'throws', (_, value) => new RwLock(value), keys, strangers],
  ['new RwLock({ name })', 'throws', (_, value) => new RwLock({ name: value }), name, notStrings],
  [
    'new RwLock({ validator })',
    'throws',
    (_, value) => new RwLock({ validator: value }),
    validator,
    notValidators,
  ],
  [
    'new RwLock({ readers })',
    'throws',
    (_, value) => new RwLock({ readers: value }),
    "Expected `readers` to be 'queued' or 'recursive', got ",
    notReaders,
  ],
  ['new FamilyLock(…)', 'throws', (_, value) => new FamilyLock(value), options, notObjects],
  ['new FamilyLock({ … })', 'throws', (_, value) => new FamilyLock(value), keys, strangers],
  ['new RefGate(…)', 'throws', (_, value) => new RefGate(value), options, notObjects],
  ['new RefGate({ … })', 'throws', (_, value) => new RefGate(value), keys, strangers],
  ['new RefGate({ name })', 'throws', (_, value) => new RefGate({ name: value }), name, notStrings],
  [
    'new RefGate({ validator })',
    'throws',
    (_, value) => new RefGate({ validator: value }),
    validator,
    notValidators,
  ],
  ['new Semaphore(…)', 'throws', (_, value) => new Semaphore(value), options, [undefined, ...notObjects]],
  ['new Semaphore({ … })', 'throws', (_, value) => new Semaphore(value), keys, strangers],
  ['new Semaphore({})', 'throws', (_, value) => new Semaphore(value), permits, [{}, { name: 'a' }]],
  [
    'new Semaphore({ permits })',
    'throws',
    (_, value) => new Semaphore({ permits: value }),
    permits,
    [undefined, ...notCounts],
  ],
  [
    'new Semaphore({ name })',
    'throws',
    (_, value) => new Semaphore({ permits: 1, name: value }),
    name,
    notStrings,
  ],
  [
    'new Semaphore({ validator })',
    'throws',
    (_, value) => new Semaphore({ permits: 1, validator: value }),
    validator,
    notValidators,
  ],
];

/** Every method that takes options for a wait, with the same rows for all. */
const waits: [name: string, wait: (locks: Locks, options: Anything) => Promise<unknown>][] = [
  ['mutex.acquire', ({ mutex }, options) => mutex.acquire(options)],
  ['mutex.run', ({ mutex }, options) => mutex.run(unreachable, options)],
  ['rwLock.acquireRead', ({ rwLock }, options) => rwLock.acquireRead(options)],
  ['rwLock.acquireWrite', ({ rwLock }, options) => rwLock.acquireWrite(options)],
  ['rwLock.runRead', ({ rwLock }, options) => rwLock.runRead(unreachable, options)],
  ['rwLock.runWrite', ({ rwLock }, options) => rwLock.runWrite(unreachable, options)],
  ['semaphore.acquire', ({ semaphore }, options) => semaphore.acquire(options)],
  ['semaphore.run', ({ semaphore }, options) => semaphore.run(unreachable, options)],
  ['mutex.waitForUnlock', ({ mutex }, options) => mutex.waitForUnlock(options)],
  ['mutex.waitForQueue', ({ mutex }, options) => mutex.waitForQueue(options)],
  ['rwLock.waitForUnlock', ({ rwLock }, options) => rwLock.waitForUnlock('read', options)],
  ['rwLock.waitForQueue', ({ rwLock }, options) => rwLock.waitForQueue(options)],
  ['semaphore.waitForUnlock', ({ semaphore }, options) => semaphore.waitForUnlock(options)],
  ['member.startWrite', (_, options) => new FamilyLock().attach().startWrite(options)],
  ['member.detach', (_, options) => new FamilyLock().attach().detach(options)],
  ['refGate.drained', (_, options) => new RefGate().drained(options)],
  ['semaphore.waitForQueue', ({ semaphore }, options) => semaphore.waitForQueue(options)],
];

const waitRows = waits.flatMap(([method, wait]): Row[] => [
  [`${method}: options`, 'rejects', wait, options, notObjects],
  [`${method}: unknown options`, 'rejects', wait, keys, strangeWaits],
  [
    `${method}: signal`,
    'rejects',
    (locks, value) => wait(locks, { signal: value } as Anything),
    signal,
    notSignals,
  ],
  [
    `${method}: timeoutMs`,
    'rejects',
    (locks, value) => wait(locks, { timeoutMs: value } as Anything),
    timeoutMs,
    notTimeouts,
  ],
]);

const methods: Row[] = [
  [
    'member.startWrite: what a request of a lock says',
    'rejects',
    (_, options) => new FamilyLock().attach().startWrite(options),
    keys,
    [{ subclass: 1 }, { nestedIn: {} }],
  ],
  ['mutex.acquire: permits', 'rejects', ({ mutex }, value) => mutex.acquire(value), keys, [{ permits: 1 }]],
  ['mutex.run: fn', 'throws', ({ mutex }, value) => mutex.run(value), fn, notFunctions],
  ['rwLock.runRead: fn', 'throws', ({ rwLock }, value) => rwLock.runRead(value), fn, notFunctions],
  ['rwLock.runWrite: fn', 'throws', ({ rwLock }, value) => rwLock.runWrite(value), fn, notFunctions],
  [
    'rwLock.waitForUnlock: mode',
    'throws',
    ({ rwLock }, value) => rwLock.waitForUnlock(value),
    "Expected `mode` to be 'read' or 'write', got ",
    notModes,
  ],
  ['optimistic: lock', 'throws', (_, value) => optimistic(value, unreachable), lock, notLocks],
  ['optimistic: attempt', 'throws', ({ mutex }, value) => optimistic(mutex, value), attempt, notFunctions],
  [
    'optimistic: options',
    'throws',
    ({ mutex }, value) => optimistic(mutex, unreachable, value),
    options,
    notObjects,
  ],
  [
    'optimistic: unknown options',
    'throws',
    ({ mutex }, value) => optimistic(mutex, unreachable, value),
    keys,
    [{ round: 3 }, { timeoutMs: 5 }],
  ],
  [
    'optimistic: rounds',
    'throws',
    ({ mutex }, value) => optimistic(mutex, unreachable, { rounds: value }),
    'Expected `rounds` to be an integer ≥ 1, got ',
    notCounts,
  ],
  [
    'optimistic: signal',
    'throws',
    ({ mutex }, value) => optimistic(mutex, unreachable, { signal: value }),
    signal,
    notSignals,
  ],
  [
    'optimistic: mode',
    'throws',
    ({ rwLock }, value) => optimistic(rwLock, unreachable, { mode: value }),
    "Expected `mode` to be 'read' or 'write', got ",
    notModes,
  ],
  [
    'optimistic: mode of a mutex',
    'throws',
    ({ mutex }, value) => optimistic(mutex, unreachable, { mode: value }),
    'Expected `mode` to be left out for a lock without readers, got ',
    ['read', 'write', null],
  ],
  ['semaphore.run: fn', 'throws', ({ semaphore }, value) => semaphore.run(value), fn, notFunctions],
  [
    'semaphore.acquire: permits',
    'rejects',
    ({ semaphore }, value) => semaphore.acquire({ permits: value }),
    permits,
    notCounts,
  ],
  [
    'semaphore.run: permits',
    'rejects',
    ({ semaphore }, value) => semaphore.run(unreachable, { permits: value }),
    permits,
    notCounts,
  ],
  [
    'semaphore.tryAcquire: permits',
    'throws',
    ({ semaphore }, value) => semaphore.tryAcquire({ permits: value }),
    permits,
    notCounts,
  ],
  [
    'semaphore.tryAcquire: options',
    'throws',
    ({ semaphore }, value) => semaphore.tryAcquire(value),
    options,
    notObjects,
  ],
  [
    'semaphore.tryAcquire: unknown options',
    'throws',
    ({ semaphore }, value) => semaphore.tryAcquire(value),
    keys,
    [{ permit: 2 }, { timeoutMs: 5 }],
  ],
];

describe.each(policies)('bad input, %s', (_policy, options) => {
  test.each([...constructors, ...waitRows, ...methods])(
    'of %s: %s',
    async (_name, how, call, line, values) => {
      for (const value of values) {
        const validator = new Validator(options);
        const locks = {
          mutex: new Mutex({ validator }),
          rwLock: new RwLock({ validator }),
          semaphore: new Semaphore({ validator, permits: 3 }),
        };
        // Nobody has anything, so a request that got through would be granted; then, one that waits.
        await expectOneLine(how, () => call(locks, value as Anything), line, value);
        const holds = [
          locks.mutex.tryAcquire()!,
          locks.rwLock.tryAcquireWrite()!,
          locks.semaphore.tryAcquire({ permits: 3 })!,
        ];
        await expectOneLine(how, () => call(locks, value as Anything), line, value);
        for (const hold of holds) hold.release();
        await turn();
        expect([
          locks.mutex.tryAcquire()?.isOpen,
          locks.rwLock.tryAcquireWrite()?.isOpen,
          locks.semaphore.tryAcquire({ permits: 3 })?.isOpen,
        ]).toEqual([true, true, true]);
        expect(validator.findings).toEqual([]);
      }
    },
  );

  test('says first what is wrong, in an error of our own', () => {
    expect(() => new Semaphore({ permits: 0, validator: new Validator(options) })).toThrow(
      new LockdepError('ERR_INVALID_ARGUMENT', 'Expected `permits` to be an integer ≥ 1, got 0 (number).'),
    );
  });

  test.each<[name: string, create: (validator: Validator) => unknown]>([
    ['nothing', (validator) => new Mutex({ validator })],
    ['a name of undefined', (validator) => new Mutex({ name: undefined as Anything, validator })],
    ['a name of white space', (validator) => new Mutex({ name: ' \n', validator })],
    ['readers of undefined', (validator) => new RwLock({ readers: undefined as Anything, validator })],
    ['the greatest number of permits', (validator) => new Semaphore({ permits: 2 ** 53 - 1, validator })],
  ])('is not %s', (_name, create) => {
    expect(() => create(new Validator(options))).not.toThrow();
  });

  test.each<[name: string, acquire: (mutex: Mutex) => Promise<unknown>]>([
    [
      'no signal and no timeout',
      (mutex) => mutex.acquire({ signal: undefined as Anything, timeoutMs: undefined as Anything }),
    ],
    ['a timeout of 0', (mutex) => mutex.acquire({ timeoutMs: 0 })],
    ['the longest timeout', (mutex) => mutex.acquire({ timeoutMs: 2 ** 31 - 1 })],
    [
      'a signal of several',
      (mutex) => mutex.acquire({ signal: AbortSignal.any([new AbortController().signal]) }),
    ],
  ])('is not %s', async (_name, acquire) => {
    const mutex = new Mutex({ validator: new Validator(options) });
    await acquire(mutex);
    expect(mutex.isHeld).toBe(true);
  });
});

function unreachable(): never {
  return expect.unreachable();
}
