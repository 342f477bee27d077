/**
 * async-mutex: `Mutex`, `Semaphore`, `withTimeout`, `tryAcquire`.
 *
 * A `Mutex` is a `Semaphore` of one inside, and all ways in lead through `Semaphore.acquire` and `_dispatchItem`,
 * which settles the promise of whoever is let in. These are patched where they are; `withTimeout` and `tryAcquire`
 * are replaced, since only they know that a request has a timeout.
 */
import type * as Library from 'async-mutex';
import { EXCLUSIVE, WAIT } from '../validator/lock-class.ts';
import type { Obligation } from '../validator/obligation.ts';
import { captureStack } from '../validator/stack-trace.ts';
import type { Adapter, Exports, WatchContext } from './shared/adapter.ts';
import { imitate } from './shared/patches.ts';
import { Resource } from './shared/resource.ts';
import { createSlot } from './shared/slot.ts';

type Releaser = () => void;
type Ticket = [value: number, release: Releaser];

interface Task {
  resolve(value: Ticket): void;
  reject(reason: unknown): void;
  readonly weight: number;
}

interface Waiter {
  resolve(): void;
}

/** The fields of a semaphore that we read; the names are the library's. */
interface Semaphore {
  _value: number;
  _queue: Task[];
  _weightedWaiters: (Waiter[] | undefined)[];
  _couldLockImmediately(weight: number, priority: number): boolean;
  acquire(weight?: number, priority?: number): Promise<Ticket>;
  release(weight?: number): void;
}

interface Mutex {
  _semaphore: Semaphore;
}

type Sync = Library.MutexInterface | Library.SemaphoreInterface;

/** Of a semaphore: how it is watched, or, before its first use, where it was made. */
const resources = createSlot<Resource | Error>();
/** Of a task or a waiter in a queue. */
const requests = createSlot<Obligation | null>();

// What a call says to the calls that it makes itself, synchronously.
let isScoped = false;
let timed: { asked: Obligation | null } | null = null;
let releasing: { asked: Obligation | null } | null = null;

function watchSemaphore(prototype: object, { validator, patches }: WatchContext): void {
  function resourceOf(semaphore: Semaphore): Resource {
    const known = resources.read(semaphore);
    if (known instanceof Resource && known.validator === validator) return known;
    const value = semaphore._value;
    const permits = Number.isInteger(value) && value >= 1 ? value : 1;
    const madeAt = known instanceof Error ? known : undefined;
    const resource = new Resource(validator, { kind: 'semaphore', permits, isFair: true, madeAt });
    resources.write(semaphore, resource);
    if (madeAt !== undefined && value < 1) resource.owe();
    return resource;
  }

  patches.construction(prototype, '_value', (semaphore, value) => {
    resources.write(semaphore, captureStack());
    // What it lacks from the beginning somebody owes from the beginning.
    if (typeof value === 'number' && value < 1) resourceOf(semaphore as Semaphore);
  });

  patches.method<Semaphore['acquire']>(
    prototype,
    'acquire',
    (original) =>
      function (this: Semaphore, weight = 1, priority = 0) {
        if (weight <= 0) return original.call(this, weight, priority);
        const resource = resourceOf(this);
        if (priority !== 0) resource.declareUnfair();
        const asked =
          weight === 1
            ? resource.ask(EXCLUSIVE, timed !== null, isScoped, true)
            : resource.askFor(weight, timed !== null, isScoped);
        isScoped = false;
        if (timed !== null) timed.asked = asked;
        timed = null;
        if (weight <= this._value && this._couldLockImmediately(weight, priority)) {
          const previous = this._value;
          this._value = previous - weight;
          return resource.resolved<Ticket>(asked, [previous, createReleaser(this, weight, asked)]);
        }
        const promise = original.call(this, weight, priority);
        resource.noteContention(asked);
        requests.write(findUnmarked(this._queue), asked);
        return promise;
      },
  );

  patches.method<(item: Task) => void>(
    prototype,
    '_dispatchItem',
    () =>
      function (this: Semaphore, item) {
        const asked = requests.read(item);
        const previous = this._value;
        this._value -= item.weight;
        if (asked === undefined) {
          // Asked for before it was watched.
          item.resolve([previous, createReleaser(this, item.weight, null)]);
          return;
        }
        const isOver = asked !== null && asked.seq !== 0;
        const release = createReleaser(this, item.weight, isOver ? null : asked);
        resourceOf(this).deliver(asked, item.resolve, [previous, release]);
      },
  );

  patches.method<Semaphore['release']>(
    prototype,
    'release',
    (original) =>
      function (this: Semaphore, weight = 1) {
        if (weight <= 0) {
          original.call(this, weight);
          return;
        }
        const resource = resourceOf(this);
        const own = releasing;
        releasing = null;
        if (own === null) dischargeAny(resource, weight);
        else if (own.asked?.isOpen === true) resource.discharge(own.asked);
        // It was given back through the lock itself, so what this one gives back is another's.
        else if (own.asked !== null) dischargeAny(resource, weight);
        original.call(this, weight);
        resource.conclude();
      },
  );

  patches.method<(callback: (value: number) => unknown, weight?: number, priority?: number) => unknown>(
    prototype,
    'runExclusive',
    () =>
      async function (this: Semaphore, callback, weight = 1, priority = 0) {
        isScoped = true;
        let acquired: Promise<Ticket>;
        try {
          acquired = this.acquire(weight, priority);
        } finally {
          isScoped = false;
        }
        const [value, release] = await acquired;
        try {
          return await callback(value);
        } finally {
          release();
        }
      },
  );

  patches.method<(weight?: number, priority?: number) => Promise<void>>(
    prototype,
    'waitForUnlock',
    (original) =>
      function (this: Semaphore, weight = 1, priority = 0) {
        if (weight <= 0) return original.call(this, weight, priority);
        const resource = resourceOf(this);
        const asked = resource.ask(EXCLUSIVE + WAIT, timed !== null, false);
        if (timed !== null) timed.asked = asked;
        timed = null;
        if (this._couldLockImmediately(weight, priority)) return resource.resolved(asked, undefined);
        const promise = original.call(this, weight, priority);
        const waiter = findUnmarked(this._weightedWaiters[weight - 1]!);
        const { resolve } = waiter;
        requests.write(waiter, asked);
        waiter.resolve = () => resource.deliver(asked, resolve, undefined);
        return promise;
      },
  );

  patches.method<() => void>(
    prototype,
    'cancel',
    (original) =>
      function (this: Semaphore) {
        const resource = resourceOf(this);
        for (const task of this._queue) {
          const { reject } = task;
          const asked = requests.read(task) ?? null;
          task.reject = (reason) => resource.refuse(asked, reject, reason);
        }
        original.call(this);
      },
  );

  patches.method<(value: number) => void>(
    prototype,
    'setValue',
    (original) =>
      function (this: Semaphore, value) {
        resourceOf(this).capacity += value - this._value;
        original.call(this, value);
      },
  );
}

/** The newest of a queue that was not seen before: nearly always the last, since priorities are rare. */
function findUnmarked<T extends object>(queue: readonly T[]): T {
  let i = queue.length - 1;
  while (i > 0 && requests.read(queue[i]!) !== undefined) i--;
  return queue[i]!;
}

/** A second call has no effect, as it has none in the library. */
function createReleaser(semaphore: Semaphore, weight: number, asked: Obligation | null): Releaser {
  let isCalled = false;
  return () => {
    if (isCalled) return;
    isCalled = true;
    releasing = { asked };
    semaphore.release(weight);
  };
}

function dischargeAny(resource: Resource, weight: number): void {
  const missing = resource.dischargeAny(weight);
  if (missing > 0) {
    resource.report('bad-release', 'was released more often than it was acquired', 'warning');
    resource.capacity += missing;
  }
}

/** What the library does by generators, with the same ticks. */
function watchMutex(prototype: object, { validator, patches }: WatchContext): void {
  patches.construction(prototype, '_semaphore', (_mutex, semaphore) => {
    const madeAt = resources.read(semaphore as Semaphore);
    if (madeAt instanceof Error)
      resources.write(
        semaphore as Semaphore,
        new Resource(validator, { kind: 'mutex', isFair: true, madeAt }),
      );
  });
  patches.method<(priority?: number) => Promise<Releaser>>(
    prototype,
    'acquire',
    () =>
      function (this: Mutex, priority = 0): Promise<Releaser> {
        return this._semaphore.acquire(1, priority).then(takeReleaser);
      },
  );
}

function takeReleaser(ticket: Ticket): Releaser {
  return ticket[1];
}

/** As the library's `withTimeout`, but the end of the wait is told. */
function wrapWithTimeout(
  original: typeof Library.withTimeout,
  { validator }: WatchContext,
): typeof Library.withTimeout {
  const wrapped = (sync: Sync, timeout: number, timeoutError?: Error): Sync => {
    const decorated = original(sync as Library.MutexInterface, timeout, timeoutError) as Sync;
    for (const name of ['acquire', 'waitForUnlock'] as const) {
      const plain = decorated[name] as (...args: unknown[]) => Promise<unknown>;
      (decorated as unknown as Record<string, unknown>)[name] = function (this: unknown, ...args: unknown[]) {
        const request: { asked: Obligation | null } = { asked: null };
        timed = request;
        let promise: Promise<unknown>;
        try {
          promise = plain.apply(this, args);
        } finally {
          timed = null;
        }
        return watchEnd(validator, request, promise);
      };
    }
    return decorated;
  };
  return wrapped as typeof Library.withTimeout;
}

/** The promise as it is; when the timeout ends it, the request has been given up. */
function watchEnd(
  validator: WatchContext['validator'],
  { asked }: { asked: Obligation | null },
  promise: Promise<unknown>,
): Promise<unknown> {
  if (asked === null || asked.seq !== 0) return promise;
  return promise.catch((error: unknown) => {
    try {
      if (asked.seq === 0) validator.engine.tracker.advance(validator.engine.cancel(asked));
    } catch (fault) {
      validator.fault(fault);
    }
    throw error;
  });
}

export const adapter: Adapter = {
  library: 'async-mutex',
  versions: { from: '0.5.0', below: '0.6.0' },
  helpers: ['tslib'],
  watch(exports: Exports, context): Exports {
    const library = exports as unknown as typeof Library;
    watchSemaphore(library.Semaphore.prototype, context);
    watchMutex(library.Mutex.prototype, context);
    const withTimeout = wrapWithTimeout(library.withTimeout, context);
    const tryAcquire = wrapWithTimeout(
      ((sync: Library.MutexInterface, _timeout: number, error?: Error) =>
        library.tryAcquire(sync, error)) as typeof Library.withTimeout,
      context,
    );
    return {
      withTimeout: imitate(withTimeout, library.withTimeout),
      tryAcquire: imitate(
        (sync: Library.MutexInterface, error?: Error) => tryAcquire(sync, 0, error),
        library.tryAcquire,
      ),
    };
  },
};
