/**
 * Where the room above (src/live) hangs itself in: it looks at what holds and waits now. Without it the
 * validator knows the past alone. It never keeps the validator alive, since its engine outlives that.
 */
import type { WaitListener } from './engine.ts';
import type { Finding } from './finding.ts';
import type { LiveState } from './live-state.ts';
import type { Validator } from './validator.ts';

export interface LiveWatch extends WaitListener {
  /** Looks at all that waits; publishes what is certain, and what was seen before and stands for `standingMs` by now. */
  check(options: { isDrained: boolean; standingMs: number }): void;
  /** What `check` would look at again. */
  findStanding(): Finding[];
  dumpState(): LiveState;
  /** Calls `listener` when a request has waited for so long. Returns how to stop. */
  onStall(listener: StallListener, stallMs: number): () => void;
  reset(): void;
}

/** Gets all that holds and waits now. */
export type StallListener = (state: LiveState) => void;

export const liveHook: { create: ((validator: Validator) => LiveWatch) | undefined } = { create: undefined };
