/** Requests that have waited for too long, and those who want to know. */
import type { StallListener } from '../validator/live-hook.ts';
import type { LiveState } from '../validator/live-state.ts';
import type { Obligation } from '../validator/obligation.ts';
import { nowMs } from '../validator/now.ts';

interface Threshold {
  readonly listener: StallListener;
  readonly stallMs: number;
  /** A request is told of once. */
  readonly told: WeakSet<Obligation>;
}

export class Stalls {
  readonly #thresholds = new Set<Threshold>();

  get isEmpty(): boolean {
    return this.#thresholds.size === 0;
  }

  get shortestMs(): number {
    return Math.min(...[...this.#thresholds].map(({ stallMs }) => Math.max(stallMs, 1)));
  }

  add(listener: StallListener, stallMs: number): () => void {
    const threshold = { listener, stallMs, told: new WeakSet<Obligation>() };
    this.#thresholds.add(threshold);
    return () => void this.#thresholds.delete(threshold);
  }

  look(waiting: Iterable<Obligation>, getState: () => LiveState): void {
    if (this.isEmpty) return;
    const now = nowMs();
    const all = [...waiting];
    for (const { listener, stallMs, told } of Array.from(this.#thresholds)) {
      const late = all.filter((each) => ageOf(each, now) >= stallMs && !told.has(each));
      if (late.length === 0) continue;
      // Those who came soon after are told with them, and not once more in a moment.
      for (const each of all) if (ageOf(each, now) >= stallMs / 2) told.add(each);
      listener(getState());
    }
  }
}

/** For how long it has waited, as far as anybody looked. */
function ageOf({ rare }: Obligation, now: number): number {
  return rare === null ? 0 : now - (rare.waitsSinceMs || rare.askedMs || rare.seenMs || now);
}
