/**
 * Causal clocks. A clock says, for each lock class and mode, which grants lie behind a continuation.
 *
 * It is a persistent list of grants, newest first (sequence numbers strictly descend), so that a grant
 * costs one cell and the join of two clocks, one of which extends the other, costs a few steps. The
 * order of clocks is the pointwise one: S covers C when each key's newest grant in S is at least C's.
 * Vector clocks (Fidge, Mattern 1988) in form; the keys are lock classes, not processes.
 *
 * Bounded by its keys: a cell knows how many more may be put on top before the list is compacted to one
 * closed entry a key, and everything that is still open. Nothing is ever pruned by age.
 */
import { Borrowed, type Grant, type Opens, borrowing, mergeOpens, opensOf } from './grant.ts';

/** Cells that may be added on top of `n` compacted ones: as many again, and a few for short lists. */
export const SPARE = 128;

export class ClockEntry {
  readonly grant: Grant;
  readonly prev: ClockEntry | null;
  /** What is open behind this clock, newest first. */
  readonly opens: Opens | null;
  /** Cells that may still be put on top before the list is compacted. */
  readonly room: number;
  /** Sum of the shapes of all grants of the list: two clocks differ by what lies between them. */
  readonly sum: number;

  constructor(grant: Grant, prev: ClockEntry | null, opens: Opens | null, room: number) {
    this.grant = grant;
    this.prev = prev;
    this.opens = opens;
    this.room = room;
    this.sum = prev === null ? grant.shape : (prev.sum + grant.shape) | 0;
  }
}

/** No grant lies behind a `null` clock. */
export type Clock = ClockEntry | null;

/**
 * Whether `newer` says at least as much as `older`, which has the same key, to whoever is discharged
 * later: nothing that is still open was asked about `older` alone, and `newer` has no gate more.
 */
function supersedes(newer: Grant, older: Grant): boolean {
  if (newer.strand !== older.strand) return false;
  if (newer.isOpen || older.isOpen || wasBesideOthers(older, newer)) return false;
  if (newer.isBreakable && !older.isBreakable) return false;
  if (newer.under === older.under) return true;
  if (borrowing.hasBegun && (hasBorrowed(newer) || hasBorrowed(older))) return isBorrowedAlike(newer, older);
  return isNestedAlike(newer, older) || isSameCover(newer, older);
}

function hasBorrowed({ under }: Grant): boolean {
  for (let cell = under; cell !== null; cell = cell.under) if (cell instanceof Borrowed) return true;
  return false;
}

/** Whether both were asked for under the same, held and borrowed alike. What was borrowed and is over says nothing. */
function isBorrowedAlike(newer: Grant, older: Grant): boolean {
  if (newer.isUngated !== older.isUngated) return false;
  let n = skipReturned(newer.under);
  let o = skipReturned(older.under);
  while (n !== null && o !== null) {
    if (n instanceof Borrowed !== o instanceof Borrowed) return false;
    const [a, b] = [n.grant, o.grant];
    if (a.isOpen || b.isOpen ? a !== b : !isSameGate(a, b) || isGate(a, newer) !== isGate(b, older))
      return false;
    n = skipReturned(n.under);
    o = skipReturned(o.under);
  }
  return n === o;
}

function skipReturned(cell: Opens | null): Opens | null {
  while (cell instanceof Borrowed && !cell.grant.isOpen) cell = cell.under;
  return cell;
}

/** Whether `older` was asked for beside something that is not over, and `newer` was not. */
function wasBesideOthers({ siblings }: Grant, newer: Grant): boolean {
  return siblings !== null && siblings.pending > 0 && siblings !== newer.siblings;
}

/**
 * The commonest answer of `isSameCover` for less: nested in the same locks, each of which was released after
 * what it covers. A program that goes round asks this of each grant of a round, and each was nested in the
 * next one's covers, so that all but the first are told by one look.
 */
export function isNestedAlike(newer: Grant, older: Grant): boolean {
  const { under: a } = newer;
  const { under: b } = older;
  if (a === null || b === null || older.isUngated || a.grant.endSeq < newer.seq || b.grant.endSeq < older.seq)
    return false;
  return isAlike(a.grant, b.grant, MAX_ALIKE_DEPTH);
}

/** It recurses, and programs may nest as deeply as they like. */
const MAX_ALIKE_DEPTH = 64;

/** Whether two grants that are over make the same gates, with what covered them. */
function isAlike(a: Grant, b: Grant, depth: number): boolean {
  const { key } = a;
  if (key.alikeNewer === a && key.alikeOlder === b) return true;
  if (!isSameGate(a, b) || a.endSeq === 0 || b.endSeq === 0 || a.coversConcurrent || b.coversConcurrent)
    return false;
  const { under: p } = a;
  const { under: q } = b;
  if (p !== q) {
    if (p === null || q === null || depth === 0) return false;
    if (p.grant.endSeq < a.endSeq || q.grant.endSeq < b.endSeq) return false;
    if (!isAlike(p.grant, q.grant, depth - 1)) return false;
  }
  key.alikeNewer = a;
  key.alikeOlder = b;
  return true;
}

/**
 * Compares both covers. What is still open must be the same; where what is closed makes more of a gate for
 * `newer` than for `older`, it loses its gates.
 */
export function isSameCover(newer: Grant, older: Grant): boolean {
  let hasMoreGates = older.isUngated;
  for (let n = newer.under, o = older.under; n !== o && (n !== null || o !== null);) {
    const a = n === null ? null : n.grant;
    const b = o === null ? null : o.grant;
    const isOver = a !== null && !a.isOpen;
    if (isOver) {
      hasMoreGates ||= isGate(a, newer) && !(b !== null && isSameGate(a, b) && isGate(b, older));
      n = n!.under;
    }
    if (b !== null && !b.isOpen) o = o!.under;
    else if (!isOver) {
      if (a !== b) return false;
      n = n!.under;
      o = o!.under;
    }
  }
  if (hasMoreGates) newer.loseGates();
  return true;
}

/** Whether `cover` was there all the time that `grant` was waited for, and its requests came one by one. */
function isGate(cover: Grant, grant: Grant): boolean {
  return cover.endSeq >= grant.seq && !cover.coversConcurrent;
}

function isSameGate(a: Grant, b: Grant): boolean {
  return a.instance === b.instance && a.key === b.key;
}

/** The clock of whoever is granted `grant`, having asked under `clock`. */
export function append(clock: Clock, grant: Grant): ClockEntry {
  let prev = clock;
  if (prev !== null) {
    const head = prev.grant;
    // The commonest loop, one lock again and again, must not grow the list at all. `grant` may take the
    // place of `head` even while it is open, since `head` lies behind its request.
    const replacesHead =
      head.key === grant.key &&
      head.under === grant.under &&
      !head.isOpen &&
      !wasBesideOthers(head, grant) &&
      (head.isBreakable || !grant.isBreakable);
    if (replacesHead) prev = prev.prev;
    else if (prev.room <= 0) {
      compacted = prev;
      remainder = prev = compact(prev);
    }
  }
  return new ClockEntry(
    grant,
    prev,
    grant.isOpen ? grant : grant.under,
    prev === null ? SPARE : prev.room - 1,
  );
}

/**
 * The same clock, with room for more. For whoever starts much that goes on side by side: what runs out of room
 * would be compacted in each part, and then they have nothing in common any more.
 */
export function withRoom(clock: ClockEntry): ClockEntry {
  return clock.room >= SPARE / 2 ? clock : (compact(clock) ?? clock);
}

let compactions = 0;
/** The list that was compacted last, and what came of it. */
let [compacted, remainder]: [Clock, Clock] = [null, null];

/** The same clock with one closed entry a key, and all open ones. Grants of retired validators go. */
function compact(clock: ClockEntry): Clock {
  compactions++;
  const kept: ClockEntry[] = [];
  for (let entry: Clock = clock; entry !== null; entry = entry.prev) {
    const { grant } = entry;
    const { key } = grant;
    if (key.compactedAt !== compactions) {
      key.compactedAt = compactions;
      key.kept = null;
    }
    if (isSuperseded(grant, key.kept) || retiredOwners.has(grant.owner)) continue;
    // What is still open supersedes nothing.
    if (!grant.isOpen) {
      if (key.kept === null) key.kept = [grant];
      else key.kept.push(grant);
    }
    kept.push(entry);
  }
  for (const { grant } of kept) {
    const { key } = grant;
    key.kept = key.alikeNewer = key.alikeOlder = null;
  }
  return rebuild(kept, null, clock.opens, kept.length + SPARE);
}

function isSuperseded(grant: Grant, kept: readonly Grant[] | null): boolean {
  // Not `for … of`, which V8 compiles with a handler around it: this is nearly all that compacting costs.
  if (kept !== null) for (let i = 0; i < kept.length; i++) if (supersedes(kept[i]!, grant)) return true;
  return false;
}

/** Validators that were reset or collected; their grants mean nothing any more. */
export const retiredOwners: Set<number> = new Set();

/** New cells for `entries` (newest first) on top of `suffix`. */
function rebuild(
  entries: readonly { readonly grant: Grant }[],
  suffix: Clock,
  opens: Opens | null,
  room: number,
): Clock {
  let clock = suffix;
  for (let i = entries.length - 1; i >= 0; i--) clock = new ClockEntry(entries[i]!.grant, clock, opens, room);
  return clock;
}

/** Whether `newer` is `older` and one grant more: what nearly every wait for a lock brings. */
function isNextAfter(newer: ClockEntry, older: ClockEntry): boolean {
  if (newer.prev === older || (older === compacted && newer.prev === remainder)) return true;
  const [a, b] = [newer.grant, older.grant];
  if (newer.prev !== older.prev || !isOfSameKey(a, b) || a.seq <= b.seq || b.isOpen) return false;
  return !a.isOpen || a.clock === older || isBehind(b, a.clock);
}

/** Beyond this many cells a merge, which is linear, is the cheaper answer. */
const MAX_COVER_STEPS = 256;

/** Whether `a` surely covers `b`. May say no for lists that were rebuilt; the caller then merges. */
function covers(a: ClockEntry, b: ClockEntry): boolean {
  let p: Clock = a;
  let q: Clock = b;
  for (let steps = 0; p !== q; steps++) {
    if (q === null) return true;
    if (steps > MAX_COVER_STEPS) return false;
    if (p === null || p.grant.seq < q.grant.seq) {
      // Missing in `a`, but a newer grant may have taken its place.
      if (!hasTakenPlace(a, p, q.grant)) return false;
      q = q.prev;
    } else if (p.grant === q.grant || isMoreOfOne(p.grant, q.grant)) {
      p = p.prev;
      q = q.prev;
    } else p = p.prev;
  }
  return true;
}

/** Whether both are one grant, and `a` says at least as much of it: one that came through a race says less. */
function isMoreOfOne(a: Grant, b: Grant): boolean {
  return a.seq === b.seq && b.isBreakable && (a.origin ?? a) === (b.origin ?? b);
}

/** Whether one of the grants of `clock` before `end` says at least as much as `grant`. */
function hasTakenPlace(clock: Clock, end: Clock, grant: Grant): boolean {
  for (let entry = clock; entry !== end && entry !== null; entry = entry.prev) {
    const newer = entry.grant;
    if (newer.key === grant.key && supersedes(newer, grant)) return true;
  }
  return false;
}

/** The pointwise maximum of two clocks. */
export function join(a: Clock, b: Clock): Clock {
  if (a === b || b === null) return a;
  if (a === null) return b;
  if (a.grant.seq >= b.grant.seq) {
    if (covers(a, b)) return a;
  } else if (covers(b, a)) return b;
  return merge(a, b, mergeOpens(a.opens, b.opens));
}

/** Both lists in one. Shares the longest tail that is common to them, and of what is above it what came of one alone. */
function merge(a: Clock, b: Clock, opens: Opens | null): Clock {
  const entries: ClockEntry[] = [];
  /** Where the stretch of one list began that is the end of `entries`. */
  let start = 0;
  let isOfA = true;
  while (a !== b && a !== null && b !== null) {
    const x: Grant = a.grant;
    const y: Grant = b.grant;
    // The same grant, once plain and once through a race: the plain one says more.
    const isFromA: boolean =
      x.seq === y.seq ? !x.isBreakable && (x !== y || isOfA || entries.length === 0) : x.seq > y.seq;
    if (isFromA !== isOfA) {
      isOfA = isFromA;
      start = entries.length;
    }
    entries.push(isFromA ? a : b);
    if (x.seq >= y.seq) a = a.prev;
    if (x.seq <= y.seq) b = b.prev;
  }
  let suffix: Clock = a ?? b;
  if ((isOfA ? a : b) === suffix && start < entries.length) {
    suffix = entries[start]!;
    entries.length = start;
  }
  const room = (suffix === null ? SPARE : suffix.room) - entries.length;
  if (entries.length === 0) {
    // One of them says it all; what is open need not be what its own front cell says.
    return suffix === null ? null : new ClockEntry(suffix.grant, suffix.prev, opens, suffix.room);
  }
  const merged = rebuild(entries, suffix, opens, Math.max(room, 0));
  return room < 0 && merged !== null ? compact(merged) : merged;
}

/**
 * `base` joined with what `settled` has and `creation` has not: what led to a promise's creation is not
 * waited for by whoever awaits it. `map` may replace the grants that come through.
 */
export function joinNewer(
  base: Clock,
  settled: Clock,
  creation: Clock,
  map?: (grant: Grant) => Grant,
): Clock {
  if (settled === null || settled === creation || (settled === base && map === undefined)) return base;
  if (map === undefined) {
    if (creation === null) return join(base, settled);
    const isNext = isNextAfter(settled, creation);
    if (base === creation && (isNext || covers(settled, creation))) return settled;
    if (isNext) return joinOne(base, settled.grant);
  }
  const newer: Grant[] = [];
  forEachNewer(settled, creation, { visit: (grant) => void newer.push(grant) });
  if (newer.length === 0) return base;
  const opens = mergeOpens(base === null ? null : base.opens, opensOf(newer.filter((grant) => grant.isOpen)));
  const mapped = map === undefined ? newer : newer.map(map);
  return merge(base, rebuild(mapped, null, null, 0), opens);
}

function joinOne(base: Clock, grant: Grant): Clock {
  const opens = mergeOpens(base === null ? null : base.opens, grant.isOpen ? opensOf([grant]) : null);
  if (base !== null && base.grant.seq < grant.seq && base.room > 0)
    return new ClockEntry(grant, base, opens, base.room - 1);
  return merge(base, new ClockEntry(grant, null, null, 0), opens);
}

/** Called with grants, newest first. An object and not a function, so that the hot caller allocates none. */
export interface GrantVisitor {
  visit(grant: Grant): void;
}

/** Visits every grant of `clock`, newest first, that is newer than all of its key in `since`. */
export function forEachNewer(clock: Clock, since: Clock, visitor: GrantVisitor): void {
  let p = clock;
  let q = since;
  while (p !== null && p !== q) {
    if (q !== null && q.grant.seq > p.grant.seq) q = q.prev;
    else if (q !== null && q.grant.seq === p.grant.seq) {
      p = p.prev;
      q = q.prev;
    } else {
      if (!hasNewer(since, q, p.grant)) visitor.visit(p.grant);
      p = p.prev;
    }
  }
}

/** Whether one can speak for the other, by class, way of asking and sequence. */
function isOfSameKey(a: Grant, b: Grant): boolean {
  return a.key === b.key && a.strand === b.strand;
}

/**
 * Whether the part of `clock` before `end`, all of which is newer, says that `grant` lies behind it. A newer
 * grant of the key does; but of one that is still open it is only known what lies behind its request.
 */
function hasNewer(clock: Clock, end: Clock, grant: Grant): boolean {
  for (let entry = clock; entry !== end && entry !== null; entry = entry.prev) {
    const newer = entry.grant;
    if (isOfSameKey(newer, grant) && (!newer.isOpen || isBehind(grant, newer.clock))) return true;
  }
  return false;
}

/** Whether `grant`, or a newer one of its key, lies behind `clock`. */
export function isBehind(grant: Grant, clock: Clock): boolean {
  for (let entry = clock; entry !== null && entry.grant.seq >= grant.seq; entry = entry.prev) {
    if (isOfSameKey(entry.grant, grant)) return true;
  }
  return false;
}

/** A clock with nothing but `grant` behind it. */
export function clockOf(grant: Grant): ClockEntry {
  return new ClockEntry(grant, null, grant.isOpen ? grant : null, SPARE);
}
