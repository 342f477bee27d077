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

/** The fields of a fiber that we read; the names are the library's, in version 4 or in version 3. */
export interface Fiber {
  readonly _exit?: Exit | undefined;
  readonly _exitValue?: Exit | null;
  addObserver(callback: (exit: Exit) => void): () => void;
}

/** What version 3 tells a fiber: to go on, to stop, or to look at itself. */
interface Message {
  readonly _tag: string;
}

/** Puts a task of a fiber into the next batch. */
type ScheduleTask = (task: () => void, ...rest: unknown[]) => void;

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
  /** It has been told to go on, and will. */
  isResumed: boolean;
  /** It asked for permits and does not have them yet. */
  wait: Wait | null;
}

const fibers = createSlot<FiberState>();

export function stateOf(fiber: Fiber): FiberState {
  let state = fibers.read(fiber);
  if (state === undefined)
    fibers.write(fiber, (state = { clock: null, isRunning: false, isResumed: false, wait: null }));
  return state;
}

function noteContention(wait: Wait): void {
  if (!wait.isContention) wait.resource.noteContention(wait.asked);
  wait.isContention = true;
}

/** Gives each fiber its clock. `evaluate` is the name of the method in which it goes on. */
export function watchFibers(
  prototype: object,
  evaluate: string,
  { validator: { engine }, patches }: WatchContext,
): void {
  const { tracker } = engine;
  patches.method<(effect: Effect) => void>(
    prototype,
    evaluate,
    (original) =>
      function (this: Fiber, effect) {
        const state = stateOf(this);
        if (state.isRunning) {
          original.call(this, effect);
          return;
        }
        const { clock } = state;
        state.isRunning = true;
        state.isResumed = false;
        tracker.call(state.wait === null ? join(clock, tracker.asked()) : clock, () => {
          try {
            original.call(this, effect);
          } finally {
            state.isRunning = false;
            state.clock = tracker.asked();
            if (state.wait !== null && !state.isResumed) noteContention(state.wait);
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
        if ((this._exit ?? this._exitValue ?? null) === null) return original.call(this, callback);
        return tracker.call(join(stateOf(this).clock, tracker.asked()), () => original.call(this, callback));
      },
  );
}

const told = createSlot<Clock>();

/** Fibers of version 3 have a queue of messages, each of which has the clock of whoever told it. */
export function watchMessages(prototype: object, { validator: { engine }, patches }: WatchContext): void {
  const { tracker } = engine;
  patches.method<(message: Message) => void>(
    prototype,
    'tell',
    (original) =>
      function (this: Fiber, message) {
        told.write(message, tracker.asked());
        if (message._tag === 'Resume') stateOf(this).isResumed = true;
        original.call(this, message);
      },
  );
  patches.method<(message: Message) => unknown>(
    prototype,
    'evaluateMessageWhileSuspended',
    (original) =>
      function (this: Fiber, message) {
        const clock = told.read(message);
        if (clock === undefined) return original.call(this, message);
        return tracker.call(clock, () => original.call(this, message));
      },
  );
}

/** Gives each task that is scheduled its clock. */
export function watchTasks(prototype: object, { validator: { engine }, patches }: WatchContext): void {
  const { tracker } = engine;
  patches.method<ScheduleTask>(
    prototype,
    'scheduleTask',
    (original) =>
      function (this: object, task, ...rest) {
        const clock = tracker.asked();
        original.call(this, () => tracker.call(clock, task), ...rest);
      },
  );
}
