/**
 * Gates: exclusive holds that covered an arrow. Two flows that close a cycle whose arrows all have one
 * gate in common would both have to hold it (Goodlock, Havelund 2000). A hold is none when requests were
 * made under it side by side, or when it was released before the arrow's end.
 */
import { type Grant, type Opens, includesGrant } from '../causality/grant.ts';

/** Whether `cover` keeps everybody else out from before the request of `grant` until its grant. */
function isGate(cover: Grant, grant: Grant): boolean {
  return (
    cover.key.isExclusive &&
    !cover.coversConcurrent &&
    cover.instance !== 0 &&
    (cover.endSeq === 0 || cover.endSeq > grant.seq)
  );
}

/** Instances of the gates of an arrow from X to Y, newest first; the arrow's own locks are none. */
export function gatesOf(x: Grant, y: Grant): number[] {
  const gates: number[] = [];
  if (y.isUngated) return gates;
  for (let cell: Opens | null = x.under; cell !== null; cell = cell.under) {
    const cover = cell.grant;
    if (!isGate(cover, y) || cover.instance === x.instance || cover.instance === y.instance) continue;
    if (includesGrant(y.under, cover) && !gates.includes(cover.instance)) gates.push(cover.instance);
  }
  return gates;
}

/** Whether each of `gates` (newest first) covers this arrow too. Says no when it would take a longer look. */
export function areGatesHeld(gates: readonly number[], x: Grant, y: Grant): boolean {
  if (y.isUngated || !includesGrant(y.under, x)) return false;
  let found = 0;
  for (let cell = x.under; cell !== null && found < gates.length; cell = cell.under) {
    if (cell.grant.instance === gates[found] && isGate(cell.grant, y)) found++;
  }
  return found === gates.length;
}
