/**
 * async-lock: locks by key, and functions that run under them.
 *
 * The library runs a function that had to wait in the midst of whoever let it in, and all that it does at the
 * function's end follows from there. So what it puts into its queue is called with the clock of the request. Its
 * promises are made here: they are settled by the callback that it takes in their place, in the same tick.
 */
import type * as Library from 'async-lock';
import { EXCLUSIVE } from '../validator/lock-class.ts';
import type { Obligation } from '../validator/obligation.ts';
import { captureStack } from '../validator/stack-trace.ts';
import type { Adapter, Exports, WatchContext } from './shared/adapter.ts';
import { KeyedResources } from './shared/keyed.ts';
import type { Resource } from './shared/resource.ts';
import { createSlot } from './shared/slot.ts';

type Options = Library.AsyncLockOptions;
type Task = () => void;
/** Told of an error, else of a value. */
type Done = (error: unknown, value?: unknown) => void;
/** A function of one parameter gets a `Done`; any other returns its value or a promise. */
type Job = (done: Done) => unknown;

/** The fields that we read; the names are the library's. */
interface Lock {
  readonly Promise: PromiseConstructor;
  /** What waits for a key; there is a queue while somebody has it. */
  readonly queues: Record<PropertyKey, Task[] | undefined>;
  readonly domainReentrant: boolean;
  readonly maxPending: number;
  readonly timeout: number;
  readonly maxOccupationTime: number;
  readonly maxExecutionTime?: number;
  _promiseTry(job: () => unknown): Promise<unknown>;
}

type Acquire = (
  this: Lock,
  key: PropertyKey | PropertyKey[],
  job: Job,
  doneOrOptions?: Done | Options,
  options?: Options,
) => unknown;
/** The same with a callback. */
type AcquireWith = (this: Lock, key: PropertyKey, job: Job, done: Done, options: Options | undefined) => void;

/** Of a lock: its keys, or, before its first use, where it was made. */
const families = createSlot<KeyedResources | Error>();

function watchLock(prototype: object, { validator, patches }: WatchContext): void {
  function resourceOf(lock: Lock, key: PropertyKey): Resource {
    let family = families.read(lock);
    if (!(family instanceof KeyedResources) || family.validator !== validator) {
      const madeAt = family instanceof Error ? family : undefined;
      family = new KeyedResources(validator, { kind: 'mutex', isFair: true, madeAt });
      families.write(lock, family);
    }
    return family.of(typeof key === 'string' || typeof key === 'symbol' ? key : String(key));
  }

  patches.construction(prototype, 'queues', (lock) => families.write(lock, captureStack()));

  patches.method<Acquire>(
    prototype,
    'acquire',
    (original) =>
      function (key, job, doneOrOptions, givenOptions) {
        // An array of keys comes back key by key; what is wrong with a job, the library says.
        if (Array.isArray(key) || typeof job !== 'function')
          return original.call(this, key, job, doneOrOptions, givenOptions);
        const acquire = original as AcquireWith;
        const resource = resourceOf(this, key);
        if (typeof doneOrOptions === 'function') {
          acquireUnder(resource, acquire, this, key, job, doneOrOptions, givenOptions);
          return undefined;
        }
        const queue = this.queues[key];
        if (doneOrOptions === undefined && job.length !== 1 && isSimple(this, queue))
          return runSimply(resource, this, key, queue, job as () => unknown);
        let settle: Done;
        const promise = new this.Promise((resolve, reject) => {
          settle = (error, value) => (error ? reject(error) : resolve(value));
        });
        acquireUnder(resource, acquire, this, key, job, settle!, doneOrOptions);
        return promise;
      },
  );
}

/** Nothing but the end of a job ends it, or the wait for it. */
function isSimple(lock: Lock, queue: Task[] | undefined): boolean {
  return (
    !lock.domainReentrant &&
    !lock.timeout &&
    !lock.maxOccupationTime &&
    !lock.maxExecutionTime &&
    (!queue || queue.length < lock.maxPending)
  );
}

let resolveNewest: (value: unknown) => void;
let rejectNewest: (error: unknown) => void;

/** One for all, since closures are most of what a job costs. */
function keepSettlers(resolve: (value: unknown) => void, reject: (error: unknown) => void): void {
  resolveNewest = resolve;
  rejectNewest = reject;
}

interface SimpleRun {
  readonly resource: Resource;
  readonly asked: Obligation | null;
  readonly lock: Lock;
  readonly key: PropertyKey;
  readonly job: () => unknown;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** What the library does with such a job, in its order and ticks, and without most of its closures. */
function runSimply(
  resource: Resource,
  lock: Lock,
  key: PropertyKey,
  queue: Task[] | undefined,
  job: () => unknown,
): Promise<unknown> {
  const asked = resource.ask(EXCLUSIVE, false, true, true);
  const promise = new lock.Promise(keepSettlers);
  const run = { resource, asked, lock, key, job, resolve: resolveNewest, reject: rejectNewest };
  if (queue) queueRun(run, queue);
  else {
    lock.queues[key] = [];
    resource.call(asked, begin, run);
  }
  return promise;
}

function queueRun(run: SimpleRun, queue: Task[]): void {
  run.resource.noteContention(run.asked);
  queue.push(() => run.resource.call(run.asked, begin, run));
}

function begin(run: SimpleRun): void {
  run.lock._promiseTry(run.job).then(
    (value) => end(run, undefined, value),
    (error: unknown) => end(run, error, undefined),
  );
}

function end(
  { resource, asked, lock, key, resolve, reject }: SimpleRun,
  error: unknown,
  value: unknown,
): void {
  resource.discharge(asked);
  resource.conclude();
  const { queues } = lock;
  const queue = queues[key];
  if (queue && queue.length === 0) delete queues[key];
  if (error) reject(error);
  else resolve(value);
  if (queue && queue.length > 0) queue.shift()!();
}

/** Tells of a request for a key what comes of it; `settle` is told when the library says that it is over. */
function acquireUnder(
  resource: Resource,
  acquire: AcquireWith,
  lock: Lock,
  key: PropertyKey,
  job: Job,
  settle: Done,
  options: Options | undefined,
): void {
  const isBreakable = Boolean(options?.timeout || options?.maxOccupationTime);
  let asked: Obligation | null = null;
  const release = (): void => {
    resource.discharge(asked);
    resource.conclude();
  };
  const done: Done = (error, value) => {
    if (resource.isWaiting(asked)) {
      const reject = (): void => settle(error, value);
      if (isBreakable) resource.giveUp(asked, reject, undefined);
      else resource.refuse(asked, reject, undefined);
      return;
    }
    if (!isStillHeldAfter(error)) release();
    settle(error, value);
  };
  const mayBeOutlived = Boolean(options?.maxOccupationTime || lock.maxOccupationTime);
  const watched = mayBeOutlived ? withRelease(lock, job, release) : job;

  const queue = lock.queues[key];
  if (!queue) {
    asked = resource.ask(EXCLUSIVE, isBreakable, true, true);
    resource.call(asked, () => acquire.call(lock, key, watched, done, options));
    return;
  }
  const { length } = queue;
  acquire.call(lock, key, watched, done, options);
  // Too many wait already, or it runs at once, within the domain that has the lock.
  if (queue.length === length) return;
  asked = resource.ask(EXCLUSIVE, isBreakable, true, true);
  resource.noteContention(asked);
  const isFirst = Boolean(options?.skipQueue);
  if (isFirst) resource.declareUnfair();
  const at = isFirst ? 0 : length;
  const task = queue[at]!;
  queue[at] = () => resource.call(asked, task);
}

/** After this time the caller waits no more, but the lock is held until the job is over. */
function isStillHeldAfter(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('Maximum occupation time is exceeded');
}

/** The job, which is watched to its end, since its caller may have been told something else before. */
function withRelease(lock: Lock, job: Job, release: () => void): Job {
  if (job.length === 1)
    return (done) =>
      job((error, value) => {
        release();
        done(error, value);
      });
  return () => {
    const result = lock.Promise.resolve((job as () => unknown)());
    result.then(release, release);
    return result;
  };
}

export const adapter: Adapter = {
  library: 'async-lock',
  versions: { from: '1.3.0', below: '2.0.0' },
  watch(exports: Exports, context): Exports {
    watchLock((exports['default'] as { prototype: object }).prototype, context);
    return {};
  },
};
