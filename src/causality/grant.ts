import type { Clock } from './clock.ts';

let lastKeyId = 0;

/** What clocks are keyed by: a lock class and a way of asking for it. Points to no lock. */
export class ClockKey {
  /** Unique in the process. */
  readonly id: number = ++lastKeyId;
  /** Its grants exclude everybody else while they are open, so they can be gates. */
  readonly isExclusive: boolean;
  /** Scratch space of `compact`: the pass that saw this key last, and what it has kept of it. */
  compactedAt = 0;
  kept: Grant[] | null = null;
  /** The grants of this key that were found alike last; see `isAlike`. */
  alikeNewer: Grant | null = null;
  alikeOlder: Grant | null = null;

  constructor(isExclusive: boolean) {
    this.isExclusive = isExclusive;
  }
}

/**
 * A grant as the clocks see it. Only numbers and other grants: an entry that pointed to a lock would
 * keep it alive as long as any cached promise. The validator's obligations extend it.
 */
export class Grant implements Opens {
  // What clocks compare comes first, so that it lies together in memory.
  readonly key: ClockKey;
  /**
   * Which sequence of events it belongs to, where sequences are known, as the tasks of a trace are: a newer
   * grant speaks for older ones of its own sequence only. 0 where they are not.
   */
  strand = 0;
  /** Position in the order of all grants; 0 while it is only asked for. */
  seq = 0;
  /** Position of its discharge in the order of all grants; 0 while it is not discharged. */
  endSeq = 0;
  /** Shared by all requests of one synchronous run, if there is more than one. */
  siblings: Siblings | null = null;
  /** The wait for it could end without it: a timeout, a signal, `Promise.race`. */
  isBreakable = false;
  /** What was open behind the request, newest first. Closed ones may linger; see `skipClosed`. */
  under: Opens | null = null;
  /** The clock behind the request; dropped at the discharge. */
  clock: Clock = null;
  /**
   * A hash of what it says to those who are discharged with it behind them: key, instance, cover, strand. Sums
   * of these tell one stretch of a clock from another; see `ClockEntry.sum`.
   */
  shape = 0;
  /** The granted obligation is the newest cell of the list of what is open right after it. */
  readonly grant: this = this;
  /** Instance of the lock, unique in the process; 0 where there is none. */
  readonly instance: number;
  /** Which validator it belongs to. */
  readonly owner: number;
  /** The synchronous run in which it was asked for; -1 where that does not matter. */
  run = -1;
  /** It came of a merge of observations under different gates, so it vouches for none. */
  isUngated = false;
  /** The newest request made right under it, and whether two under it were not ordered by causes. */
  lastAsked: Grant | null = null;
  coversConcurrent = false;

  constructor(key: ClockKey, instance: number, owner: number) {
    this.key = key;
    this.instance = instance;
    this.owner = owner;
  }

  /** Asked for and neither granted nor given up. */
  get isWaiting(): boolean {
    return this.seq === 0;
  }

  /** Granted and not discharged. */
  get isOpen(): boolean {
    return this.endSeq === 0 && this.seq !== 0;
  }

  /** It stands for observations under other gates as well, so it vouches for none. */
  loseGates(): void {
    if (this.isUngated) return;
    this.isUngated = true;
    this.shape = shapeLikeNoOther(this.seq);
  }

  /** Of a copy, what it is a copy of. */
  declare readonly origin?: Grant;

  /** The same grant as it comes through a race: the wait for it could have ended without it. */
  asBreakable(): Grant {
    if (this.isBreakable) return this;
    const copy = Object.assign(Object.create(Object.getPrototypeOf(this) as object), this) as Grant;
    (copy as { grant: Grant }).grant = copy;
    (copy as { origin?: Grant }).origin = this;
    copy.isBreakable = true;
    copy.endSeq = copy.seq; // Only the original is discharged.
    return copy;
  }
}

/** A shape for what is not to be taken for anything seen before; numbers must not repeat. */
export function shapeLikeNoOther(number: number): number {
  return Math.imul(number, 0x9e3779b1);
}

/** The requests of one synchronous run. */
export interface Siblings {
  /** How many of them are not over yet: as long as one is not, it matters who its siblings are. */
  pending: number;
}

/** A cell of the list of open obligations behind a clock, newest first. */
export interface Opens {
  readonly grant: Grant;
  under: Opens | null;
}

/**
 * What was open where a listener was put on an emitter. It covers what the listener asks for, whoever calls it; but
 * that caller does not hold it, so it is no gate, and whoever awaits what the listener settles has it only if
 * it was there before. See `borrow` in clock.ts.
 */
export class Borrowed implements Opens {
  readonly grant: Grant;
  under: Opens | null;
  /** What lay behind the registration. */
  readonly since: Clock;

  constructor(grant: Grant, under: Opens | null, since: Clock) {
    this.grant = grant;
    this.under = under;
    this.since = since;
  }
}

/** Whether anything was ever borrowed: while nothing was, nobody has to look. */
export const borrowing: { hasBegun: boolean } = { hasBegun: false };

/** The list without its closed front; the cell behind the front is relinked, or chains would grow. */
export function skipClosed(opens: Opens | null): Opens | null {
  while (opens !== null && !opens.grant.isOpen) opens = opens.under;
  if (opens !== null) {
    let next = opens.under;
    if (next !== null && !next.grant.isOpen) {
      do next = next.under;
      while (next !== null && !next.grant.isOpen);
      opens.under = next;
    }
  }
  return opens;
}

/** Whether `grant` is in the list. */
export function includesGrant(opens: Opens | null, grant: Grant): boolean {
  for (; opens !== null; opens = opens.under) {
    if (opens.grant === grant) return true;
    if (opens.grant.seq < grant.seq) return false;
  }
  return false;
}

/** Both lists in one, without what has been closed. What is borrowed in one and held in the other is held. */
export function mergeOpens(a: Opens | null, b: Opens | null): Opens | null {
  a = skipClosed(a);
  b = skipClosed(b);
  if (a === b || b === null) return a;
  if (a === null) return b;
  const cells: Opens[] = [];
  for (let p: Opens | null = a, q: Opens | null = b; p !== null || q !== null;) {
    const takeP = q === null || (p !== null && p.grant.seq >= q.grant.seq);
    let cell: Opens = (takeP ? p : q)!;
    const { grant } = cell;
    if (q !== null && q.grant === grant) {
      if (cell instanceof Borrowed) cell = q;
      q = q.under;
    }
    if (p !== null && p.grant === grant) p = p.under;
    if (grant.isOpen) cells.push(cell);
  }
  return relist(cells);
}

/** A list of copies of the given cells, which must be sorted newest first. */
export function relist(cells: readonly Opens[]): Opens | null {
  let list: Opens | null = null;
  for (let i = cells.length - 1; i >= 0; i--) {
    const cell = cells[i]!;
    list =
      cell instanceof Borrowed
        ? new Borrowed(cell.grant, list, cell.since)
        : { grant: cell.grant, under: list };
  }
  return list;
}

/** A list of the given grants, which must be sorted newest first. */
export function opensOf(grants: readonly Grant[]): Opens | null {
  let list: Opens | null = null;
  for (let i = grants.length - 1; i >= 0; i--) list = { grant: grants[i]!, under: list };
  return list;
}

let lastSeq = 0;

/** The position of what happened last. */
export function latestSeq(): number {
  return lastSeq;
}

/** The next position in the order of all grants and discharges of this process. */
export function nextSeq(): number {
  return ++lastSeq;
}
