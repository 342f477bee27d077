/**
 * Which of the tasks that can move have to be tried in a state, so that every deadlock is still found: a persistent
 * set (Godefroid, "Partial-Order Methods for the Verification of Concurrent Systems", 1996, chapter 4).
 *
 * A set of tasks is one if nothing that the others can do, for as long as no task of the set moves, meets the next
 * step of any of them. Two steps meet if they do not commute, and they do unless both are of one lock, and
 *   - both ask for it, and not both as readers: it matters who gets it, or is first in the queue;
 *   - one is a release and the other a try, or the request of a recursive reader (which passes a queued writer
 *     before the release and not after it).
 * A release commutes with every other request, and with every other release: the holders and the queue are the same
 * in the end. Forks and joins commute with everything, and nothing but a step that meets it stops a task that can
 * move. No run is endless, so nothing is put off for ever.
 *
 * What the others can do is taken too large: each alone, through every branch, up to a request that the holds of
 * the set forbid for sure.
 */
import { canMove, countHeld, isFinished, isWaiting, nextStep } from './semantics.mjs';
import { ACQUIRE, FORK, JOIN, RELEASE, TRY } from './step-kinds.mjs';
import { POSITION } from './system.mjs';
/** @import { Step, System } from './system.mjs' */

/** What a step does to its lock, in bits. */
const READS = 1;
const TAKES = 2;
const RELEASES = 4;
const TRIES_OR_PASSES = 8;

export class PersistentSets {
  #system;
  /** @type {number[]} */
  #set = [];
  /** The locks of the next steps of the set, a bit each. */
  #locks = 0;
  /** What these steps do to each lock. */
  #touched;
  /** The units of each lock that the set holds. */
  #kept;

  /** @param {System} system */
  constructor(system) {
    this.#system = system;
    this.#touched = new Uint8Array(system.locks.length);
    this.#kept = new Uint8Array(system.locks.length);
  }

  /**
   * The smallest set that one of the movable tasks leads to, or all of them.
   * @param {Uint16Array} state @param {number[]} movable
   */
  choose(state, movable) {
    let best = movable;
    for (const task of movable) {
      if (best.length === 1) break;
      if (this.#grow(state, task, best.length)) best = this.#set;
    }
    return best;
  }

  /** Whether the task leads to a set of fewer than `limit`. @param {Uint16Array} state @param {number} task @param {number} limit */
  #grow(state, task, limit) {
    this.#set = [];
    this.#locks = 0;
    this.#touched.fill(0);
    this.#kept.fill(0);
    for (let added = [task]; added.length > 0;) {
      for (const one of added) this.#add(state, one);
      if (this.#set.length >= limit) return false;
      const intruder = this.#findIntruder(state);
      if (intruder < 0) return true;
      added = findMovers(this.#system, state, intruder).filter((one) => !this.#set.includes(one));
    }
    return false;
  }

  /** @param {Uint16Array} state @param {number} task */
  #add(state, task) {
    const step = nextStep(this.#system, state, task);
    this.#set.push(task);
    if (step.lock >= 0) {
      this.#locks |= 1 << step.lock;
      this.#touched[step.lock] |= describeTouch(step);
    }
    for (let lock = 0; lock < this.#kept.length; lock++)
      this.#kept[lock] += countHeld(this.#system, state, task, lock);
  }

  /** A task outside of the set that can meet it, or -1. @param {Uint16Array} state */
  #findIntruder(state) {
    if (this.#locks === 0) return -1;
    for (let task = 0; task < state.length; task++) {
      const position = state[task] & POSITION;
      if (position === 0 || !(this.#system.tasks[task].ahead[position] & this.#locks)) continue;
      if (!this.#set.includes(task) && this.#canMeet(task, position - 1, isWaiting(state, task))) return task;
    }
    return -1;
  }

  /**
   * Whether a task, or one that it forks, can come to a step that meets the set before the set moves.
   * @param {number} task @param {number} from @param {boolean} isAsked whether the first step is a request in a queue
   * @returns {boolean}
   */
  #canMeet(task, from, isAsked) {
    const { steps } = this.#system.tasks[task];
    for (let at = from; at < steps.length;) {
      const step = steps[at];
      const isDone = at === from && isAsked;
      if (!isDone && step.lock >= 0 && this.#touched[step.lock] & describeOpponents(step)) return true;
      if (step.kind === FORK && this.#canMeet(step.target, 0, false)) return true;
      at = this.#forbids(step) ? findResumption(steps, from, at) : at + 1;
    }
    return false;
  }

  /** Whether a step is not over before the set moves. @param {Step} step */
  #forbids({ kind, lock, units, target }) {
    if (kind === JOIN) return this.#set.includes(target);
    return (kind === ACQUIRE || kind === TRY) && this.#kept[lock] + units > this.#system.capacities[lock];
  }
}

/** @param {Step} step */
function describeTouch({ kind, isReader, overtakes }) {
  if (kind === RELEASE) return RELEASES;
  return (isReader ? READS : TAKES) | (kind === TRY || overtakes ? TRIES_OR_PASSES : 0);
}

/** What a step does not commute with. @param {Step} step */
function describeOpponents({ kind, isReader, overtakes }) {
  if (kind === RELEASE) return TRIES_OR_PASSES;
  return (isReader ? TAKES : READS | TAKES) | (kind === TRY || overtakes ? RELEASES : 0);
}

/**
 * Where a task goes on that cannot pass a step: behind the first section of a try that could have failed.
 * @param {readonly Step[]} steps @param {number} from @param {number} at
 */
function findResumption(steps, from, at) {
  let nearest = steps.length;
  for (let index = from; index <= at; index++) {
    const { kind, skipTo } = steps[index];
    if (kind === TRY && skipTo - 1 > at) nearest = Math.min(nearest, skipTo - 1);
  }
  return nearest;
}

/**
 * The task itself if it can move, else those that can move and for which it waits, if only by way of others.
 * @param {System} system @param {Uint16Array} state @param {number} task
 */
function findMovers(system, state, task) {
  const met = [task];
  const movers = [];
  for (const one of met) {
    if (canMove(system, state, one)) {
      movers.push(one);
      continue;
    }
    const { kind, lock, target } = nextStep(system, state, one);
    for (let other = 0; other < state.length; other++) {
      const isAwaited = kind === JOIN ? target === other : countHeld(system, state, other, lock) > 0;
      if (isAwaited && !isFinished(system, state, other) && !met.includes(other)) met.push(other);
    }
  }
  return movers;
}
