import type { Clock } from '../causality/clock.ts';
import type { CausalTracker } from '../causality/tracker.ts';

/**
 * Causality as a trace tells it: whoever replays the trace says which clock is behind the next event. A
 * task of a trace is sequential and names whom it waits for, unless the trace was recorded.
 */
export class TraceTracker implements CausalTracker {
  readonly kind = 'trace';
  seesEveryWait = true;
  clock: Clock = null;
  /** The task, unless the trace was recorded from a program, where tasks are no sequences. */
  strand = 0;
  /** Requests of one run are simultaneous. Below zero, so that no tracker of the process has the same. */
  run = -1;

  asked(): Clock {
    return this.clock;
  }

  reached(): Clock {
    return this.clock;
  }

  currentRun(): number {
    return this.run;
  }

  /** What comes next belongs to another run. */
  endRun(): void {
    this.run--;
  }

  expect(): void {}

  advance(clock: Clock): void {
    this.clock = clock;
  }

  call<A extends unknown[], R>(clock: Clock, fn: (...args: A) => R, ...args: A): R {
    this.clock = clock;
    return fn(...args);
  }

  deliver<T>(clock: Clock, settle: (value: T) => void, value: T): void {
    this.clock = clock;
    settle(value);
  }

  async resolved<T>(_clock: Clock, value: T): Promise<T> {
    return value;
  }

  attribute(): void {}

  enable(): void {}

  disable(): void {}
}
