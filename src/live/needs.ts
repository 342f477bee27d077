/** Which open grants cannot be discharged before a request is granted. */
import { Borrowed } from '../causality/grant.ts';
import { hasRace } from '../causality/races.ts';
import type { Obligation } from '../validator/obligation.ts';
import { countAwaitedScopes, isConsumed } from '../validator/awaited-scopes.ts';
import { mayNeed } from '../validator/custody.ts';

/** How far to believe. */
export interface Belief {
  /** The event loop is empty: nothing but these requests could still go on. */
  readonly isDrained: boolean;
  /** Only what is sure, else whatever was asked for under a grant. */
  readonly isCertain: boolean;
}

/** The open grants that wait for `asked`. */
export function grantsBoundTo(asked: Obligation, { isDrained, isCertain }: Belief): Obligation[] {
  const mustProve = isCertain && !isDrained;
  if (mustProve && asked.isBreakable) return [];
  const covers: Obligation[] = [];
  for (let cell = asked.under; cell !== null; cell = cell.under) {
    const cover = cell.grant as Obligation;
    if (!cover.isOpen || cover.owner !== asked.owner || !cover.lockClass.isAwaited) continue;
    if (cell instanceof Borrowed && !isDrained) continue;
    if (isDischargedBeyond(asked, cover, isDrained)) covers.push(cover);
  }
  return mustProve ? filterProven(asked, covers) : covers;
}

/**
 * Whether whoever does what `waiting` waits for is known to need `request` before: those who did so since it came to
 * be owed got a lock of that class first, as a proven edge says. Who it will be this time nobody knows, and if it is
 * somebody else he will ask for the same.
 */
export function isNeededToPay(waiting: Obligation, request: Obligation): boolean {
  const owed = waiting.rare === null ? undefined : waiting.rare.debt?.owed;
  if (owed === undefined || request === waiting || owed.owner !== request.owner) return false;
  const edge = owed.row?.edges.find(request.key)?.edge;
  return edge !== undefined && edge.count > 0 && edge.evidence === 'proven';
}

function isDischargedBeyond(asked: Obligation, cover: Obligation, isDrained: boolean): boolean {
  if (!mayNeed(cover, asked, isDrained)) return false;
  // Whoever asked for a job need not be waiting for it, but what it was handed does.
  return asked.rare?.isJob !== true || cover.rare?.custodian?.endSeq === 0 || isConsumed(asked);
}

/** What a callback of `run` must get before it can end. */
function filterProven(asked: Obligation, covers: readonly Obligation[]): Obligation[] {
  const scopes = covers.filter(({ isScoped, rare }) => isScoped && rare?.isJob !== true);
  if (scopes.length === 0) return [];
  // More holds than callbacks: some came with what was awaited, and nobody knows which.
  if (countAwaitedScopes(asked) < scopes.length) return [];
  return scopes.filter((scope) => !hasRace(scope));
}
