/**
 * The fibers of Effect.
 *
 * What goes on in a fiber runs in the midst of whoever resumed it, or of a batch of tasks of many fibers. So a fiber
 * has a clock of its own: each time it goes on, that is joined with the clock of whoever resumed it, and a task that
 * is scheduled has the clock of whoever scheduled it. Only where a fiber waits for permits, whoever resumes it has
 * merely given some back, and is not behind it.
 */
import { type Clock, join } from '../../causality/clock.ts';
import type { Obligation } from '../../validator/obligation.ts';
import type { WatchContext } from './adapter.ts';
import type { Resource } from './resource.ts';
import { createSlot } from './slot.ts';

/** What a program makes and `runFork` runs; nothing of it is ours to look into. */
export type Effect = object;

export interface Exit {
  readonly _tag: 'Success' | 'Failure';
}

/** The fields of a fiber that we read; the names are the library's. */
export interface Fiber {
  readonly _exit: Exit | undefined;
  evaluate(effect: Effect): void;
  addObserver(callback: (exit: Exit) => void): () => void;
}

/** What it takes to reach the classes of fibers and of those who schedule them. */
export interface FiberLibrary {
  readonly Effect: {
    readonly void: Effect;
    runFork(effect: Effect): Fiber;
  };
  readonly Scheduler: { readonly MixedScheduler: new () => { makeDispatcher(): object } };
}

export interface Wait {
  readonly resource: Resource;
  readonly asked: Obligation | null;
  /** It is known that it was not granted at once. */
  isContention: boolean;
}

export interface FiberState {
  /** What is behind it since it went on last; in the end, what was behind its end. */
  clock: Clock;
  isRunning: boolean;
  /** It asked for permits and does not have them yet. */
  wait: Wait | null;
}

const fibers = createSlot<FiberState>();

export function stateOf(fiber: Fiber): FiberState {
  let state = fibers.read(fiber);
  if (state === undefined) fibers.write(fiber, (state = { clock: null, isRunning: false, wait: null }));
  return state;
}

function noteContention(wait: Wait): void {
  if (!wait.isContention) wait.resource.noteContention(wait.asked);
  wait.isContention = true;
}

/** Gives each fiber its clock. */
export function watchFibers({ Effect, Scheduler }: FiberLibrary, { validator, patches }: WatchContext): void {
  const { tracker } = validator.engine;
  const prototype = Object.getPrototypeOf(Effect.runFork(Effect.void)) as object;
  patches.method<Fiber['evaluate']>(
    prototype,
    'evaluate',
    (original) =>
      function (this: Fiber, effect) {
        const state = stateOf(this);
        if (state.isRunning) {
          original.call(this, effect);
          return;
        }
        const { clock } = state;
        state.isRunning = true;
        tracker.call(state.wait === null ? join(clock, tracker.asked()) : clock, () => {
          try {
            original.call(this, effect);
          } finally {
            state.isRunning = false;
            state.clock = tracker.asked();
            if (state.wait !== null) noteContention(state.wait);
          }
        });
      },
  );
  patches.method<Fiber['addObserver']>(
    prototype,
    'addObserver',
    (original) =>
      function (this: Fiber, callback) {
        // One that ended before anybody could ask, such as that of `runPromise`.
        if (this._exit === undefined) return original.call(this, callback);
        return tracker.call(join(stateOf(this).clock, tracker.asked()), () => original.call(this, callback));
      },
  );
  patches.method<(task: () => void, priority: number) => void>(
    Object.getPrototypeOf(new Scheduler.MixedScheduler().makeDispatcher()) as object,
    'scheduleTask',
    (original) =>
      function (this: object, task, priority) {
        const clock = tracker.asked();
        original.call(this, () => tracker.call(clock, task), priority);
      },
  );
}
