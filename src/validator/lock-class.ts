import type { Edge } from '../graph/edge.ts';
import type { HoldMode } from '../graph/vocabulary.ts';
import { type RawStack, Transition } from './stack-trace.ts';

/** What kind of thing a class is; decides which rule a nesting of it breaks. */
export type LockKind = 'mutex' | 'rwlock' | 'semaphore' | 'rcu' | 'completion' | 'executor';

export interface LockClassOptions {
  kind?: LockKind;
  /** Units of a counted resource. Default 1. */
  permits?: number;
  /** First come, first served, without priorities or barging. Default false. */
  isFair?: boolean;
  /** Runs one job after the other, so that whoever waits for it waits for all before. Default false. */
  isSerial?: boolean;
}

/** How Y was asked for, as the low bits of a clock key: request mode, or a try, or a mere wait. */
export const EXCLUSIVE = 0;
export const SHARED = 1;
export const RECURSIVE = 2;
/** A grant that never waited: arrows lead out of it, none into it. */
export const TRY = 3;
/** Added to a mode: waited until it was free, took nothing. */
export const WAIT = 4;
export const TRY_SHARED = 7;
const KEY_STEP = 8;

/** Both places of an edge. */
export interface EdgePlaces {
  held: RawStack;
  requested: RawStack;
  isHeldApproximate: boolean;
  isRequestedApproximate: boolean;
  /** A nesting of a class in itself: whether it was one and the same lock. */
  isSameInstance: boolean;
}

/** An edge that a row has met, with what the warm path wants to know of it. */
export interface KnownEdge {
  readonly key: number;
  /** The one that a discharge met after this one the last time. */
  next: KnownEdge | undefined;
  readonly edge: Edge<EdgePlaces>;
  /** Number of the discharge that counted it last. */
  countedAt: number;
  /** Another observation would change nothing but the count, as long as the gates hold. */
  isWarm: boolean;
  /** The edge's gates in the order of nesting, newest first. */
  gateOrder: readonly number[];
}

/** A class held in one mode: where its arrows start. */
export class Row {
  readonly lockClass: LockClass;
  readonly mode: HoldMode;
  readonly edges: Map<number, KnownEdge> = new Map();
  /** The one that a discharge met first the last time. */
  first: KnownEdge | undefined = undefined;
  /** Requests made while this was the newest open hold, by their key. */
  readonly transitions: Map<number, Transition> = new Map();

  constructor(lockClass: LockClass, mode: HoldMode) {
    this.lockClass = lockClass;
    this.mode = mode;
  }
}

/** The transition for a request with this key. */
export function transitionOf(transitions: Map<number, Transition>, key: number): Transition {
  let transition = transitions.get(key);
  if (transition === undefined) transitions.set(key, (transition = new Transition()));
  return transition;
}

let nextKey = 0;

/**
 * All locks made at one place or under one name. Instances share its arrows; only gates and the nesting
 * of a class in itself look at the instance.
 */
export class LockClass {
  /** Given by the program; a class without one goes by its site. */
  readonly givenName: string | undefined;
  readonly kind: LockKind;
  readonly permits: number;
  readonly isFair: boolean;
  readonly isSerial: boolean;
  /** Node of the dependency graph. */
  readonly node: number;
  /** Clock keys from here to `key + KEY_STEP` are this class's, in this process. */
  readonly key: number = (nextKey += KEY_STEP);
  readonly exclusive: Row = new Row(this, 'exclusive');
  readonly shared: Row = new Row(this, 'shared');
  /** Where its first lock was made. */
  readonly site: RawStack;
  instances = 0;
  acquisitions = 0;
  contentions = 0;
  readonly waits: Times = new Times();
  readonly holds: Times = new Times();

  constructor(givenName: string | undefined, node: number, site: RawStack, options: LockClassOptions) {
    this.givenName = givenName;
    this.node = node;
    this.site = site;
    this.kind = options.kind ?? 'mutex';
    this.permits = options.permits ?? 1;
    this.isFair = options.isFair ?? false;
    this.isSerial = options.isSerial ?? false;
  }

  /** Drops all that was seen of it. */
  forget(): void {
    for (const row of [this.exclusive, this.shared]) {
      row.edges.clear();
      row.first = undefined;
      row.transitions.clear();
    }
    this.instances = this.acquisitions = this.contentions = 0;
    for (const times of [this.waits, this.holds]) times.count = times.sum = times.max = 0;
  }
}

/** Sampled times in milliseconds. */
export class Times {
  count = 0;
  sum = 0;
  max = 0;

  add(ms: number): void {
    this.count++;
    this.sum += ms;
    if (ms > this.max) this.max = ms;
  }
}
