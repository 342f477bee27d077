/**
 * p-limit: a limiter is a function, so it is replaced by another.
 *
 * A job that had to wait is begun by whoever was done before it, and the promise that its caller awaits is settled with
 * what the job returned *there*. So the job is called with the clock of its own request, and its caller is told what led
 * to its end. A promise of ours in the place of the library's took three more for each job.
 */
import type * as Library from 'p-limit';
import { EXCLUSIVE } from '../validator/lock-class.ts';
import type { Adapter, Exports, WatchContext } from './shared/adapter.ts';
import { AttributedJob, type AttributedJobOptions } from './shared/attributed.ts';
import { imitate } from './shared/patches.ts';
import { Resource } from './shared/resource.ts';

type Job = (...args: unknown[]) => unknown;
type Limit = ((fn: Job, ...args: unknown[]) => Promise<unknown>) & {
  clearQueue(): void;
  readonly pendingCount: number;
  concurrency: number;
  map?(iterable: Iterable<unknown>, fn: Job): Promise<unknown[]>;
};
type CreateLimit = (options: unknown) => Limit;
type LimitFunction = (fn: Job, options: { concurrency: number }) => Job & { clearQueue?(): void };

const RETURNED: AttributedJobOptions = { isReturned: true };

/** A job that has not begun, between those before and after it. Not a `Set`, which costs as much as the job. */
interface Place {
  readonly job: AttributedJob | null;
  previous: Place;
  next: Place;
}

/** Jobs that have not begun. The library takes them out of its queue in their order, and begins them a tick later. */
class Line {
  readonly #ends: Place;

  constructor() {
    const ends = { job: null } as unknown as Place;
    ends.previous = ends.next = ends;
    this.#ends = ends;
  }

  /** At the end. */
  add(job: AttributedJob): Place {
    const next = this.#ends;
    const { previous } = next;
    return (previous.next = next.previous = { job, previous, next });
  }

  /** Tells so many, the newest ones, that they will not begin. */
  dropNewest(count: number): void {
    for (; count > 0; count--) {
      const newest = this.#ends.previous;
      newest.job?.drop(false);
      leave(newest);
    }
  }
}

function leave({ previous, next }: Place): void {
  previous.next = next;
  next.previous = previous;
}

/** As the options of the library are understood by it; bad ones it refuses itself. */
function permitsOf(options: unknown): number {
  return typeof options === 'object' ? (options as Library.Options).concurrency : (options as number);
}

function watchLimit(limit: Limit, options: unknown, { validator }: WatchContext): Limit {
  const permits = permitsOf(options);
  const resource = new Resource(validator, { kind: 'semaphore', permits, isFair: true });
  const waiting = new Line();

  const run = (fn: Job, ...args: unknown[]): Promise<unknown> => {
    // The library says what is wrong with it.
    if (typeof fn !== 'function') return limit(fn, ...args);
    const job = new AttributedJob(resource, resource.ask(EXCLUSIVE, false, true), fn, RETURNED);
    const place = waiting.add(job);
    // The arguments go past the library, which would only pass them on.
    return job.attribute(
      limit(() => {
        leave(place);
        return args.length === 0 ? job.run() : job.run(...args);
      }),
    );
  };
  const clearQueue = (): void => {
    // Without `rejectOnClear` they will wait for ever, and for nothing that anybody could give.
    waiting.dropNewest(limit.pendingCount);
    limit.clearQueue();
  };
  const setConcurrency = (value: number): void => {
    limit.concurrency = value;
    resource.resize(value);
  };
  const watched: Limit = imitate(run as Limit, limit, {
    clearQueue: { value: imitate(clearQueue, limit.clearQueue) },
    concurrency: { set: setConcurrency },
    map: {
      value: imitate(
        (iterable: Iterable<unknown>, fn: Job) => mapWith(watched, iterable, fn),
        limit.map ?? mapWith,
      ),
    },
  });
  return watched;
}

/** As the library's own, which calls its own limiter. */
async function mapWith(limit: Limit, iterable: Iterable<unknown>, fn: Job): Promise<unknown[]> {
  const promises: Promise<unknown>[] = [];
  try {
    // Also of what is only like an array.
    Array.from(iterable, (value, index) => void promises.push(limit(fn, value, index)));
  } catch (error) {
    for (const promise of promises) promise.catch(ignore);
    throw error;
  }
  return Promise.all(promises);
}

function ignore(): void {}

export const adapter: Adapter = {
  library: 'p-limit',
  versions: { from: '3.1.0', below: '8.0.0' },
  watch(exports: Exports, context): Exports {
    const create = exports['default'] as CreateLimit;
    const limitFunction = exports['limitFunction'] as LimitFunction | undefined;
    const watchedCreate = imitate((options: unknown): Limit => {
      return watchLimit(create(options), options, context);
    }, create);
    if (limitFunction === undefined) return { default: watchedCreate };
    const watchedFunction: LimitFunction = imitate((fn: Job, options: { concurrency: number }) => {
      const plain = limitFunction(fn, options);
      const limit = watchedCreate('clearQueue' in plain ? options : options.concurrency);
      return imitate((...args: unknown[]) => limit(() => fn(...args)), plain, {
        clearQueue: { value: limit.clearQueue },
      });
    }, limitFunction);
    return { default: watchedCreate, limitFunction: watchedFunction };
  },
};
