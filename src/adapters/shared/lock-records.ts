/**
 * What we keep with each lock of a library: made at its first use, when it is clear that it is used at all, and named
 * after the place where the lock was constructed.
 */
import { createSlot } from './slot.ts';

export class LockRecords<L extends object, R extends object> {
  readonly #slot = createSlot<R | Error>();
  readonly #create: (lock: L, madeAt: Error | undefined) => R;

  /** `madeAt` is undefined for a lock whose construction nobody saw. */
  constructor(create: (lock: L, madeAt: Error | undefined) => R) {
    this.#create = create;
  }

  /** A lock was constructed. */
  noteMade(lock: object, madeAt: Error): void {
    this.#slot.write(lock, madeAt);
  }

  has(lock: L): boolean {
    return this.#slot.read(lock) !== undefined;
  }

  /** What it is, for a lock that is not as the others. */
  set(lock: L, record: R): void {
    this.#slot.write(lock, record);
  }

  of(lock: L): R {
    const known = this.#slot.read(lock);
    if (known !== undefined && !(known instanceof Error)) return known;
    const record = this.#create(lock, known);
    this.#slot.write(lock, record);
    return record;
  }
}
