/**
 * When nothing that is left to do can go round in a circle, no deadlock is reachable, and a search need not look on.
 *
 * In a deadlock some task waits for a lock (a task that joins waits for one that does, in the end). The lock is held:
 * free ones are granted. Its holder is stuck too, so it waits for another lock, or joins a child that does, or whose
 * child does. And so on: among a few locks, a circle. Every link of it is a lock that is held at a request still to
 * be granted, or at the join of a child that ever asks for the other. No reader, gate, try or permit is looked
 * into, so that this leaves all that is to be found out to the search.
 */
import { ACQUIRE, FORK, JOIN } from './step-kinds.mjs';
import { POSITION } from './system.mjs';
/** @import { Step, System } from './system.mjs' */

export class OrderAhead {
  #lockCount;
  /** For each task, by position and lock: a bit for each lock that may come to be waited for under it. */
  #links;
  #union;

  /** @param {System} system */
  constructor(system) {
    this.#lockCount = system.locks.length;
    this.#union = new Uint32Array(this.#lockCount);
    /** @type {Uint32Array[]} */
    const known = [];
    this.#links = system.tasks.map((_, task) => tabulateLinks(system, task, known));
  }

  /** Whether a circle of locks may lie ahead. @param {Uint16Array} state */
  mayClose(state) {
    this.#union.fill(0);
    for (let task = 0; task < state.length; task++) {
      if (state[task] === 0) continue;
      const from = (state[task] & POSITION) * this.#lockCount;
      for (let lock = 0; lock < this.#lockCount; lock++) this.#union[lock] |= this.#links[task][from + lock];
    }
    return hasCircle(this.#union);
  }
}

/** @param {Uint32Array} links */
function hasCircle(links) {
  let left = 2 ** links.length - 1;
  for (let before = 0; before !== left;) {
    before = left;
    for (let lock = 0; lock < links.length; lock++) if (!(links[lock] & left)) left &= ~(1 << lock);
  }
  return left !== 0;
}

/** @param {System} system @param {number} task @param {Uint32Array[]} known @returns {Uint32Array} */
function tabulateLinks(system, task, known) {
  if (known[task]) return known[task];
  const { steps, held } = system.tasks[task];
  const count = system.locks.length;
  const links = new Uint32Array((steps.length + 2) * count);
  for (let at = steps.length; at > 0; at--) {
    const step = steps[at - 1];
    const asked = listAsked(system, step);
    const child = step.kind === FORK ? tabulateLinks(system, step.target, known) : undefined;
    for (let lock = 0; lock < count; lock++) {
      const here = held[at * count + lock] > 0 ? asked : 0;
      links[at * count + lock] = links[(at + 1) * count + lock] | here | (child?.[count + lock] ?? 0);
    }
  }
  known[task] = links;
  return links;
}

/** A bit for each lock that a step may have to wait for, through others too. @param {System} system @param {Step} step @returns {number} */
function listAsked(system, { kind, lock, target }) {
  if (kind === ACQUIRE) return 1 << lock;
  return kind === JOIN ? system.tasks[target].ahead[1] : 0;
}
