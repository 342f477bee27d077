/** Who waits for which lock, of those who told so; and whether a new wait may have closed a circle. */
import type { Obligation } from '../validator/obligation.ts';
import { blocksQueue, compareOrder, excludes, standsInQueue } from './exclusion.ts';
import { grantsBoundTo, isNeededToPay } from './needs.ts';

const WIDEST = { isDrained: false, isCertain: false };

/** Beyond as many steps the answer is left to a check of everything, later and seldom. */
const MAX_STEPS = 1000;

export class WaitingRoom {
  /** By the instance of the lock, in the order in which they came. */
  readonly #waiting = new Map<number, Set<Obligation>>();
  /** Those who hold something and wait for what somebody owes. */
  readonly #creditors = new Set<Obligation>();

  get isEmpty(): boolean {
    return this.#waiting.size === 0;
  }

  /** Whether somebody may wait for one who holds nothing. */
  get hasCreditors(): boolean {
    return this.#creditors.size > 0;
  }

  add(asked: Obligation): void {
    const queue = this.#waiting.get(asked.instance);
    if (queue === undefined) this.#waiting.set(asked.instance, new Set([asked]));
    else queue.add(asked);
    if (asked.under !== null && asked.rare !== null && asked.rare.debt !== null) this.#creditors.add(asked);
  }

  delete(asked: Obligation): void {
    const queue = this.#waiting.get(asked.instance);
    if (queue === undefined) return;
    queue.delete(asked);
    this.#creditors.delete(asked);
    if (queue.size === 0) this.#waiting.delete(asked.instance);
  }

  clear(): void {
    this.#waiting.clear();
    this.#creditors.clear();
  }

  /**
   * Whether `asked` is waited for, by way of others, by what it waits for itself: a cycle that it closes leads through
   * it. `undefined` when that would take too long to say. Most who wait hold nothing, and end here at once.
   */
  mayCloseCycle(asked: Obligation): boolean | undefined {
    if (asked.under === null && this.#creditors.size === 0) return false;
    const seen = new Set<Obligation>();
    const frontier = [asked];
    let steps = 0;
    for (let each = frontier.pop(); each !== undefined; each = frontier.pop()) {
      for (const waiting of this.#candidatesBehind(each, asked)) {
        if (++steps > MAX_STEPS) return undefined;
        if (seen.has(waiting) || !isBehind(waiting, each)) continue;
        if (waiting === asked) return true;
        seen.add(waiting);
        frontier.push(waiting);
      }
    }
    return false;
  }

  /** All who wait for what `each` holds, or for what it waits for itself. Nobody stands behind the newest. */
  *#candidatesBehind(each: Obligation, newest: Obligation): IterableIterator<Obligation> {
    for (const open of grantsBoundTo(each, WIDEST)) yield* this.#waiting.get(open.instance) ?? [];
    if (each !== newest && blocksQueue(each)) yield* this.#waiting.get(each.instance) ?? [];
    yield* this.#creditors;
  }
}

/** Whether `waiting` cannot go on before `each` does. */
function isBehind(waiting: Obligation, each: Obligation): boolean {
  if (isNeededToPay(waiting, each)) return true;
  if (grantsBoundTo(each, WIDEST).some((open) => excludes(open, waiting))) return true;
  const isInQueue = waiting.instance === each.instance && standsInQueue(waiting) && blocksQueue(each);
  return isInQueue && compareOrder(waiting, each) > 0;
}
