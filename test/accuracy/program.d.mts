export type LockKind = 'mutex' | 'rwlock' | 'semaphore';

/** `shared` waits behind a queued writer, `recursive` does not; `permit` is one unit of a semaphore. */
export type Mode = 'exclusive' | 'shared' | 'recursive' | 'permit';

/** Each lock is its own class. */
export interface Lock {
  readonly name: string;
  readonly kind: LockKind;
}

/** `id` is unique in the program, and the location in its traces. */
export type Operation =
  | { readonly id: number; readonly kind: 'acquire' | 'try'; readonly lock: string; readonly mode: Mode }
  | { readonly id: number; readonly kind: 'release'; readonly lock: string; readonly acquisition: number }
  | { readonly id: number; readonly kind: 'fork' | 'join'; readonly task: string };

export interface Task {
  readonly name: string;
  /** Starts by itself, and not by a fork. */
  readonly isRoot: boolean;
  readonly operations: readonly Operation[];
}

export interface Program {
  readonly locks: readonly Lock[];
  readonly tasks: readonly Task[];
}

/** What random programs are like. Of a list each value is as likely as the others, and holds for one program. */
export interface Weights {
  readonly lockCounts: readonly number[];
  readonly kinds: Readonly<Record<LockKind, number>>;
  readonly rootCounts: readonly number[];
  /** About how many operations a root has; each task its own. */
  readonly rootSizes: readonly number[];
  readonly childSizes: readonly number[];
  readonly mostTasks: number;
  /** How often tasks share an outer lock. */
  readonly gates: number;
  /** How often a section does not keep to the order of the locks. */
  readonly disorder: readonly number[];
  /** How often a lock is tried. */
  readonly tries: readonly number[];
  /** How often a task forks, and once more. */
  readonly forks: readonly number[];
}

/** A random program; the same for the same seed and weights. */
export function generateProgram(seed: number, changes?: Partial<Weights>): Program;
