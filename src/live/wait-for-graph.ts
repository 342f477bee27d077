/**
 * The wait-for graph of now, reduced (R. C. Holt, "Some Deadlock Properties of Computer Systems", 1972): assume that
 * every request waits for ever; take out whoever could be granted if all those who are not assumed to wait
 * gave back what they have; repeat. Who is left is stuck. So a counted resource blocks when none of its units
 * can come back, a writer by one reader, and a reader by a writer that stands before it.
 *
 * A grant comes back unless something that it needs is stuck; see needs.ts. Edges are of instances, not of classes.
 */
import type { Obligation } from '../validator/obligation.ts';
import { blocksQueue, compareOrder, excludes, isCounted, standsInQueue, unitsOf } from './exclusion.ts';
import { type Belief, grantsBoundTo, isNeededToPay } from './needs.ts';

/** Why somebody waits: for a grant of somebody who waits as well, or behind him in the queue. */
export interface Reason {
  readonly by: Obligation;
  /** `null` where `by` merely stands before it. */
  readonly open: Obligation | null;
}

interface Queue {
  readonly waiting: Obligation[];
  readonly open: Obligation[];
}

export class WaitForGraph {
  /** By the instance of the lock. */
  readonly #queues = new Map<number, Queue>();
  /** What each open grant needs. */
  readonly #needs = new Map<Obligation, Obligation[]>();
  readonly #stuck: Set<Obligation>;
  /** All who wait, in the order in which they came. */
  readonly waiting: readonly Obligation[];
  /** `newest` is the head of the list of all that is asked for or open. */
  constructor(newest: Obligation | null, belief: Belief) {
    const waiting: Obligation[] = [];
    const open = new Map<number, Obligation[]>();
    for (let each = newest; each !== null; each = each.older) {
      if (each.instance === 0) continue;
      if (each.isWaiting) waiting.push(each);
      else pushTo(open, each.instance, each);
    }
    this.waiting = waiting.reverse().sort(compareOrder);
    for (const each of waiting) {
      const queue = this.#queues.get(each.instance);
      if (queue !== undefined) queue.waiting.push(each);
      else this.#queues.set(each.instance, { waiting: [each], open: open.get(each.instance) ?? [] });
      for (const grant of grantsBoundTo(each, belief)) pushTo(this.#needs, grant, each);
    }
    // A wait that may end by itself is none for good.
    const mayEnd = belief.isCertain && !belief.isDrained;
    if (!mayEnd) this.#addDebts();
    this.#stuck = new Set(waiting.filter(({ isBreakable }) => !(mayEnd && isBreakable)));
    while (this.#reduce());
  }

  /** What somebody owes counts as held, where it is known what whoever does it needs. */
  #addDebts(): void {
    for (const each of this.waiting) {
      const owed = each.rare === null ? undefined : each.rare.debt?.owed;
      if (owed === undefined || this.#needs.has(owed)) continue;
      const needed = this.waiting.filter((request) => isNeededToPay(each, request));
      if (needed.length === 0) continue;
      this.#needs.set(owed, needed);
      this.#queues.get(each.instance)?.open.push(owed);
    }
  }

  isStuck(request: Obligation): boolean {
    return this.#stuck.has(request);
  }

  /** Whether somebody who waits must be granted before `open` can come back. */
  isNeeding(open: Obligation): boolean {
    return this.#needs.has(open);
  }

  /** Those who wait and must be granted before `open` can come back. */
  needsOf(open: Obligation): readonly Obligation[] {
    return this.#needs.get(open) ?? [];
  }

  /** Takes out whoever could go on; says whether there was anybody. */
  #reduce(): boolean {
    const before = this.#stuck.size;
    for (const queue of this.#queues.values()) {
      let isBehindStuck = false;
      for (const request of queue.waiting) {
        if (!this.#stuck.has(request)) continue;
        if (this.#isBlocked(request, queue.open) || (isBehindStuck && standsInQueue(request)))
          isBehindStuck ||= blocksQueue(request);
        else this.#stuck.delete(request);
      }
    }
    return this.#stuck.size < before;
  }

  /** Whether what is held for good leaves no room for it. */
  #isBlocked(request: Obligation, open: readonly Obligation[]): boolean {
    let lost = 0;
    for (const grant of open) {
      if (!excludes(grant, request) || this.#neededBy(grant) === undefined) continue;
      if (!isCounted(request)) return true;
      lost += unitsOf(grant);
    }
    return lost > 0 && request.lockClass.permits - lost < unitsOf(request);
  }

  /** Somebody stuck who must be granted before `grant` can come back. */
  #neededBy(grant: Obligation): Obligation | undefined {
    return this.#needs.get(grant)?.find((request) => this.#stuck.has(request));
  }

  /** Why `request`, which is stuck, is so. */
  reasonsFor(request: Obligation): Reason[] {
    const reasons: Reason[] = [];
    const queue = this.#queues.get(request.instance);
    for (const open of queue?.open ?? []) {
      if (!excludes(open, request)) continue;
      for (const by of this.#needs.get(open) ?? []) if (this.#stuck.has(by)) reasons.push({ by, open });
    }
    if (!standsInQueue(request)) return reasons;
    for (const by of queue?.waiting ?? []) {
      if (by === request) break;
      if (this.#stuck.has(by) && blocksQueue(by)) reasons.push({ by, open: null });
    }
    return reasons;
  }

  /** Open grants that keep `request` out, whether or not anybody waits for them to come back. */
  holdersOf(request: Obligation): Obligation[] {
    return (this.#queues.get(request.instance)?.open ?? []).filter((open) => excludes(open, request));
  }

  /**
   * All who wait for `request` and whom it waits for, by way of each other: of a resource with many units all who have
   * one. Each with what it holds that another one of them waits for.
   */
  knotOf(request: Obligation): Map<Obligation, Obligation | null> {
    const blocks = new Map<Obligation, { waiter: Obligation; open: Obligation | null }[]>();
    const ahead = [request];
    const seen = new Set(ahead);
    for (let waiter = ahead.pop(); waiter !== undefined; waiter = ahead.pop()) {
      for (const { by, open } of this.reasonsFor(waiter)) {
        const list = blocks.get(by) ?? [];
        list.push({ waiter, open });
        blocks.set(by, list);
        if (seen.has(by)) continue;
        seen.add(by);
        ahead.push(by);
      }
    }
    const knot = new Map<Obligation, Obligation | null>();
    const back = [request];
    // Back along the same reasons: whoever leads to `request` again.
    const leads = new Set(back);
    for (let by = back.pop(); by !== undefined; by = back.pop()) {
      for (const { waiter } of blocks.get(by) ?? []) {
        if (leads.has(waiter)) continue;
        leads.add(waiter);
        back.push(waiter);
      }
    }
    for (const each of leads) {
      const holds = (blocks.get(each) ?? []).filter(({ waiter }) => leads.has(waiter));
      knot.set(each, holds.find(({ open }) => open !== null)?.open ?? null);
    }
    return knot;
  }

  /** A shortest way from `request` back to itself, by way of who is stuck; `undefined` if it is on no cycle. */
  findCycle(request: Obligation): Reason[] | undefined {
    if (!this.#stuck.has(request)) return undefined;
    const cameBy = new Map<Obligation, { from: Obligation; reason: Reason }>();
    let frontier = [request];
    while (frontier.length > 0) {
      const next: Obligation[] = [];
      for (const from of frontier) {
        for (const reason of this.reasonsFor(from)) {
          if (reason.by === request) return [...wayTo(cameBy, from), reason];
          if (cameBy.has(reason.by)) continue;
          cameBy.set(reason.by, { from, reason });
          next.push(reason.by);
        }
      }
      frontier = next;
    }
    return undefined;
  }
}

function wayTo(
  cameBy: ReadonlyMap<Obligation, { from: Obligation; reason: Reason }>,
  end: Obligation,
): Reason[] {
  const way: Reason[] = [];
  for (let step = cameBy.get(end); step !== undefined; step = cameBy.get(step.from)) way.push(step.reason);
  return way.reverse();
}

function pushTo<K>(map: Map<K, Obligation[]>, key: K, value: Obligation): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
