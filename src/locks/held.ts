/** What of a lock lies behind the flow that runs now. */
import type { Opens } from '../causality/grant.ts';
import { isInHand } from '../validator/custody.ts';
import type { Obligation } from '../validator/obligation.ts';
import type { Watch } from './watch.ts';

/** What is open behind the flow that runs now, newest first. */
export function openBehind({ engine }: Watch): Opens | null {
  const clock = engine.tracker.asked();
  return clock === null ? null : clock.opens;
}

/** The newest hold of a lock among `opens`, or the newest exclusive one. */
export function findHeldOf(
  instance: number,
  opens: Opens | null,
  isExclusive: boolean = false,
): Obligation | null {
  for (let cell = opens; cell !== null; cell = cell.under) {
    const { grant } = cell;
    if (!grant.isOpen || grant.instance !== instance || (isExclusive && !grant.key.isExclusive)) continue;
    if (isInHand(grant as Obligation, opens)) return grant as Obligation;
  }
  return null;
}
