/**
 * Listeners. Whoever emits an event calls them, so they have the clock of that caller; if the event loop does, as for
 * a socket, they have none. Where a listener was registered says something else: what it does it does on behalf of
 * whoever put it there, as a callback would, but again and again, and for whoever comes.
 *
 * So a listener *borrows* what was open at its registration. That covers what it asks for: if the holder comes to wait
 * for that, the arrow is proven. And what was taken before the registration lies behind a release of what is borrowed.
 * It is not history, though: what led to a registration is not waited for by whoever is woken by the listener. A
 * promise that it settles passes on the rest alone, unless it was made with the same behind it. A connection
 * that was opened under a lock would else bring that lock to every flow that uses the connection.
 *
 * What was borrowed and never waited for makes no arrow, not even a nested one.
 */
import { type Clock, ClockEntry, SPARE, join } from './clock.ts';
import {
  Borrowed,
  ClockKey,
  Grant,
  type Opens,
  borrowing,
  includesGrant,
  mergeOpens,
  nextSeq,
  relist,
} from './grant.ts';

/** Stands in a clock that has nothing behind it, and yet something that was borrowed. It is of no validator. */
const nobody = new Grant(new ClockKey(false), 0, 0);
nobody.seq = nobody.endSeq = nextSeq();

function withOpens(clock: Clock, opens: Opens | null): ClockEntry {
  if (clock === null) return new ClockEntry(nobody, null, opens, SPARE);
  return new ClockEntry(clock.grant, clock.prev, opens, clock.room);
}

/** `clock` with one grant borrowed, for whoever knows from elsewhere that it was. */
export function withBorrowed(clock: Clock, grant: Grant): ClockEntry {
  borrowing.hasBegun = true;
  const opens = mergeOpens(clock === null ? null : clock.opens, new Borrowed(grant, null, null));
  return withOpens(clock, opens);
}

/** The clock of a listener that was registered under `registration`, called by `caller`. */
export function borrow(caller: Clock, registration: ClockEntry): Clock {
  const cells: Borrowed[] = [];
  for (let cell = registration.opens; cell !== null; cell = cell.under) {
    if (!cell.grant.isOpen) continue;
    const since = cell instanceof Borrowed ? join(registration, cell.since) : registration;
    cells.push(new Borrowed(cell.grant, null, since));
  }
  if (cells.length === 0) return caller;
  borrowing.hasBegun = true;
  return withOpens(caller, mergeOpens(caller === null ? null : caller.opens, relist(cells)));
}

/** `clock` as it settles a promise that was made under `creation`: without what was borrowed since. */
export function returnBorrowed(clock: ClockEntry, creation: Clock): Clock {
  const before = creation === null ? null : creation.opens;
  const kept: Opens[] = [];
  let isChanged = false;
  for (let cell = clock.opens; cell !== null; cell = cell.under) {
    const isForeign = cell instanceof Borrowed && !includesGrant(before, cell.grant);
    isChanged ||= isForeign;
    if (!isForeign) kept.push(cell);
  }
  if (!isChanged) return clock;
  return clock.grant === nobody && kept.length === 0 ? null : withOpens(clock, relist(kept));
}

/** What lies behind a discharge of `open` under `clock`: also what was there when it was borrowed. */
export function behindDischarge(clock: Clock, open: Grant): Clock {
  for (let cell = clock === null ? null : clock.opens; cell !== null; cell = cell.under)
    if (cell.grant === open) return cell instanceof Borrowed ? join(clock, cell.since) : clock;
  return clock;
}
