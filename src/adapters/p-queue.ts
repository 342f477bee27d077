/**
 * p-queue: a job that had to wait is begun by whoever was done before it, and the promise that its caller awaits
 * is settled there. See `shared/attributed.ts`.
 */
import { EXCLUSIVE, WAIT } from '../validator/lock-class.ts';
import { captureStack } from '../validator/stack-trace.ts';
import type { Adapter, Exports, WatchContext } from './shared/adapter.ts';
import { watchAbort } from './shared/abort.ts';
import { AttributedJob, attributeWait } from './shared/attributed.ts';
import { Resource } from './shared/resource.ts';
import { createSlot } from './shared/slot.ts';

type Job = (...args: unknown[]) => unknown;

interface AddOptions {
  readonly priority?: number;
  readonly signal?: AbortSignal;
}

interface Queue {
  readonly concurrency: number;
  /** Jobs that wait. */
  readonly size: number;
  /** Jobs that run. */
  readonly pending: number;
  add(job: Job, options?: AddOptions): Promise<unknown>;
}

interface Watched {
  readonly resource: Resource;
  /** Queued by the library, and not begun; with each, how to hear of its signal no more. */
  readonly waiting: Map<AttributedJob, () => void>;
}

/** Of a queue: how it is watched, or, before its first use, where it was made. */
const queues = createSlot<Watched | Error>();

/** They settle when the jobs that are there have made way. */
const WAITS = ['onEmpty', 'onIdle', 'onPendingZero', 'onSizeLessThan'] as const;

function watchQueue(prototype: Queue, { validator, patches }: WatchContext): void {
  function watchedOf(queue: Queue): Watched {
    const known = queues.read(queue);
    if (known !== undefined && 'resource' in known && known.resource.validator === validator) return known;
    const madeAt = known instanceof Error ? known : undefined;
    const { concurrency: permits } = queue;
    const resource = new Resource(validator, { kind: 'semaphore', permits, isFair: true, madeAt });
    const watched = { resource, waiting: new Map<AttributedJob, () => void>() };
    queues.write(queue, watched);
    return watched;
  }

  // The constructor assigns it, too, and before anybody else.
  patches.setter<Queue, number>(
    prototype,
    'concurrency',
    (original) =>
      function (value) {
        original.call(this, value);
        const known = queues.read(this);
        if (known === undefined) queues.write(this, captureStack());
        else if ('resource' in known) known.resource.resize(value);
      },
  );

  patches.method<Queue['add']>(
    prototype,
    'add',
    (original) =>
      function (this: Queue, fn, options) {
        if (typeof fn !== 'function') return original.call(this, fn, options);
        const { resource, waiting } = watchedOf(this);
        const { priority, signal } = options ?? {};
        if (priority) resource.declareUnfair();
        const asked = resource.ask(EXCLUSIVE, signal !== undefined, true);
        const job = new AttributedJob(resource, asked, fn);
        const giveUp = (): void => {
          waiting.delete(job);
          job.drop(true);
        };
        if (signal?.aborted === true) giveUp();
        else waiting.set(job, signal ? watchAbort(signal, giveUp) : nothing);
        const leave = (): void => {
          waiting.get(job)?.();
          waiting.delete(job);
        };
        const { size, pending } = this;
        const promise = original.call(
          this,
          (...args) => {
            leave();
            return job.run(...args);
          },
          options,
        );
        if (job.isWaiting && this.size === size && this.pending === pending) {
          // Its options were refused, and it is not in the queue.
          leave();
          job.drop(false);
        } else if (job.isWaiting) resource.noteContention(asked);
        return job.attribute(promise);
      },
  );

  patches.method<() => void>(
    prototype,
    'clear',
    (original) =>
      function (this: Queue) {
        const { waiting } = watchedOf(this);
        for (const [job, stop] of waiting) {
          stop();
          job.drop(false);
        }
        waiting.clear();
        original.call(this);
      },
  );

  for (const name of WAITS)
    patches.method<(...args: unknown[]) => Promise<void>>(
      prototype,
      name,
      (original) =>
        function (this: Queue, ...args) {
          const { resource } = watchedOf(this);
          const asked = resource.ask(EXCLUSIVE + WAIT, false, false);
          const promise = original.apply(this, args);
          resource.noteWait(asked);
          return attributeWait(resource, asked, promise);
        },
    );
}

const nothing = (): void => {};

export const adapter: Adapter = {
  library: 'p-queue',
  versions: { from: '6.6.2', below: '11.0.0' },
  watch(exports: Exports, context): Exports {
    watchQueue((exports['default'] as { prototype: Queue }).prototype, context);
    return {};
  },
};
