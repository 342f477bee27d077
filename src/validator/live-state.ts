import type { HoldMode, RequestMode } from '../graph/vocabulary.ts';
import type { SnapshotStack } from './snapshot-format.ts';

/** All that is held, owed to an executor, or waited for at one moment; the oldest first. */
export interface LiveState {
  held: LiveHold[];
  waiting: LiveWait[];
}

export interface LiveHold {
  lock: string;
  kind: string;
  mode: HoldMode;
  /** For how long, in milliseconds; where nobody took the time, at least that. */
  ageMs: number;
  isAgeAtLeast?: boolean;
  since: SnapshotStack;
  /** Where it asked for something last while it held this. */
  lastSeen?: SnapshotStack;
  /** The executor that has it in custody. */
  custodian?: string;
  /** How many requests wait for it. */
  waiters: number;
}

export interface LiveWait {
  lock: string;
  kind: string;
  mode: RequestMode;
  ageMs: number;
  isAgeAtLeast?: boolean;
  since: SnapshotStack;
  /** It takes nothing, and only waits until the lock is free. */
  isWait?: boolean;
  /** Its caller gave a timeout or a signal. */
  isBreakable?: boolean;
  /** Locks that it holds meanwhile, the newest first. */
  holding: string[];
}
