import type { Program } from './program.mjs';

export interface ExploreOptions {
  /** How many states to look at before giving up; 200,000 unless told. */
  readonly stateLimit?: number;
  /** Whether to leave out orders that lead to the same deadlocks; `true` unless told. */
  readonly isReduced?: boolean;
}

/** A task that is stuck: what it holds, and what it waits for. */
export interface StuckTask {
  readonly task: string;
  readonly holds: readonly string[];
  readonly waitsFor: string;
}

export interface Exploration {
  /** `undefined` when the limit was reached before the answer. */
  readonly isDeadlockReachable: boolean | undefined;
  readonly stateCount: number;
  /** The deadlock that was found. A task with a `'` is a second copy. */
  readonly stuck: readonly StuckTask[] | undefined;
}

/** Looks for a deadlock in every schedule of a program of which any task may run twice at once. */
export function explore(program: Program, options?: ExploreOptions): Exploration;
