/** Our locks under one interface, each with the plainest rule of what it lets in: what the tests compare it with. */
import {
  type AcquireOptions,
  GroupLock,
  type Hold,
  Mutex,
  RwLock,
  type RwLockOptions,
  Semaphore,
  Validator,
  type ValidatorOptions,
} from '../../src/index.ts';

/** How one can ask a lock; units of a semaphore as digits. */
export type Ask = 'lock' | 'read' | 'write' | '1' | '2' | '3' | Group;

const GROUPS = ['red', 'black', 'blue'] as const;
type Group = (typeof GROUPS)[number];

export interface Subject {
  acquire(ask: Ask, options?: AcquireOptions): Promise<Hold>;
  tryAcquire(ask: Ask): Hold | undefined;
  run<T>(ask: Ask, fn: (hold: Hold) => T | PromiseLike<T>, options?: AcquireOptions): Promise<T>;
  waitForUnlock(ask: Ask, options?: AcquireOptions): Promise<void>;
  /** Group locks have none: who waits there stands for a group. */
  waitForQueue?(options?: AcquireOptions): Promise<void>;
}

export interface Kind {
  readonly name: string;
  readonly asks: readonly Ask[];
  /** What one can wait for without taking it. */
  readonly looks: readonly Ask[];
  /** Wants the lock for itself. */
  readonly whole: Ask;
  /** Whether such a request has its place beside those that are held. */
  fits(held: readonly Ask[], ask: Ask): boolean;
  /** Whether it need not stand behind those who wait. */
  overtakes(ask: Ask): boolean;
  /** Who waits stands for a group, so nobody can wait for all. */
  readonly isForGroups?: boolean;
  create(validator: Validator): Subject;
}

function createMutex(validator: Validator): Subject {
  const mutex = new Mutex({ name: 'mutex', validator });
  return {
    acquire: (_ask, options) => mutex.acquire(options),
    tryAcquire: () => mutex.tryAcquire(),
    run: (_ask, fn, options) => mutex.run(fn, options),
    waitForUnlock: (_ask, options) => mutex.waitForUnlock(options),
    waitForQueue: (options) => mutex.waitForQueue(options),
  };
}

function createRwLock(validator: Validator, readers: NonNullable<RwLockOptions['readers']>): Subject {
  const lock = new RwLock({ name: 'rwlock', validator, readers });
  return {
    acquire: (ask, options) => (ask === 'read' ? lock.acquireRead(options) : lock.acquireWrite(options)),
    tryAcquire: (ask) => (ask === 'read' ? lock.tryAcquireRead() : lock.tryAcquireWrite()),
    run: (ask, fn, options) => (ask === 'read' ? lock.runRead(fn, options) : lock.runWrite(fn, options)),
    waitForUnlock: (ask, options) =>
      ask === 'write' && options === undefined
        ? lock.waitForUnlock()
        : lock.waitForUnlock(ask as 'read' | 'write', options),
    waitForQueue: (options) => lock.waitForQueue(options),
  };
}

const PERMITS = 3;

function createSemaphore(validator: Validator): Subject {
  const semaphore = new Semaphore({ name: 'semaphore', validator, permits: PERMITS });
  // One unit without saying so, or the default would never be used.
  const permitsOf = (ask: Ask): { permits?: number } => (ask === '1' ? {} : { permits: Number(ask) });
  return {
    acquire: (ask, options) => semaphore.acquire({ ...permitsOf(ask), ...options }),
    tryAcquire: (ask) => semaphore.tryAcquire(permitsOf(ask)),
    run: (ask, fn, options) => semaphore.run(fn, { ...permitsOf(ask), ...options }),
    waitForUnlock: (_ask, options) => semaphore.waitForUnlock(options),
    waitForQueue: (options) => semaphore.waitForQueue(options),
  };
}

function createGroupLock(validator: Validator): Subject {
  // Without an allowance; with one, there is more to know than who holds and who waits: see group-lock.test.ts.
  const lock = new GroupLock({ name: 'grouplock', validator, groups: GROUPS, maxBatch: 0 });
  return {
    acquire: (ask, options) => lock.acquire(ask as Group, options),
    tryAcquire: (ask) => lock.tryAcquire(ask as Group),
    run: (ask, fn, options) => lock.run(ask as Group, fn, options),
    waitForUnlock: (ask, options) => lock.waitForUnlock(ask as Group, options),
  };
}

const fitsRwLock = (held: readonly Ask[], ask: Ask): boolean =>
  ask === 'read' ? !held.includes('write') : held.length === 0;

export const mutex: Kind = {
  name: 'a mutex',
  asks: ['lock'],
  looks: ['lock'],
  whole: 'lock',
  fits: (held) => held.length === 0,
  overtakes: () => false,
  create: createMutex,
};

export const queued: Kind = {
  name: 'a read/write lock with queued readers',
  asks: ['read', 'write'],
  looks: ['read', 'write'],
  whole: 'write',
  fits: fitsRwLock,
  overtakes: () => false,
  create: (validator) => createRwLock(validator, 'queued'),
};

export const recursive: Kind = {
  ...queued,
  name: 'a read/write lock with recursive readers',
  overtakes: (ask) => ask === 'read',
  create: (validator) => createRwLock(validator, 'recursive'),
};

export const semaphore: Kind = {
  name: 'a semaphore of 3',
  asks: ['1', '2', '3'],
  looks: ['1'],
  whole: '3',
  fits: (held, ask) => held.reduce((sum, each) => sum + Number(each), Number(ask)) <= PERMITS,
  overtakes: () => false,
  create: createSemaphore,
};

export const grouped: Kind = {
  name: 'a group lock',
  isForGroups: true,
  asks: ['red', 'black', 'blue'],
  looks: ['red', 'black'],
  // Nobody may be left in any of the groups: who asks for this one at the end is refused by the others.
  whole: 'blue',
  fits: (held, ask) => held.every((each) => each === ask),
  overtakes: () => false,
  create: createGroupLock,
};

/** Those that somebody can have for himself. */
export const kinds: readonly Kind[] = [mutex, queued, recursive, semaphore];

/** Every lock must behave the same whether it is watched or not. */
export const policies: readonly [name: string, options: ValidatorOptions][] = [
  ['watched', {}],
  ['off', { policy: 'off' }],
];

export interface Variant {
  readonly name: string;
  readonly kind: Kind;
  readonly isWatched: boolean;
  createValidator(): Validator;
}

export const variants: readonly Variant[] = [...kinds, grouped].flatMap((kind) =>
  policies.map(([policy, options]) => ({
    name: `${kind.name}, ${policy}`,
    kind,
    isWatched: policy === 'watched',
    createValidator: () => new Validator(options),
  })),
);

/** How often there was a `bad-release`. */
export function badReleases(validator: Validator): number {
  return validator.findings
    .filter(({ code }) => code === 'bad-release')
    .reduce((sum, { count }) => sum + count, 0);
}

/** Lets all that can go on without a timer go on. */
export function turn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}
