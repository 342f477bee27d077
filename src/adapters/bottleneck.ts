/**
 * bottleneck: a limiter carries a job out in timers and chains of its own, which begin with whoever made room. So a
 * job is carried out with the clock of its request, from its beginning to its end, retries and chained limiters
 * included, and the library settles the caller's promise there.
 */
import type * as Library from 'bottleneck';
import type { Clock } from '../causality/clock.ts';
import { EXCLUSIVE } from '../validator/lock-class.ts';
import type { Obligation } from '../validator/obligation.ts';
import { captureStack } from '../validator/stack-trace.ts';
import type { Adapter, Exports, WatchContext } from './shared/adapter.ts';
import { KeyedResources } from './shared/keyed.ts';
import { Resource } from './shared/resource.ts';
import { createSlot } from './shared/slot.ts';

/** A job as the library has it, from its submission to its end; what is read, and what is called. */
interface Job {
  readonly options: { readonly weight: number; readonly priority: number; readonly id: string };
  doExecute(...args: unknown[]): unknown;
  doExpire(...args: unknown[]): unknown;
  doDone(...args: unknown[]): unknown;
  doDrop(...args: unknown[]): boolean;
}

interface Limiter {
  readonly jobDefaults: { readonly priority: number };
  readonly _store: { readonly storeOptions: { readonly maxConcurrent: number | null } };
  readonly _states: { jobStatus(id: string): string | null };
  _receive(job: Job): unknown;
  updateSettings(options?: { maxConcurrent?: number | null }): unknown;
}

interface Group {
  key(key?: string): Limiter;
}

/** What was asked for a job. */
class Submission {
  readonly resource: Resource;
  readonly asked: Obligation | null;
  /** What was behind its beginning. */
  clock: Clock = null;

  constructor(resource: Resource, asked: Obligation | null) {
    this.resource = resource;
    this.asked = asked;
  }
}

/** Of a limiter: how it is watched, or, before its first use, where it was made. */
const resources = createSlot<Resource | Error>();
/** Of a group: its limiters, or, before its first use, where it was made. */
const groups = createSlot<KeyedResources | Error>();
const submissions = createSlot<Submission>();

function watchLimiter(prototype: Limiter, { validator, patches }: WatchContext): void {
  function resourceOf(limiter: Limiter): Resource {
    const known = resources.read(limiter);
    if (known instanceof Resource && known.validator === validator) return known;
    const madeAt = known instanceof Error ? known : undefined;
    const resource = new Resource(validator, { ...kindOf(limiter), madeAt });
    resources.write(limiter, resource);
    return resource;
  }

  patches.construction(prototype, '_scheduled', (limiter) => resources.write(limiter, captureStack()));

  patches.method<Limiter['_receive']>(
    prototype,
    '_receive',
    (original) =>
      function (this: Limiter, job) {
        const { weight, priority, id } = job.options;
        const resource = resourceOf(this);
        // What the library refuses was never asked for, and what has no weight takes nothing.
        const isAsked = weight >= 1 && weight <= resource.capacity && this._states.jobStatus(id) === null;
        if (isAsked) {
          watchJobs(Object.getPrototypeOf(job) as Job, patches);
          if (priority !== this.jobDefaults.priority) resource.declareUnfair();
          const asked =
            weight === 1 ? resource.ask(EXCLUSIVE, false, true) : resource.askFor(weight, false, true);
          resource.noteWait(asked);
          submissions.write(job, new Submission(resource, asked));
        }
        return original.call(this, job);
      },
  );

  patches.method<Limiter['updateSettings']>(
    prototype,
    'updateSettings',
    (original) =>
      function (this: Limiter, options) {
        const resource = resourceOf(this);
        if (options?.maxConcurrent !== undefined) resource.resize(options.maxConcurrent ?? Infinity);
        return original.call(this, options);
      },
  );
}

/** The class of jobs is not exported, so it is met with the first of them. */
function watchJobs(prototype: Job, patches: WatchContext['patches']): void {
  patches.method<Job['doExecute']>(
    prototype,
    'doExecute',
    (original) =>
      function (this: Job, ...args) {
        const submission = submissions.read(this);
        if (submission === undefined) return original.apply(this, args);
        const { resource, asked } = submission;
        return resource.call(asked, () => {
          submission.clock = resource.engine.tracker.asked();
          return original.apply(this, args);
        });
      },
  );
  // Set up together with the job, by whoever made room for it.
  patches.method<Job['doExpire']>(
    prototype,
    'doExpire',
    (original) =>
      function (this: Job, ...args) {
        const submission = submissions.read(this);
        if (submission === undefined) return original.apply(this, args);
        const { resource, clock } = submission;
        return resource.engine.tracker.call(clock, () => original.apply(this, args));
      },
  );
  patches.method<Job['doDone']>(
    prototype,
    'doDone',
    (original) =>
      function (this: Job, ...args) {
        const submission = submissions.read(this);
        submission?.resource.discharge(submission.asked);
        const done = original.apply(this, args);
        submission?.resource.conclude();
        return done;
      },
  );
  patches.method<Job['doDrop']>(
    prototype,
    'doDrop',
    (original) =>
      function (this: Job, ...args) {
        const submission = submissions.read(this);
        let isDropped = false;
        const drop = (): void => {
          isDropped = original.apply(this, args);
        };
        if (submission === undefined) drop();
        else submission.resource.refuse(submission.asked, drop, undefined);
        return isDropped;
      },
  );
}

/** The limiters of a group are locks by key. */
function watchGroup(prototype: Group, { validator, patches }: WatchContext): void {
  patches.construction(prototype, 'limiterOptions', (group) => groups.write(group, captureStack()));
  patches.method<Group['key']>(
    prototype,
    'key',
    (original) =>
      function (this: Group, key = '') {
        const limiter = original.call(this, key);
        if (resources.read(limiter) instanceof Resource) return limiter;
        let family = groups.read(this);
        if (!(family instanceof KeyedResources) || family.validator !== validator) {
          family = new KeyedResources(validator, { ...kindOf(limiter), madeAt: family as Error | undefined });
          groups.write(this, family);
        }
        resources.write(limiter, family.of(key));
        return limiter;
      },
  );
}

function kindOf(limiter: Limiter): { kind: 'semaphore'; permits: number; isFair: boolean } {
  return { kind: 'semaphore', permits: limiter._store.storeOptions.maxConcurrent ?? Infinity, isFair: true };
}

export const adapter: Adapter = {
  library: 'bottleneck',
  versions: { from: '2.19.0', below: '3.0.0' },
  watch(exports: Exports, context): Exports {
    const library = exports['default'] as typeof Library.default;
    watchLimiter(library.prototype as unknown as Limiter, context);
    watchGroup(library.Group.prototype as unknown as Group, context);
    return {};
  },
};
