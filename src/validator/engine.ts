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
import { type Clock, type ClockEntry, type GrantVisitor, append, forEachNewer } from '../causality/clock.ts';
import { forgetConsumption } from '../causality/consumption.ts';
import {
  Borrowed,
  type Grant,
  includesGrant,
  latestSeq,
  nextSeq,
  shapeLikeNoOther,
  skipClosed,
} from '../causality/grant.ts';
import type { CausalTracker } from '../causality/tracker.ts';
import { type Arrows, isSettledOrder } from './arrows.ts';
import { endCover, noteCover } from './cover.ts';
import { isInHand } from './custody.ts';
import { areGatesHeld } from './gates.ts';
import { type KnownEdge, type LockClass, type RequestKind, TRY } from './lock-class.ts';
import { Obligation, Rare, rareOf, takeHoldFrom } from './obligation.ts';
import type { FindingCode } from './snapshot-format.ts';
import { type RawStack, captureStack, readStack } from './stack-trace.ts';
import { nowMs } from './now.ts';

let owners = 0;

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

/** Told of every request that has to wait, and of the end of that wait. */
export interface WaitListener {
  /** A stack was taken that nobody has read. */
  tookStack(): void;
  waits(asked: Obligation): void;
  /** It may have to wait, as far as we know. */
  mayWait(asked: Obligation): void;
  waitEnded(asked: Obligation): void;
}

export class Engine implements GrantVisitor {
  /** A new one after each reset, so that clocks let go of the grants before. */
  owner: number = ++owners;
  readonly tracker: CausalTracker;
  readonly arrows: Arrows;
  /** Obligations that are asked for or open, the newest first. */
  newest: Obligation | null = null;
  observer: EngineObserver | null = null;
  waitListener: WaitListener | null = null;
  /** Where the next request is made, for whoever replays what happened elsewhere; else it takes a stack. */
  place: RawStack | null = null;
  /** The last event before the newest request: what is granted with none between never waited. */
  #lastSeqBefore = 0;
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
    const { tracker, newest } = this;
    const clock = tracker.asked();
    const under = clock === null ? null : skipClosed(clock.opens);
    const key = lockClass.requestKind(code);
    const transition = key.transitionUnder(under === null ? null : (under.grant as Obligation).row);
    const asked = new Obligation(key, instance, this.owner, transition);
    asked.clock = clock;
    asked.strand = tracker.strand;
    asked.run = tracker.currentRun();
    asked.isBreakable = isBreakable;
    if (transition.budget > 0 || this.place !== null) this.#notePlace(asked);
    if (under !== null) {
      asked.under = under;
      asked.cover = noteCover(asked, clock, under);
    }
    asked.shape = shapeOf(key.id, instance, asked.cover + asked.strand);
    if (newest !== null) {
      if (newest.run === asked.run) noteSiblings(newest, asked);
      newest.newer = asked;
      asked.older = newest;
    }
    this.newest = asked;
    this.#lastSeqBefore = latestSeq();
    tracker.expect(asked);
    if (this.observer !== null) this.observer.asked(asked);
    return asked;
  }

  /** As it was told, or by a stack as long as the transition wants one; then it is timed, too. */
  #notePlace(asked: Obligation): void {
    if (this.place !== null) asked.stack = this.place;
    else {
      asked.stack = asked.transition.take();
      rareOf(asked).askedMs = nowMs();
      this.waitListener?.tookStack();
    }
  }

  /** A place where requests of this kind are made, if one was taken. */
  placeOf(key: RequestKind): RawStack {
    return key.transitionUnder(null).samples[0] ?? [];
  }

  /**
   * Somebody comes to owe something to whoever will wait for it, as a completion is owed: from now on, or as
   * `since` was. It covers nothing and lies behind nobody, so it is no open work either; if it is
   * dropped and never discharged, nothing is left of it.
   */
  arm(lockClass: LockClass, instance: number, since: Obligation | null, isRenewed: boolean): Obligation {
    const key = lockClass.requestKind(TRY);
    const transition = key.transitionUnder(null);
    const armed = new Obligation(key, instance, this.owner, transition);
    armed.clock = this.tracker.asked();
    armed.strand = this.tracker.strand;
    armed.seq = since === null ? nextSeq() : since.seq;
    if (isRenewed) rareOf(armed).isRenewed = true;
    if (this.place !== null) armed.stack = this.place;
    else if (transition.budget > 0) armed.stack = transition.take();
    if (this.observer !== null) this.observer.armed(armed, since);
    return armed;
  }

  /** It cannot be granted at once. Not on the warm path. */
  wait(asked: Obligation): void {
    const rare = rareOf(asked);
    if (rare.waitOrder !== 0) return;
    rare.waitsSinceMs = nowMs();
    rare.waitOrder = nextSeq();
    this.waitListener?.waits(asked);
  }

  /** The wait is over; returns the clock that is behind whoever asked. A mere wait holds nothing from here on. */
  grant(asked: Obligation): ClockEntry {
    const { key, rare } = asked;
    // While it waited, what covered it may have been released: nothing it says is known before.
    const isAtOnce = asked === this.newest && latestSeq() === this.#lastSeqBefore;
    const seq = nextSeq();
    asked.seq = seq;
    if (!isAtOnce) asked.shape = shapeLikeNoOther(seq);
    key.lockClass.acquisitions++;
    if (rare !== null) this.#noteGrant(asked, rare);
    if (key.row === null) return this.#endWait(asked);
    const clock = append(asked.clock, asked);
    if (this.observer !== null) this.observer.granted(asked, clock);
    return clock;
  }

  #endWait(asked: Obligation): ClockEntry {
    asked.endSeq = asked.seq;
    this.#end(asked);
    const clock = append(asked.clock, asked);
    asked.clock = null;
    if (this.observer !== null) this.observer.granted(asked, clock);
    return clock;
  }

  #noteWaited(asked: Obligation): void {
    forgetConsumption(asked);
    this.waitListener?.waitEnded(asked);
  }

  #noteGrant(asked: Obligation, rare: Rare): void {
    if (rare.waitOrder !== 0) this.#noteWaited(asked);
    const { waits } = asked.lockClass;
    if (rare.askedMs !== 0) {
      rare.grantedMs = nowMs();
      waits.add(rare.grantedMs - rare.askedMs, asked.stack, rare.waitOrder !== 0);
    } else if (rare.waitsSinceMs !== 0) {
      // No sample, which the mean is made of; but nobody waited longer.
      waits.max = Math.max(waits.max, nowMs() - rare.waitsSinceMs);
    }
  }

  /** The request was given up: its wait has ended as a grant ends it, and its arrows are breakable. */
  cancel(asked: Obligation): ClockEntry {
    asked.isBreakable = true;
    return this.refuse(asked);
  }

  /** The request came to nothing by what somebody else did: its wait has ended as a grant ends it. */
  refuse(asked: Obligation): ClockEntry {
    asked.endSeq = asked.seq = nextSeq();
    this.#end(asked);
    if (asked.rare !== null && asked.rare.waitOrder !== 0) this.#noteWaited(asked);
    const clock = append(asked.clock, asked);
    asked.clock = null;
    if (this.observer !== null) this.observer.cancelled(asked, clock);
    return clock;
  }

  /** An open obligation is discharged, by whoever runs now. */
  discharge(open: Obligation): void {
    if (this.observer !== null) this.observer.discharged(open);
    const clock = this.tracker.reached(open);
    const { key, rare } = open;
    const since = open.clock;
    const isRuled = open.owner === this.owner && key.lockClass.isAwaited;
    open.endSeq = this.#dischargeSeq = nextSeq();
    if (isRuled && clock !== null && clock !== since && !isNextTo(clock, open, since)) {
      // Without its own part: of one lock twice, the other one must not pass for it.
      const sum = (clock.sum - (since === null ? 0 : since.sum) - open.shape) | 0;
      const span = key.row!.findSpan(sum);
      if (span === undefined) this.#walk(open, clock, sum);
      else if (rare !== null && rare.inner !== null) for (const each of span.edges) this.#count(each);
      else span.hits++;
    }
    if (isRuled && rare !== null && rare.inner !== null) this.#noteNested(open, rare.inner);
    const stack = rare === null ? undefined : open.stack;
    this.#end(open);
    open.clock = null;
    if (open.lastAsked !== null) endCover(open);
    if (open.under !== null) open.under = skipClosed(open.under);
    if (rare !== null) this.#endRare(open, rare, stack);
  }

  #endRare(open: Obligation, rare: Rare, stack: Obligation['stack']): void {
    if (rare.grantedMs !== 0) open.lockClass.holds.add(nowMs() - rare.grantedMs, stack, true);
    open.rare = remainderOf(rare);
    const { custodian } = rare;
    if (custodian !== null && takeHoldFrom(custodian)) this.discharge(custodian);
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

  /** Whether it was not counted for this discharge before. */
  #count(known: KnownEdge): boolean {
    if (known.countedAt === this.#dischargeSeq) return false;
    known.countedAt = this.#dischargeSeq;
    known.edge.count++;
    return true;
  }

  /** Everything that is asked for or open now belongs to the past. */
  reset(): void {
    for (let each = this.newest; each !== null;) {
      const { older } = each;
      each.newer = each.older = null;
      each = older;
    }
    this.newest = null;
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
      if (this.#count(known) && this.#walked !== null) this.#walked.push(known);
      return;
    }
    // Its shape has what covered it, and so tells which of the locks by key it was taken under.
    if (known === undefined && includesGrant(grant.under, open) && isSettledOrder(open, grant as Obligation))
      return;
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
  #end(over: Obligation): void {
    if (over.siblings !== null) over.siblings.pending--;
    if (over.owner !== this.owner) return;
    const { newer, older, transition } = over;
    if (newer !== null) {
      newer.older = older;
      over.newer = null;
    } else if (over === this.newest) this.newest = older; // What was armed is not in the list.
    if (older !== null) {
      older.newer = newer;
      over.older = null;
    }
    const isNews = over.cover !== transition.warmCover && this.#noteInner(over);
    if (over.stack !== undefined && this.place === null)
      this.arrows.settleStack(over, isNews || transition.isYoung());
  }

  /** Leaves it with those of its covers whose arrow to it is not warm. Whether there are any. */
  #noteInner(over: Obligation): boolean {
    const { key, transition } = over;
    if (key.isTry) return false;
    let isWarm = true;
    let isNews = false;
    for (let cell = over.under; cell !== null; cell = cell.under) {
      const cover = cell.grant as Obligation;
      // What nobody waits for, as a flow, has no arrows that could become warm.
      if (!cover.isOpen || cover.owner !== this.owner || !cover.lockClass.isAwaited) continue;
      const known = cover.row!.edges.find(key);
      if (known !== undefined && known.isWarm) continue;
      isWarm = false;
      // Of this lock and that one; what is asked for next may be another.
      if (known === undefined && isSettledOrder(cover, over)) continue;
      isNews = true;
      if (cell instanceof Borrowed || !isInHand(cover, over.under)) continue;
      (rareOf(cover).inner ??= new Map()).set(key.id, over);
    }
    if (isWarm) transition.warmCover = over.cover;
    return isNews;
  }
}

/** Whether nothing lies between but the grant itself, in the place of one of its kind if there was one. */
function isNextTo({ grant, prev }: ClockEntry, open: Obligation, since: Clock): boolean {
  return grant === open && (prev === since || (since !== null && prev === since.prev));
}

/** Requests of one synchronous run know of each other. */
function noteSiblings(earlier: Obligation, asked: Obligation): void {
  asked.siblings = earlier.siblings ??= { pending: 1 };
  asked.siblings.pending++;
}

/** What of it still matters when the obligation is over: what it says to those who are discharged later. */
function remainderOf({ nestedIn, group, flow }: Rare): Rare | null {
  if (nestedIn === null && group === null && flow === undefined) return null;
  const remainder = new Rare();
  remainder.flow = flow;
  remainder.nestedIn = nestedIn;
  remainder.group = group;
  return remainder;
}

/** A mask: the first walk of a row is remembered, and every eighth after it, if it met warm edges only. */
const WALKS_BETWEEN_KEPT_SPANS = 7;

const { imul } = Math;

/** Mixes what an observation depends on into 32 bits, as the kernel mixes its chain keys into 64. */
function shapeOf(keyId: number, instance: number, cover: number): number {
  let hash = imul(keyId, 0x9e3779b1) ^ imul(instance, 0x85ebca6b) ^ cover;
  hash = imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  hash = imul(hash ^ (hash >>> 12), 0x297a2d39);
  return hash ^ (hash >>> 15);
}
