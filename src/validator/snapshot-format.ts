import type { EdgeKind, Evidence, HoldMode, RequestMode } from '../graph/vocabulary.ts';

/** The finding codes of the contract; each has a heading in `docs/findings.md`. */
export type FindingCode =
  | 'circular-dependency'
  | 'recursive-acquisition'
  | 'upgrade-deadlock'
  | 'nested-capacity'
  | 'unsatisfiable-request'
  | 'context-inversion'
  | 'inconsistent-context'
  | 'invalid-wait-context'
  | 'nested-lock-not-held'
  | 'order-violation'
  | 'bad-release'
  | 'not-held'
  | 'destroyed-while-held'
  | 'held-at-end'
  | 'leaked-hold'
  | 'live-deadlock'
  | 'stalled-wait';

export type Certainty = 'potential' | 'certain';
export type Severity = 'error' | 'warning' | 'note';

/** One stack frame: `at` is `path:line:column`, the path relative to the working directory. */
export interface SnapshotFrame {
  at: string;
  fn?: string;
  /** The source line, trimmed; filled by whoever can read the file (command, runner). */
  source?: string;
}

/** Frames of the watched program, innermost first; ours and `node:` ones are cut. */
export interface SnapshotStack {
  frames: SnapshotFrame[];
  /** The place was not taken in the run that made the edge: it is where the class is usually taken. */
  approximate?: boolean;
  /** Name of the flow it happened in. */
  flow?: string;
}

/** Milliseconds; `mean` and `max` over the sampled acquisitions, and with statistics over all. */
export interface SnapshotTimes {
  max: number;
  mean: number;
  /** With statistics: how many the percentiles are of; of waits, those that were not granted at once. */
  count?: number;
  p50?: number;
  p95?: number;
  p99?: number;
  /** Where the one that took longest was asked for, `path:line:column`. */
  at?: string;
}

export interface SnapshotClass {
  name: string;
  kind: string;
  instances: number;
  acquisitions: number;
  contentions: number;
  waitMs: SnapshotTimes;
  holdMs: SnapshotTimes;
  /** Where the first lock of the class was constructed, `path:line:column`. */
  site?: string;
  /** Units of a counted resource. */
  permits?: number;
  /** There is always one more unit. */
  unlimited?: boolean;
  /** First come, first served. */
  fair?: boolean;
  /** An executor whose jobs wait for each other. */
  serial?: boolean;
  /** Followed, and never part of a finding that has arrows. */
  exempt?: boolean;
  /** Private to one processor. */
  perCpu?: boolean;
  /** After merging: the figures of each input; `input` is its index in `inputs`. */
  perInput?: ({ input: number } & SnapshotFigures)[];
}

/** What is counted and timed of a class. */
export type SnapshotFigures = Pick<
  SnapshotClass,
  'instances' | 'acquisitions' | 'contentions' | 'waitMs' | 'holdMs'
>;

/**
 * After merging: how often in which input, as pairs in one flat list: an index into `inputs`, and the count.
 * Inputs without any are left out.
 */
export type SnapshotCounts = number[];

export interface SnapshotEdge {
  from: string;
  to: string;
  kind: EdgeKind;
  fromMode: HoldMode;
  toMode: RequestMode;
  evidence: Evidence;
  breakable: boolean;
  simultaneous: boolean;
  provisional: boolean;
  /** The program declared this order; then the count may be 0. */
  declared?: boolean;
  count: number;
  /** Locks that whoever waited held exclusively, every time the edge was seen; by lock name and instance. */
  gates: string[];
  /** The same, held at least shared. */
  sharedGates?: string[];
  /** Executors in whose custody X was when Y was asked for. */
  custodians?: string[];
  /** It was also seen outside any custody; without custodians it was seen nowhere else. */
  outsideCustody?: boolean;
  /** An edge from a class to itself: both were one and the same lock. */
  sameInstance?: boolean;
  counts?: SnapshotCounts;
  /** Where X was acquired; on a custody edge and a hand-over, where the obligation was handed over. */
  held: SnapshotStack;
  /** Where Y was asked for; on a custody edge, where the callback asked. */
  requested: SnapshotStack;
}

/** A flow that takes part in a hang: what it holds since where, and what it waits for since where. */
export interface SnapshotParticipant {
  /** The lock, with a number where the finding has several of the class. */
  holds?: string;
  holdsMode?: HoldMode;
  heldSince?: SnapshotStack;
  /** Where it was seen last: where it asked for something while it held this. */
  lastSeen?: SnapshotStack;
  waitsFor?: string;
  waitsMode?: RequestMode;
  waitsSince?: SnapshotStack;
  /** It takes nothing, and only waits until the lock is free. */
  isWait?: boolean;
  /** It was handed to the executor that it waits for. */
  isHandedOver?: boolean;
  /** What could end the wait though nothing is released. */
  wayOut?: 'timeout-or-signal' | 'race';
  /** It stands behind another request for the same lock, which waits since there. */
  behind?: SnapshotStack;
}

export interface SnapshotFinding {
  code: FindingCode;
  certainty: Certainty;
  severity: Severity;
  /** Class names; begins and ends with the same class when it is a cycle. */
  chain: string[];
  /** Indices into `edges`, one per arrow of the chain. Empty for findings without arrows. */
  edges: number[];
  /** How many concurrent flows it takes to hang. */
  flows: number;
  /** How often it was found. */
  count: number;
  /** One line that stands alone, names quoted, code in brackets. */
  message: string;
  /** Depends on class names, codes and kinds only, never on lines. */
  fingerprint: string;
  /** For findings without arrows (misuse): where it happened. */
  stack?: SnapshotStack;
  /** Of `live-deadlock` and `stalled-wait`: who holds and waits for what, in the order of the chain. */
  participants?: SnapshotParticipant[];
  /** A cycle that needs a breakable edge: which wait would end, as an index into `edges`. */
  breakableBy?: number;
  /** Missing after merging where the inputs have the finding only together. */
  counts?: SnapshotCounts;
  /** What the inputs have by themselves, where they make it graver together. */
  asSeen?: SnapshotVerdict;
}

/** What merging may change in a finding. */
export type SnapshotVerdict = Pick<
  SnapshotFinding,
  'certainty' | 'severity' | 'edges' | 'flows' | 'message' | 'breakableBy'
>;

export interface SnapshotInput {
  id: string;
  runs: number;
  /** The file it was merged from. */
  name?: string;
}

/** Plain data, JSON-safe, keys and arrays in a stable order. */
export interface Snapshot {
  version: 1;
  tool: string;
  runtime: string;
  /** What was merged; ids are random, and differ between processes. */
  inputs: SnapshotInput[];
  classes: SnapshotClass[];
  edges: SnapshotEdge[];
  findings: SnapshotFinding[];
}
