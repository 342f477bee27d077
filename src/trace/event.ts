/** What a line of a trace says; the grammar is in docs/traces.md. */
import type { RequestMode } from '../graph/vocabulary.ts';

/** A lock as traces name it: `X#2` is instance 2 of class `X`. */
export interface LockName {
  readonly className: string;
  /** Empty where none was given. */
  readonly instance: string;
}

/** How a lock is asked for. */
export interface RequestEvent {
  readonly type: 'acq' | 'req' | 'try';
  readonly lock: LockName;
  readonly mode: RequestMode;
  /** 0 is the class itself. */
  readonly subclass: number;
  readonly nestedIn: LockName | undefined;
  readonly units: number;
  /** The caller would have given up some time. */
  readonly isTimed: boolean;
  /** Recorded: it takes nothing, it never waited, and whose request it grants or ends. */
  readonly isWait: boolean;
  readonly isTry: boolean;
  readonly of: string | undefined;
}

export interface WaitEvent {
  readonly type: 'wait';
  readonly lock: LockName;
  readonly mode: RequestMode;
  readonly isTimed: boolean;
}

export interface LockEvent {
  readonly type: 'rel' | 'cancel' | 'downgrade' | 'arm' | 'signal' | 'init' | 'assert';
  readonly lock: LockName;
  /** Recorded: whose request it was, what it is owed since, and whether it was owed before. */
  readonly of: string | undefined;
  readonly since: string | undefined;
  readonly isRenewed: boolean;
}

export interface TaskEvent {
  readonly type: 'fork' | 'join';
  readonly task: string;
  /** Recorded: what was granted in that task alone comes along, and not what lay behind it. */
  readonly isAlone: boolean;
  /** Recorded: what a listener has borrowed; see `causality/borrow.ts`. */
  readonly isBorrowed: boolean;
  /** It came through a race. */
  readonly isTimed: boolean;
  /** It speaks for older grants as well, and so for no gate. */
  readonly isUngated: boolean;
}

export interface HandOverEvent {
  readonly type: 'handoff';
  readonly lock: LockName;
  readonly task: string;
  /** Recorded: whose request it was, and the job that must discharge it now. */
  readonly of: string | undefined;
  readonly job: string | undefined;
}

export interface ContextEvent {
  readonly type: 'enter' | 'leave' | 'mask' | 'unmask';
  readonly context: string;
  /** An interrupt that runs as a thread, where more may be waited for. */
  readonly isThreaded: boolean;
}

/** Reads, writes and transactions: what other tools put into traces. */
export interface IgnoredEvent {
  readonly type: 'ignored';
}

export type TraceEvent =
  | RequestEvent
  | WaitEvent
  | LockEvent
  | TaskEvent
  | HandOverEvent
  | ContextEvent
  | IgnoredEvent;

/** `#! class NAME key=value …` */
export interface ClassDeclaration {
  readonly type: 'class';
  readonly className: string;
  readonly options: ReadonlyMap<string, string>;
}

/** `#! order A B C` */
export interface OrderDeclaration {
  readonly type: 'order';
  readonly names: readonly string[];
}

/** `#! recorded`: a task for each synchronous run of a program, so joins tell nothing of who waited. */
export interface RecordedDeclaration {
  readonly type: 'recorded';
}

/** `#! drained`: the event loop was empty, so what waits then waits for ever. */
export interface DrainedDeclaration {
  readonly type: 'drained';
}

export type Declaration = ClassDeclaration | OrderDeclaration | RecordedDeclaration | DrainedDeclaration;

/** One line that says something. */
export type TraceLine =
  | { readonly declaration: Declaration }
  | { readonly task: string; readonly event: TraceEvent; readonly location: string };
