/** What the validator hears of the members of a family: one class, nested in the family's write lock. */
import type { Opens } from '../causality/grant.ts';
import { EXCLUSIVE, TRY_SHARED, WAIT } from '../validator/lock-class.ts';
import { type Obligation, rareOf } from '../validator/obligation.ts';
import { dischargeIn } from './discharge.ts';
import { findHeldOf, openBehind } from './held.ts';
import type { Member } from './member.ts';
import type { Watch } from './watch.ts';

export class MemberWatch {
  readonly #family: Watch;
  readonly #watch: Watch;
  /** Reads that have not ended. They have no handle, so whoever ends one is looked up here. */
  readonly #reads = new Map<Member, Obligation[]>();

  constructor(family: Watch) {
    this.#family = family;
    this.#watch = { ...family, lockClass: family.validator.partOf(family.lockClass, 'member') };
  }

  createInstance(): number {
    return this.#watch.validator.instanceOf(this.#watch.lockClass);
  }

  /** The hold of the family's write lock that the flow that runs now has; reports if there is none. */
  requireFamily(): Obligation | null {
    const { validator, lockClass, instance } = this.#family;
    const held = findHeldOf(instance, openBehind(this.#family), true);
    if (held !== null) return held;
    validator.report('not-held', lockClass, 'is not held for writing here');
    validator.raise();
    return null;
  }

  read(member: Member): void {
    const { engine, lockClass } = this.#watch;
    const read = engine.ask(lockClass, TRY_SHARED, member.instance, false);
    engine.tracker.advance(engine.grant(read));
    const reads = this.#reads.get(member);
    if (reads === undefined) this.#reads.set(member, [read]);
    else reads.push(read);
  }

  /** Ends the newest read that lies behind the flow that runs now, else the newest of all. */
  endRead(member: Member): void {
    const reads = this.#reads.get(member);
    if (reads === undefined) return;
    const own = newestBehind(openBehind(this.#watch), reads);
    const [read] = reads.splice(own === -1 ? reads.length - 1 : own, 1);
    if (reads.length === 0) this.#reads.delete(member);
    dischargeIn(this.#watch, read!);
  }

  /**
   * Somebody waits until nobody reads. A member that is written has no obligation of its own: all that waits
   * for it waits for the family too (as in the kernel, mm/mmap_lock.c), and ending all needs no list.
   */
  askToWrite(member: Member, family: Obligation | null, isBreakable: boolean): Obligation {
    const asked = this.#watch.engine.ask(
      this.#watch.lockClass,
      EXCLUSIVE + WAIT,
      member.instance,
      isBreakable,
    );
    if (family !== null) rareOf(asked).nestedIn = family;
    return asked;
  }

  /** Draws the conclusions of a discharge, with the member in order. */
  settle(): void {
    this.#watch.validator.flush();
    this.#watch.validator.raise();
  }

  reportBadRelease(reason: string): void {
    this.#watch.validator.report('bad-release', this.#watch.lockClass, reason);
    this.#watch.validator.raise();
  }
}

function newestBehind(opens: Opens | null, reads: readonly Obligation[]): number {
  for (let cell = opens; cell !== null; cell = cell.under) {
    const index = reads.indexOf(cell.grant as Obligation);
    if (index !== -1) return index;
  }
  return -1;
}
