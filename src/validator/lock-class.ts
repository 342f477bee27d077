import { ClockKey } from '../causality/grant.ts';
import type { Edge } from '../graph/edge.ts';
import type { HoldMode, RequestMode } from '../graph/vocabulary.ts';
import { InstanceOrders } from './instance-orders.ts';
import type { KeyPattern } from './key-pattern.ts';
import { KeyedList } from './keyed-list.ts';
import { type LazyStack, type RawStack, Transition, readStack } from './stack-trace.ts';

/** What kind of thing a class is; decides which rule a nesting of it breaks. */
export type LockKind =
  | 'mutex'
  | 'rwlock'
  | 'grouplock'
  | 'semaphore'
  | 'rcu'
  | 'completion'
  | 'executor'
  /** What `flow` names; see `locks/flow.ts`. */
  | 'flow'
  /** An execution context such as an interrupt; see contexts.ts. */
  | 'context'
  | KernelKind;

/** What the Linux kernel has beside these; traces name them. */
export type KernelKind =
  | 'rwsem'
  | 'spinlock'
  | 'raw_spinlock'
  | 'rtmutex'
  | 'local_lock'
  | 'rcu_read'
  | 'rcu_read_bh'
  | 'rcu_read_sched'
  | 'map';

export interface LockClassOptions {
  kind?: LockKind;
  /** Units of a counted resource. Default 1. */
  permits?: number;
  /** First come, first served, without priorities or barging. Default false. */
  isFair?: boolean;
  /** Runs one job after the other, so that whoever waits for it waits for all before. Default false. */
  isSerial?: boolean;
  /** Followed, and never part of a finding that has arrows. Default false. */
  isExempt?: boolean;
  /** Private to one processor: interrupts take no part in cycles through it. Default false. */
  isPerCpu?: boolean;
  /**
   * What nesting two instances means: a finding (`report`, the default), or a finding only where the orders
   * that were seen contradict each other (`instances`).
   */
  sameClass?: 'report' | 'instances';
  /** The order of two locks of the class: less than 0 where the second may be asked for under the first. */
  order?: (held: object, asked: object) => number;
}

/** How Y is asked for: request mode, or a try, or a mere wait. */
export const EXCLUSIVE = 0;
export const SHARED = 1;
export const RECURSIVE = 2;
/** A grant that never waited: arrows lead out of it, none into it. */
export const TRY = 3;
/** Added to a mode: waited until it was free, took nothing. */
export const WAIT = 4;
export const TRY_SHARED = 7;
/** Added to a mode: the thread is blocked until it is granted, and with it the event loop. */
export const BLOCKING = 8;
const ASKED = BLOCKING - 1;

const CODES: Readonly<Record<RequestMode, number>> = {
  exclusive: EXCLUSIVE,
  shared: SHARED,
  recursive: RECURSIVE,
};

/** How Y is asked for in this mode, or tried. */
export function codeOf(mode: RequestMode, isTry: boolean): number {
  if (isTry) return mode === 'exclusive' ? TRY : TRY_SHARED;
  return CODES[mode];
}

export function isRequestMode(mode: string): mode is RequestMode {
  return Object.hasOwn(CODES, mode);
}

/** Both places of an edge. */
export interface EdgePlaces {
  held: RawStack;
  requested: RawStack;
  isHeldApproximate: boolean;
  isRequestedApproximate: boolean;
  /** A nesting of a class in itself: whether it was one and the same lock. */
  isSameInstance: boolean;
  /** Names of the flows in which X was held and Y was asked for, if they have any. */
  heldIn?: string | undefined;
  requestedIn?: string | undefined;
}

/** An edge that a row has met, with what the warm path wants to know of it. */
export interface KnownEdge {
  readonly key: ClockKey;
  readonly edge: Edge<EdgePlaces>;
  /** Number of the discharge that counted it last. */
  countedAt: number;
  /** Another observation would change nothing but the count, as long as the gates hold. */
  isWarm: boolean;
  /** The edge's gates in the order of nesting, newest first. */
  gateOrder: readonly number[];
}

/** What lay between a request and its discharge, if all its arrows were warm, or settled orders of locks by key. */
export interface Span {
  readonly sum: number;
  readonly edges: readonly KnownEdge[];
  /** How often it was met since its edges were counted. */
  hits: number;
}

/** Spans kept by a row; programs repeat a few of them for ever. */
const KEPT_SPANS = 4;

/** A class held in one mode: where its arrows start. */
export class Row {
  readonly lockClass: LockClass;
  readonly mode: HoldMode;
  /** By the key that was asked for. */
  readonly edges: KeyedList<KnownEdge> = new KeyedList();
  /** Walks through what was newer than a request. */
  walks = 0;
  #spans: Span[] = [];
  #nextSpan = 0;

  constructor(lockClass: LockClass, mode: HoldMode) {
    this.lockClass = lockClass;
    this.mode = mode;
  }

  /** A span that was met before, all edges of it warm; undefined for any other. */
  findSpan(sum: number): Span | undefined {
    const spans = this.#spans;
    for (let i = 0; i < spans.length; i++) if (spans[i]!.sum === sum) return spans[i];
    return undefined;
  }

  /** Keeps a span in the place of the oldest one. */
  keepSpan(sum: number, edges: readonly KnownEdge[]): void {
    const oldest = this.#spans[this.#nextSpan];
    if (oldest !== undefined) countEdges(oldest);
    this.#spans[this.#nextSpan] = { sum, edges, hits: 0 };
    this.#nextSpan = (this.#nextSpan + 1) % KEPT_SPANS;
  }

  /** An edge is not warm any more, or all is forgotten. */
  dropSpans(): void {
    this.countSpans();
    this.#spans = [];
    this.#nextSpan = 0;
  }

  /** Brings the counts of edges up to date: the warm path counts spans only. */
  countSpans(): void {
    for (const span of this.#spans) countEdges(span);
  }
}

function countEdges(span: Span): void {
  for (const { edge } of span.edges) edge.count += span.hits;
  span.hits = 0;
}

/** A class and a way of asking for it. */
export class RequestKind extends ClockKey {
  readonly lockClass: LockClass;
  readonly code: number;
  /** Where the arrows of what is granted start; `null` for a mere wait, which holds nothing. */
  readonly row: Row | null;
  /** By the row of the newest open hold behind the request; `null` where there is none. */
  readonly #transitions = new Map<Row | null, Transition>();
  #outermost: Transition;
  #lastRow: Row | null = null;
  #lastTransition: Transition;

  constructor(lockClass: LockClass, code: number) {
    // A serial executor runs one job at a time, however many are queued.
    const asked = code & ASKED;
    super((asked === EXCLUSIVE || asked === TRY) && (lockClass.permits === 1 || lockClass.isSerial));
    this.lockClass = lockClass;
    this.code = code;
    this.row = this.isWait ? null : isSharedHold(asked) ? lockClass.shared : lockClass.exclusive;
    this.#outermost = this.#lastTransition = this.#findTransition(null);
  }

  /** The transition for such a request while the newest open hold behind it is of `row`. */
  transitionUnder(row: Row | null): Transition {
    if (row === null) return this.#outermost;
    return row === this.#lastRow ? this.#lastTransition : this.#findTransition(row);
  }

  #findTransition(row: Row | null): Transition {
    let transition = this.#transitions.get(row);
    if (transition === undefined) this.#transitions.set(row, (transition = new Transition(this)));
    this.#lastRow = row;
    this.#lastTransition = transition;
    return transition;
  }

  /** Forgets the places that were taken. */
  forget(): void {
    this.#transitions.clear();
    this.#outermost = this.#lastTransition = this.#findTransition(null);
  }

  /** It waits and takes nothing. */
  get isWait(): boolean {
    const asked = this.code & ASKED;
    return asked >= WAIT && asked !== TRY_SHARED;
  }

  /** It never waits. */
  get isTry(): boolean {
    const asked = this.code & ASKED;
    return asked === TRY || asked === TRY_SHARED;
  }
}

function isSharedHold(code: number): boolean {
  return code === SHARED || code === RECURSIVE || code === TRY_SHARED;
}

/**
 * All locks made at one place or under one name. Instances share its arrows; only gates and the nesting
 * of a class in itself look at the instance.
 */
export class LockClass {
  /** Given by the program; a class without one goes by its site. */
  readonly givenName: string | undefined;
  readonly kind: LockKind;
  readonly permits: number;
  /** Until somebody is let past those who wait. */
  isFair: boolean;
  readonly isSerial: boolean;
  /**
   * Somebody may wait for what is granted of it to be discharged. Not so the jobs of timers and microtasks,
   * which do not wait for each other, and so have no arrows.
   */
  readonly isAwaited: boolean;
  readonly isExempt: boolean;
  readonly isPerCpu: boolean;
  /** Node of the dependency graph. */
  readonly node: number;
  /** Classes of requests that were made with a subclass, by its number. */
  readonly subclasses: Map<number, LockClass> = new Map();
  readonly options: LockClassOptions;
  readonly #requestKinds: (RequestKind | undefined)[] = [];
  readonly exclusive: Row = new Row(this, 'exclusive');
  readonly shared: Row = new Row(this, 'shared');
  /** Which of its locks were taken under which; `undefined` where any nesting is a finding. */
  readonly instanceOrders: InstanceOrders | undefined;
  /** Where its first lock was made. */
  readonly site: RawStack;
  /** Of locks by key: what their keys have in common. */
  keys: KeyPattern | null = null;
  instances = 0;
  acquisitions = 0;
  contentions = 0;
  readonly waits: Times = new Times();
  readonly holds: Times = new Times();

  constructor(givenName: string | undefined, node: number, site: RawStack, options: LockClassOptions) {
    this.givenName = givenName;
    this.options = options;
    this.node = node;
    this.site = site;
    this.kind = options.kind ?? 'mutex';
    this.permits = options.permits ?? 1;
    this.isFair = options.isFair ?? false;
    this.isSerial = options.isSerial ?? false;
    this.isAwaited =
      this.isSerial ||
      (this.kind === 'executor' ? this.permits > 1 && this.permits < Infinity : this.kind !== 'flow');
    this.isExempt = options.isExempt ?? false;
    this.isPerCpu = options.isPerCpu ?? false;
    this.instanceOrders =
      options.sameClass === 'instances' ? new InstanceOrders(this, () => this.#dropSpans()) : undefined;
  }

  /** The ways in which it was asked for so far that leave the event loop running. */
  *loopingKinds(): IterableIterator<RequestKind> {
    for (const kind of this.#requestKinds)
      if (kind !== undefined && kind.code < BLOCKING && !kind.isWait) yield kind;
  }

  /** What requests with this code have in common. */
  requestKind(code: number): RequestKind {
    return (this.#requestKinds[code] ??= new RequestKind(this, code));
  }

  #dropSpans(): void {
    this.exclusive.dropSpans();
    this.shared.dropSpans();
  }

  /** Drops all that was seen of it. */
  forget(): void {
    this.exclusive.edges.clear();
    this.shared.edges.clear();
    this.#dropSpans();
    for (const kind of this.#requestKinds) kind?.forget();
    this.instanceOrders?.forget();
    this.instances = this.acquisitions = this.contentions = 0;
    for (const times of [this.waits, this.holds]) times.forget();
  }
}

/** A histogram of nanoseconds, as `node:perf_hooks` makes them. */
export interface TimeHistogram {
  readonly count: number;
  record(ns: number): void;
  percentile(percentile: number): number;
  reset(): void;
}

/** Times in milliseconds: sampled, unless somebody wants statistics. */
export class Times {
  count = 0;
  sum = 0;
  max = 0;
  /** `null` unless somebody wants statistics. */
  histogram: TimeHistogram | null = null;
  /** Where the longest one was asked for; known to statistics only. */
  worst: LazyStack | undefined = undefined;

  /** `isCounted` says whether the histogram has it. */
  add(ms: number, stack: LazyStack | undefined, isCounted: boolean): void {
    this.count++;
    this.sum += ms;
    if (this.histogram !== null) this.#note(ms, stack, isCounted);
    if (ms > this.max) this.max = ms;
  }

  #note(ms: number, stack: LazyStack | undefined, isCounted: boolean): void {
    if (isCounted) this.histogram!.record(Math.max(1, Math.round(ms * 1e6)));
    if (ms > this.max && stack !== undefined) this.worst = readStack(stack);
  }

  forget(): void {
    this.count = this.sum = this.max = 0;
    this.worst = undefined;
    this.histogram?.reset();
  }
}
