import type { Clock } from './clock.ts';

/**
 * What led to the end of a promise, told by whoever knows: for promises that are settled in the midst of a
 * stranger, as most limiters settle theirs. What counts is what it says when a continuation begins.
 */
export class History {
  clock: Clock = null;
}
