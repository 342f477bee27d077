import { LockdepError } from '../validator/errors.ts';
import { EXCLUSIVE } from '../validator/lock-class.ts';
import type { Obligation } from '../validator/obligation.ts';
import { MemberWatch } from './member-watch.ts';
import { Member } from './member.ts';
import { RwLock, type RwLockOptions } from './rw-lock.ts';

/**
 * A read/write lock with very many small ones that belong to it: one for each of a million objects, say.
 * Members are read without the family, and written under its write lock; to release that ends all their
 * writes at once.
 * @example
 * const rows = new FamilyLock({ name: 'rows' });
 * const member = rows.attach(row);
 * if (member.tryRead()) {
 *   use(row);
 *   member.endRead();
 * }
 * await rows.runWrite(async () => {
 *   await member.startWrite();
 *   change(row);
 * });
 */
export class FamilyLock extends RwLock {
  /** @internal A member that has this number is being written. */
  sequence = 1;
  /** @internal `null` when the family is not watched. */
  readonly members: MemberWatch | null;

  /** @throws LockdepError `ERR_INVALID_ARGUMENT` for a bad or unknown option. */
  constructor(options: RwLockOptions = {}) {
    super(options);
    this.members = this.watch === null ? null : new MemberWatch(this.watch);
  }

  /** A new member, attached to `object`. Needs no lock: nobody else knows it. */
  attach<T>(object?: T): Member<T> {
    return new Member<T>(this, this.members === null ? 0 : this.members.createInstance(), object);
  }

  /** Ends the writes of all members, however many, and the waits to write. The family stays held. */
  endWriteAll(): void {
    this.sequence++;
  }

  /**
   * @internal The hold of this flow, for writing. To have none is a `not-held` finding; where nobody has one,
   * nothing would keep writers apart, or end what they begin.
   */
  requireWrite(): Obligation | null {
    const held = this.members === null ? null : this.members.requireFamily();
    if (!this.isWritten)
      throw new LockdepError(
        'ERR_BAD_STATE',
        'Expected a family that is held for writing, got one that is not.',
      );
    return held;
  }

  protected override free(code: number): void {
    super.free(code);
    if (code === EXCLUSIVE) this.endWriteAll();
  }
}
