/**
 * Obligations in, arrows out: the dependency rule of the design, section 2.
 *
 *   X depends on Y when the grant of Y lies in the causal past of X's discharge, and not in the causal
 *   past of X's request.
 *
 * Everything here runs at every acquisition. The warm path (all arrows known, no gate lost) counts up the
 * edges of a stretch of the clock that it knows by its sum, takes no stack and allocates the obligation
 * and its clock cell only; whatever is new goes to `Arrows`. Nothing is published from here: callers put their lock in order first and then
 * call `flush`.
 */
import {
  type Clock,
  type ClockEntry,
  type GrantVisitor,
  append,
  forEachNewer,
  isBehind,
} from '../causality/clock.ts';
import { type Grant, type Opens, nextSeq, shapeLikeNoOther, skipClosed } from '../causality/grant.ts';
import type { CausalTracker } from '../causality/tracker.ts';
import type { Arrows } from './arrows.ts';
import { areGatesHeld } from './gates.ts';
import { KeyedList } from './keyed-list.ts';
import { type KnownEdge, type LockClass, type RequestKind, TRY, transitionOf } from './lock-class.ts';
import { Obligation, Rare, rareOf } from './obligation.ts';
import type { FindingCode } from './snapshot-format.ts';
import { type RawStack, type Transition, captureStack, readStack } from './stack-trace.ts';

let owners = 0;
let lastRun = -1;
let lastAsked: Obligation | null = null;

/** Told of everything that happens, before any conclusion is drawn from it. */
export interface EngineObserver {
  asked(obligation: Obligation): void;
  /** It is owed since `since` was, or from now on. */
  armed(obligation: Obligation, since: Obligation | null): void;
  /** `clock` is behind whoever asked from now on. */
  granted(obligation: Obligation, clock: ClockEntry): void;
  cancelled(obligation: Obligation, clock: ClockEntry): void;
  discharged(obligation: Obligation): void;
  /** The discharge of `obligation` passes to `job`. */
  handedOver(obligation: Obligation, job: Obligation): void;
  /** A finding that is no cycle was made. */
  misused(code: FindingCode, lockClass: LockClass, stack: RawStack): void;
}

export class Engine implements GrantVisitor {
  /** A new one after each reset, so that clocks let go of the grants before. */
  owner: number = ++owners;
  readonly tracker: CausalTracker;
  readonly arrows: Arrows;
  /** Obligations that are asked for or open, the newest first. */
  newest: Obligation | null = null;
  observer: EngineObserver | null = null;
  /** Where the next request is made, for whoever replays what happened elsewhere; else it takes a stack. */
  place: RawStack | null = null;
  readonly #firstTransitions = new KeyedList<Transition>();
  /** The request that was made last, as long as nothing else happened: granted at once, it never waited. */
  #justAsked: Obligation | null = null;
  #discharged: Obligation | null = null;
  /** Edges met by the walk that goes on, if it is worth remembering. */
  #walked: KnownEdge[] | null = null;
  #dischargeSeq = 0;

  constructor(tracker: CausalTracker, arrows: Arrows) {
    this.tracker = tracker;
    this.arrows = arrows;
  }

  /** Where the program is now: as it was told, else by its stack. */
  here(): RawStack {
    return this.place ?? readStack(captureStack());
  }

  /** Somebody asks. `code` says how; see `lock-class.ts`. */
  ask(lockClass: LockClass, code: number, instance: number, isBreakable: boolean): Obligation {
    const clock = this.tracker.asked();
    const under = clock === null ? null : skipClosed(clock.opens);
    const transitions =
      under === null ? this.#firstTransitions : (under.grant as Obligation).row!.transitions;
    const key = lockClass.requestKind(code);
    const transition = transitionOf(transitions, key);
    const asked = new Obligation(key, instance, this.owner, transition);
    asked.clock = clock;
    asked.strand = this.tracker.strand ?? 0;
    asked.under = under;
    asked.isBreakable = isBreakable;
    if (this.place !== null) asked.stack = this.place;
    else if (transition.budget > 0) {
      asked.stack = transition.take();
      rareOf(asked).askedMs = performance.now();
    }
    this.#noteSiblings(asked);
    asked.cover = under === null ? 0 : noteCover(asked, clock, under);
    asked.shape = shapeOf(asked);
    this.#justAsked = asked;
    asked.older = this.newest;
    if (this.newest !== null) this.newest.newer = asked;
    this.newest = asked;
    this.tracker.expect(asked);
    if (this.observer !== null) this.observer.asked(asked);
    return asked;
  }

  /** A place where requests of this kind are made, if one was taken. */
  placeOf(key: RequestKind): RawStack {
    return this.#firstTransitions.find(key)?.samples[0] ?? [];
  }

  /**
   * Somebody comes to owe something to whoever will wait for it, as a completion is owed: from now on, or as
   * `since` was. It covers nothing and lies behind nobody, so it is no open work either; if it is
   * dropped and never discharged, nothing is left of it.
   */
  arm(lockClass: LockClass, instance: number, since: Obligation | null, isRenewed: boolean): Obligation {
    const key = lockClass.requestKind(TRY);
    const transition = transitionOf(this.#firstTransitions, key);
    const armed = new Obligation(key, instance, this.owner, transition);
    armed.clock = this.tracker.asked();
    armed.strand = this.tracker.strand ?? 0;
    armed.seq = since === null ? nextSeq() : since.seq;
    if (isRenewed) rareOf(armed).isRenewed = true;
    if (this.place !== null) armed.stack = this.place;
    else if (transition.budget > 0) armed.stack = transition.take();
    if (this.observer !== null) this.observer.armed(armed, since);
    return armed;
  }

  /** Requests of one synchronous run know of each other. */
  #noteSiblings(asked: Obligation): void {
    const run = this.tracker.currentRun();
    if (run === lastRun && lastAsked !== null) {
      asked.siblings = lastAsked.siblings ??= { pending: lastAsked.isWaiting || lastAsked.isOpen ? 1 : 0 };
      asked.siblings.pending++;
    }
    lastRun = run;
    lastAsked = asked;
  }

  /** The wait is over; returns the clock that is behind whoever asked. A mere wait holds nothing from here on. */
  grant(asked: Obligation): ClockEntry {
    asked.seq = nextSeq();
    // While it waited, what covered it may have been released: nothing it says is known before.
    if (asked !== this.#justAsked) asked.shape = shapeLikeNoOther(asked.seq);
    asked.lockClass.acquisitions++;
    const { rare } = asked;
    if (rare !== null && rare.askedMs !== 0) {
      rare.grantedMs = performance.now();
      asked.lockClass.waits.add(rare.grantedMs - rare.askedMs);
    }
    if (asked.row === null) this.#end(asked, asked.seq);
    const clock = append(asked.clock, asked);
    if (asked.row === null) asked.clock = null;
    if (this.observer !== null) this.observer.granted(asked, clock);
    return clock;
  }

  /** The request was given up: its wait has ended as a grant ends it, and its arrows are breakable. */
  cancel(asked: Obligation): ClockEntry {
    asked.isBreakable = true;
    return this.refuse(asked);
  }

  /** The request came to nothing by what somebody else did: its wait has ended as a grant ends it. */
  refuse(asked: Obligation): ClockEntry {
    asked.seq = nextSeq();
    this.#end(asked, asked.seq);
    const clock = append(asked.clock, asked);
    asked.clock = null;
    if (this.observer !== null) this.observer.cancelled(asked, clock);
    return clock;
  }

  /** An open obligation is discharged, by whoever runs now. */
  discharge(open: Obligation): void {
    if (this.observer !== null) this.observer.discharged(open);
    const clock = this.tracker.reached();
    const isRuled = open.owner === this.owner && open.lockClass.isAwaited;
    open.endSeq = this.#dischargeSeq = nextSeq();
    if (isRuled && clock !== null && clock !== open.clock) {
      // Without its own part: of one lock twice, the other one must not pass for it.
      const sum = (clock.sum - (open.clock === null ? 0 : open.clock.sum) - open.shape) | 0;
      const edges = open.row!.findSpan(sum);
      if (edges === undefined) this.#walk(open, clock, sum);
      else for (let i = 0; i < edges.length; i++) this.#count(edges[i]!);
    }
    const { rare } = open;
    if (rare !== null) {
      if (isRuled && rare.inner !== null) this.#noteNested(open, rare.inner);
      if (rare.grantedMs !== 0) open.lockClass.holds.add(performance.now() - rare.grantedMs);
      open.rare = remainderOf(rare);
    }
    this.#end(open, this.#dischargeSeq);
    open.clock = null;
    open.lastAsked = null;
    open.under = skipClosed(open.under);
    // What came in a parcel has the flow that accepted it for its executor, for as long as it is held.
    const custodian = rare === null ? null : rare.custodian;
    if (custodian !== null && custodian.isOpen && custodian.rare?.isParcel === true)
      this.discharge(custodian);
  }

  /** Visits all that is newer than the request. A walk that met warm edges only is remembered by its sum. */
  #walk(open: Obligation, clock: ClockEntry, sum: number): void {
    const row = open.row!;
    this.#discharged = open;
    this.#walked = (row.walks++ & WALKS_BETWEEN_KEPT_SPANS) === 0 ? [] : null;
    forEachNewer(clock, open.clock, this);
    this.#discharged = null;
    if (this.#walked !== null) row.keepSpan(sum, this.#walked);
  }

  #count(known: KnownEdge): void {
    if (known.countedAt === this.#dischargeSeq) return;
    known.countedAt = this.#dischargeSeq;
    known.edge.count++;
  }

  /** Everything that is asked for or open now belongs to the past. */
  reset(): void {
    for (let each = this.newest; each !== null;) {
      const { older } = each;
      each.newer = each.older = null;
      each = older;
    }
    this.newest = null;
    this.#firstTransitions.clear();
    this.owner = ++owners;
  }

  /** An arrow from what is being discharged to `grant`. Called for each newer grant behind the discharge. */
  visit(grant: Grant): void {
    const open = this.#discharged!;
    if (grant.seq === open.seq || grant.owner !== this.owner) return;
    const known = open.row!.edges.find(grant.key);
    if (
      known !== undefined &&
      known.isWarm &&
      (known.gateOrder.length === 0 || areGatesHeld(known.gateOrder, open, grant))
    ) {
      this.#count(known);
      if (this.#walked !== null) this.#walked.push(known);
      return;
    }
    this.#walked = null;
    this.arrows.observeWaitedFor(open, grant as Obligation, this.#dischargeSeq);
  }

  /** What was asked for under `open` and over before it, and not seen on any path. */
  #noteNested(open: Obligation, inner: Map<number, Obligation>): void {
    for (const asked of inner.values()) {
      if (open.row!.edges.find(asked.key)?.countedAt !== this.#dischargeSeq)
        this.arrows.observeNested(open, asked, this.#dischargeSeq);
    }
  }

  /** Neither asked for nor open any more. */
  #end(over: Obligation, endSeq: number): void {
    over.endSeq = endSeq;
    if (over.siblings !== null) over.siblings.pending--;
    if (over.owner !== this.owner) return;
    if (over.newer !== null) over.newer.older = over.older;
    // What was armed is not in the list.
    else if (over === this.newest) this.newest = over.older;
    if (over.older !== null) over.older.newer = over.newer;
    over.newer = null;
    over.older = null;
    let isWanted = over.transition.isYoung();
    const isKnownWarm = over.cover === over.transition.warmCover;
    if (!over.key.isTry && !isKnownWarm) {
      let isWarm = true;
      for (let cell = over.under; cell !== null; cell = cell.under) {
        const cover = cell.grant as Obligation;
        if (!cover.isOpen || cover.owner !== this.owner) continue;
        const known = cover.row!.edges.find(over.key);
        if (known !== undefined && known.isWarm) continue;
        isWanted = true;
        isWarm = false;
        (rareOf(cover).inner ??= new Map()).set(over.key.id, over);
      }
      if (isWarm) over.transition.warmCover = over.cover;
    }
    if (over.stack !== undefined && this.place === null) this.arrows.settleStack(over, isWanted);
  }
}

/** What of it still matters when the obligation is over: what it says to those who are discharged later. */
function remainderOf({ nestedIn, group }: Rare): Rare | null {
  if (nestedIn === null && group === null) return null;
  const remainder = new Rare();
  remainder.nestedIn = nestedIn;
  remainder.group = group;
  return remainder;
}

/** A mask: the first walk of a row is remembered, and every eighth after it, if it met warm edges only. */
const WALKS_BETWEEN_KEPT_SPANS = 7;

/** Mixes what an observation depends on into 32 bits, as the kernel mixes its chain keys into 64. */
function shapeOf({ key, instance, cover, strand }: Obligation): number {
  let hash = Math.imul(key.id, 0x9e3779b1) ^ Math.imul(instance, 0x85ebca6b) ^ (cover + strand);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39);
  return hash ^ (hash >>> 15);
}

/**
 * A hash of what covers a request. On the way: a hold is a gate only while the requests under it are made
 * one after the other. `lastAsked` is the newest of them; a request that has not its end behind it was
 * made beside it. Under such a hold the hash is like no other, since its gates must be looked at anew.
 */
function noteCover(asked: Obligation, clock: Clock, under: Opens): number {
  let hash = 1;
  for (let cell: Opens | null = under; cell !== null; cell = cell.under) {
    const cover = cell.grant;
    if (!cover.isOpen) continue;
    hash = (Math.imul(hash, 31) + Math.imul(cover.key.id, 0xc2b2ae35) + cover.instance) | 0;
    if (!cover.key.isExclusive) continue;
    const last = cover.lastAsked;
    if (last !== null && clock!.grant !== last && (last.seq === 0 || !isBehind(last, clock)))
      cover.coversConcurrent = true;
    if (cover.coversConcurrent) hash ^= shapeLikeNoOther(++concurrentRequests);
    cover.lastAsked = asked;
  }
  return hash;
}

let concurrentRequests = 0;
