import type { Clock } from './clock.ts';
import type { Grant } from './grant.ts';
import type { History } from './history.ts';

export type TrackerKind = 'promise-hooks' | 'async-local-storage' | 'explicit' | 'trace';

/**
 * What the engine knows of causality: the clock of the code that runs now. Which tracker feeds it, the
 * engine does not know.
 */
export interface CausalTracker {
  readonly kind: TrackerKind;
  /**
   * Whether whatever lies behind a clock was waited for by name, as a task of a trace joins another. Then
   * an arrow needs no second witness. Default false: history may have come through something unwatched.
   */
  readonly seesEveryWait?: boolean;
  /** The sequence of events that a request made now belongs to, where such are known, else 0; see `Grant.strand`. */
  readonly strand: number;
  /** The clock behind a request made now. */
  asked(): Clock;
  /** The clock behind a discharge of `open` made now; `null` where the tracker cannot see what was waited for. */
  reached(open: Grant): Clock;
  /** A number that is the same for all that runs in one synchronous stretch. */
  currentRun(): number;
  /** Says that the code that runs now will have `grant` behind it once what it awaits is delivered. */
  expect(grant: Grant): void;
  /** Puts `clock` behind the rest of this synchronous run: something was given at once. */
  advance(clock: Clock): void;
  /** Calls `fn` once, now, with `clock` behind it. */
  call<A extends unknown[], R>(clock: Clock, fn: (...args: A) => R, ...args: A): R;
  /** Settles a waiter's promise: `settle(value)`, with `clock` behind it. */
  deliver<T>(clock: Clock, settle: (value: T) => void, value: T): void;
  /** Makes a promise of `value` that was settled with `clock` behind it. */
  resolved<T>(clock: Clock, value: T): Promise<T>;
  /** Says that `history` led to the end of a promise that is not settled yet, and not whoever will settle it. */
  attribute(promise: object, history: History): void;
  /** Starts following. Counted: every `enable` wants its `disable`. */
  enable(): void;
  disable(): void;
}
