/**
 * A stack that nobody has read keeps alive what its functions were called on. Mostly it is gone in a moment, with what
 * it is of; what stays open has its stacks read, so that watching keeps no object from being collected.
 */
import { framesOf } from '../validator/arrows.ts';
import { settleAwaitedScopes } from '../validator/awaited-scopes.ts';
import type { Obligation } from '../validator/obligation.ts';

/** Reads the stacks of all that was asked for before `sinceMs`; says whether there are others. */
export function readOldStacks(newest: Obligation | null, sinceMs: number): boolean {
  let hasYoung = false;
  for (let each = newest; each !== null; each = each.older) {
    if (!(each.stack instanceof Error)) continue;
    if (each.rare !== null && each.rare.askedMs > sinceMs) {
      hasYoung = true;
      continue;
    }
    framesOf(each);
    if (each.isWaiting) settleAwaitedScopes(each);
  }
  return hasYoung;
}
