/**
 * What is open right now has its arrows provisionally: to what was asked for under it. They are an overlay
 * of the graph for one pass; whatever does not come true leaves no trace.
 */
import { Borrowed } from '../causality/grant.ts';
import type { Arrows } from './arrows.ts';
import { isAwaitedAlone } from './awaited-scopes.ts';
import { mayNeed } from './custody.ts';
import type { LockClass } from './lock-class.ts';
import type { Obligation } from './obligation.ts';

/** Lays the arrows of everything from `newest` on over the graph. */
export function observeOpenWork(
  arrows: Arrows,
  classes: readonly LockClass[],
  newest: Obligation | null,
  isDrained: boolean,
): void {
  arrows.graph.beginPass();
  for (const { instanceOrders } of classes) instanceOrders?.beginPass();
  const live: Obligation[] = [];
  for (let each = newest; each !== null; each = each.older) live.push(each);
  for (const y of live.toReversed()) {
    if (y.key.isTry) continue;
    const isJob = y.rare?.isJob === true;
    for (let cell = y.under; cell !== null; cell = cell.under) {
      const x = cell.grant as Obligation;
      if (!x.isOpen || x.owner !== y.owner || !x.lockClass.isAwaited) continue;
      if (cell instanceof Borrowed && !isDrained) continue;
      if (!mayNeed(x, y, isDrained)) continue;
      if (!isJob || (isDrained && isStuckInAdding(x, y))) arrows.observeOpen(x, y, false);
    }
  }
  if (isDrained) observeSiblings(arrows, live);
  for (const x of live.toReversed()) {
    if (x.rare === null) continue;
    const { inner, custodian } = x.rare;
    if (inner !== null && x.lockClass.isAwaited)
      for (const y of inner.values()) arrows.observeOpen(x, y, false);
    if (custodian !== null && custodian.isWaiting) arrows.observeHandOver(x, custodian, true);
  }
}

/**
 * A job that waits for its turn is waited for by nobody we could see, but for what was handed to it. But
 * where the loop has drained, one that another job of its queue has added likely is what that one awaits.
 */
function isStuckInAdding(x: Obligation, y: Obligation): boolean {
  return y.isWaiting && y.lockClass.kind === 'executor' && x.instance === y.instance;
}

/** Requests of one synchronous run may be needed by one discharge; only a drained loop makes that likely. */
function observeSiblings(arrows: Arrows, live: readonly Obligation[]): void {
  for (const x of live) {
    if (x.siblings === null || x.isScoped || !x.isOpen || !x.lockClass.isAwaited) continue;
    for (const y of live) {
      if (y === x || y.siblings !== x.siblings || !y.isWaiting || y.rare?.isJob === true) continue;
      if (!isAwaitedAlone(y)) arrows.observeOpen(x, y, true);
    }
  }
}

/** What somebody has and nobody waits for; nothing as long as anybody waits. */
export function findHeld(newest: Obligation | null): Obligation[] {
  const found: Obligation[] = [];
  for (let each = newest; each !== null; each = each.older) {
    if (each.isWaiting) return [];
    const { kind } = each.lockClass;
    const isHeld = each.isOpen && each.rare?.isJob !== true && kind !== 'flow' && kind !== 'executor';
    if (isHeld && each.rare?.custodian?.isWaiting !== true) found.push(each);
  }
  return found.reverse();
}

/**
 * What was handed over and is not taken up: a parcel, or a job of the loop. A job of a serial executor is
 * left out, since it stands behind something that has a finding of its own.
 */
export function findNotTakenUp(newest: Obligation | null): Obligation[] {
  const found: Obligation[] = [];
  for (let each = newest; each !== null; each = each.older) {
    const custodian = each.rare?.custodian;
    if (each.isOpen && custodian?.isWaiting === true && !custodian.lockClass.isSerial) found.push(each);
  }
  return found.reverse();
}
