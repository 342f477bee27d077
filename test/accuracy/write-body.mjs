/** The sections of one task: well nested, hand over hand, or released in the order in which they were taken. */
import { MODES } from './units.mjs';
/** @import { Lock, Mode, Operation } from './program.mjs' */
/** @import { Random } from './random.mjs' */

/**
 * @typedef {object} Habits
 * @property {readonly Lock[]} locks in the order in which they should be taken
 * @property {Lock | undefined} gate taken around sections
 * @property {number} disorder how often a section takes any lock
 * @property {number} tries how often a lock is tried
 * @property {number} forks how often a task forks
 */

/**
 * @param {Random} random @param {Habits} habits @param {number} size about how many operations
 * @param {() => number} nextId @returns {Operation[]}
 */
export function writeBody(random, habits, size, nextId) {
  return new BodyWriter(random, habits, size, nextId).write();
}

class BodyWriter {
  #random;
  #habits;
  /** How many acquisitions may follow. */
  #left;
  #nextId;
  /** @type {Lock[]} */
  #held = [];

  /** @param {Random} random @param {Habits} habits @param {number} size @param {() => number} nextId */
  constructor(random, habits, size, nextId) {
    this.#random = random;
    this.#habits = habits;
    this.#left = Math.floor(size / 2);
    this.#nextId = nextId;
  }

  write() {
    const { gate } = this.#habits;
    const operations = [];
    while (this.#left > 0) {
      const isGated = gate !== undefined && this.#left > 1 && this.#random.chance(0.85);
      operations.push(...(isGated ? this.#nest(gate) : this.#writeSection()));
    }
    return operations;
  }

  /** Nothing when no lock is left that may be taken here. @returns {Operation[]} */
  #writeSection() {
    const lock = this.#chooseLock();
    if (lock === undefined) return [];
    const style = this.#random.weigh({ nested: 0.84, handOverHand: 0.08, inOrder: 0.08 });
    return style === 'nested' || this.#left < 3
      ? this.#nest(lock)
      : this.#chain(lock, style === 'handOverHand');
  }

  /** A section with sections inside. @param {Lock} lock @returns {Operation[]} */
  #nest(lock) {
    const isTry = this.#random.chance(this.#habits.tries);
    const acquisition = this.#acquire(lock, isTry);
    this.#held.push(lock);
    const inner = [];
    while (this.#left > 0 && this.#held.length < 4) {
      const isLast = !this.#random.chance(this.#held.length === 1 ? 0.95 : 0.4);
      const section = isLast ? [] : this.#writeSection();
      if (section.length === 0) break;
      inner.push(...section);
    }
    this.#held.pop();
    return [acquisition, ...inner, this.#release(acquisition)];
  }

  /**
   * Two or three locks that overlap: each released once the next is taken, or all of them at the end.
   * @param {Lock} first @param {boolean} isHandOverHand @returns {Operation[]}
   */
  #chain(first, isHandOverHand) {
    const before = this.#held.length;
    const taken = [];
    for (let lock = first; lock && taken.length < 3 && this.#left > 0; lock = this.#chooseLock()) {
      taken.push(this.#acquire(lock, false));
      this.#held.push(lock);
    }
    this.#held.length = before;
    const released = taken.map((acquisition) => this.#release(acquisition));
    if (!isHandOverHand) return [...taken, ...released];
    const steps = taken.slice(1).flatMap((acquisition, index) => [acquisition, released[index]]);
    return [taken[0], ...steps, released.at(-1)];
  }

  /** A later lock than all that are held, as a rule; again one that is held, seldom. */
  #chooseLock() {
    const { locks, disorder } = this.#habits;
    const again = this.#held.filter(({ kind }) => kind !== 'mutex');
    if (again.length > 0 && this.#random.chance(0.02)) return this.#random.pick(again);
    const free = locks.filter((lock) => !this.#held.includes(lock));
    const last = Math.max(...this.#held.map((lock) => locks.indexOf(lock)));
    const later = locks.filter((lock, index) => index > last);
    return this.#random.pick(this.#random.chance(disorder) ? free : later);
  }

  /** @param {Lock} lock @param {boolean} isTry @returns {Extract<Operation, { kind: 'acquire' | 'try' }>} */
  #acquire({ name, kind }, isTry) {
    this.#left--;
    return { id: this.#nextId(), kind: isTry ? 'try' : 'acquire', lock: name, mode: this.#chooseMode(kind) };
  }

  /** @param {Lock['kind']} kind @returns {Mode} */
  #chooseMode(kind) {
    return this.#random.pick(MODES[kind]);
  }

  /** @param {Operation & { lock: string }} acquisition @returns {Operation} */
  #release({ id, lock }) {
    return { id: this.#nextId(), kind: 'release', lock, acquisition: id };
  }
}
