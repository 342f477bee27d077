/** Who waits for which lock, of those who told so; and whether a new wait may have closed a circle. */
import { type Obligation, rareOf } from '../validator/obligation.ts';
import { blocksQueue, compareOrder, excludes, standsInQueue } from './exclusion.ts';
import { grantsBoundTo, isNeededToPay } from './needs.ts';

const WIDEST = { isDrained: false, isCertain: false };

/** Beyond as many steps the answer is left to a check of everything, later and seldom. */
const MAX_STEPS = 1000;

/** Those who wait for one lock: a list through their own records, since nobody waits for long and a `Set` wants hashes. */
interface Line {
  first: Obligation | null;
  last: Obligation | null;
}

export class WaitingRoom {
  /** By the instance of the lock, in the order in which they came. */
  readonly #waiting = new Map<number, Line>();
  /** Those who hold something and wait for what somebody owes. */
  readonly #creditors = new Set<Obligation>();

  get isEmpty(): boolean {
    return this.#waiting.size === 0;
  }

  /** Whether somebody may wait for one who holds nothing. */
  get hasCreditors(): boolean {
    return this.#creditors.size > 0;
  }

  /** Once for each wait. */
  add(asked: Obligation): void {
    const rare = rareOf(asked);
    const line = this.#waiting.get(asked.instance);
    if (line === undefined) this.#waiting.set(asked.instance, { first: asked, last: asked });
    else {
      rare.waitsAfter = line.last;
      rareOf(line.last!).waitsBefore = asked;
      line.last = asked;
    }
    if (asked.under !== null && rare.debt !== null) this.#creditors.add(asked);
  }

  delete(asked: Obligation): void {
    const line = this.#waiting.get(asked.instance);
    if (line === undefined) return;
    const rare = rareOf(asked);
    const { waitsAfter, waitsBefore } = rare;
    // It is in no line: all is forgotten since.
    if (waitsAfter === null && line.first !== asked) return;
    if (waitsAfter === null) line.first = waitsBefore;
    else rareOf(waitsAfter).waitsBefore = waitsBefore;
    if (waitsBefore === null) line.last = waitsAfter;
    else rareOf(waitsBefore).waitsAfter = waitsAfter;
    rare.waitsAfter = rare.waitsBefore = null;
    if (line.first === null) this.#waiting.delete(asked.instance);
    if (this.#creditors.size > 0) this.#creditors.delete(asked);
  }

  clear(): void {
    for (const line of this.#waiting.values())
      for (let each = line.first; each !== null;) {
        const rare = rareOf(each);
        each = rare.waitsBefore;
        rare.waitsAfter = rare.waitsBefore = null;
      }
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
    for (const open of grantsBoundTo(each, WIDEST)) yield* this.#waitingFor(open.instance);
    if (each !== newest && blocksQueue(each)) yield* this.#waitingFor(each.instance);
    yield* this.#creditors;
  }

  *#waitingFor(instance: number): IterableIterator<Obligation> {
    const first = this.#waiting.get(instance)?.first ?? null;
    for (let each = first; each !== null; each = rareOf(each).waitsBefore) yield each;
  }
}

/** Whether `waiting` cannot go on before `each` does. */
function isBehind(waiting: Obligation, each: Obligation): boolean {
  if (isNeededToPay(waiting, each)) return true;
  if (grantsBoundTo(each, WIDEST).some((open) => excludes(open, waiting))) return true;
  const isInQueue = waiting.instance === each.instance && standsInQueue(waiting) && blocksQueue(each);
  return isInQueue && compareOrder(waiting, each) > 0;
}
