/**
 * Where the room above (src/live) hangs itself in: it looks at what holds and waits now. Without it the
 * validator knows the past alone. It never keeps the validator alive, since its engine outlives that.
 */
import type { WaitListener } from './engine.ts';
import type { Finding } from './finding.ts';
import type { LiveState } from './live-state.ts';
import type { Validator } from './validator.ts';

export interface LiveWatch extends WaitListener {
  /** Looks at all that waits; publishes what is certain, and what stood at the check before. */
  check(options: { isDrained: boolean }): void;
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
