/** Holds under which a race was begun: whatever is asked for under one may lose it, and not be waited for. */
import type { Clock } from './clock.ts';
import type { Grant } from './grant.ts';

const raced = new WeakSet<Grant>();

/** `Promise.race` or `any` is called with `clock` behind it. */
export function noteRace(clock: Clock): void {
  for (let cell = clock === null ? null : clock.opens; cell !== null; cell = cell.under)
    if (cell.grant.isOpen) raced.add(cell.grant);
}

export function hasRace(grant: Grant): boolean {
  return raced.has(grant);
}
