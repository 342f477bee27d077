/**
 * What covers a request: all that is open behind it. Two things are kept of that: a hash, by which the warm
 * path knows a request again, and whether a hold had requests made under it side by side, since then it is no
 * gate.
 *
 * Covers mostly end in reverse order, and then what covers a request is its newest cover and what covers
 * that. So the hash is made of that one's hash, and a hold is told of the newest request right under it only;
 * when that one ends, of the newest under that. Wherever a cover ended before what it covered, or requests
 * were made side by side, what was noted before that is not trusted any more (`disorders`), and the whole list
 * is walked.
 */
import { type Clock, isBehind } from '../causality/clock.ts';
import { Borrowed, type Opens, shapeLikeNoOther } from '../causality/grant.ts';
import type { Obligation } from './obligation.ts';

const { imul } = Math;

/** Tells what is covered by something borrowed from what is covered by the same thing held. */
const BORROWED = 0x5bd1e995;

/** How often order was lost so far. */
let disorders = 0;
/** Whether a request was ever covered by what does not cover one another: flows that were joined. */
let hasJoined = false;
let concurrentRequests = 0;

/** A hash of what covers `asked`, which has `clock` behind it; `under` is not empty. */
export function noteCover(asked: Obligation, clock: Clock, under: Opens): number {
  const newest = under.grant as Obligation;
  asked.disorders = disorders;
  if (under !== newest || newest.disorders !== disorders || !isAfterLast(newest, clock))
    return noteCovers(asked, clock, under);
  newest.lastAsked = asked;
  return hashWith(newest.cover, newest);
}

/** Whether the newest request under `cover` lies behind `clock`: requests under it are made one by one. */
function isAfterLast({ lastAsked }: Obligation, clock: Clock): boolean {
  return (
    lastAsked === null || clock!.grant === lastAsked || (lastAsked.seq !== 0 && isBehind(lastAsked, clock))
  );
}

function hashWith(hash: number, { key, instance }: Obligation): number {
  return (imul(hash, 31) + imul(key.id, 0xc2b2ae35) + instance) | 0;
}

function noteCovers(asked: Obligation, clock: Clock, under: Opens): number {
  const covers: Obligation[] = [];
  let borrowed = 0;
  let isBeside = false;
  for (let cell: Opens | null = under; cell !== null; cell = cell.under) {
    const cover = cell.grant as Obligation;
    if (cell !== cover) hasJoined = true;
    if (!cover.isOpen) continue;
    // The listener runs beside whoever holds it, and makes no request of that one.
    if (cell instanceof Borrowed) {
      borrowed = hashWith(borrowed ^ BORROWED, cover);
      continue;
    }
    covers.push(cover);
    // What was made beside a request under one was made under all that cover that one.
    isBeside ||= !isAfterLast(cover, clock);
    if (isBeside && !cover.coversConcurrent) {
      cover.coversConcurrent = true;
      disorders++;
    }
    cover.lastAsked = asked;
  }
  asked.disorders = disorders;
  let hash = borrowed;
  for (let i = covers.length - 1; i >= 0; i--) {
    const cover = covers[i]!;
    // Its gates must be looked at anew.
    if (cover.coversConcurrent && cover.key.isExclusive) hash ^= shapeLikeNoOther(++concurrentRequests);
    hash = hashWith(hash, cover);
  }
  return hash;
}

/** `open` was left held by a flow that has ended: what comes after that is in nobody's hands, so it is no gate. */
export function leaveBehind(open: Obligation): void {
  open.coversConcurrent = true;
  disorders++;
}

/** `over` covers nothing any more. */
export function endCover(over: Obligation): void {
  const { lastAsked } = over;
  if (lastAsked === null) return;
  over.lastAsked = null;
  for (let cell = over.under; cell !== null; cell = cell.under) {
    const cover = cell.grant;
    if (cover.lastAsked === over) cover.lastAsked = lastAsked;
    else if (!hasJoined) break;
  }
  if (lastAsked.endSeq === 0 || over.coversConcurrent) disorders++;
}
