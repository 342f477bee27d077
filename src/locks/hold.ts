import { LockdepError, rejectArgument } from '../validator/errors.ts';
import type { Obligation } from '../validator/obligation.ts';
import type { Lock } from './lock.ts';
import { noteHandle } from './lost-holds.ts';
import { Parcel } from './parcel.ts';
import { isPinned, pin } from './pin.ts';

/** Nearly no program pins, and then no release should look for one. */
let hasPins = false;

type Fate = 'released' | 'handed over' | 'abandoned';

// No private method of the class: that would cost each hold one more field.
function reportDead(lock: Lock, fate: Fate): void {
  if (fate === 'abandoned') return;
  lock.reportBadRelease(
    fate === 'released' ? 'was released twice' : 'was released through a hold that had been handed over',
  );
}

/** What somebody has of a lock until it is released. */
export class Hold implements Disposable, AsyncDisposable {
  /**
   * @internal Whoever resolves a promise with a hold asks whether it has one, and would go through all prototypes
   * to find that it has none.
   */
  // oxlint-disable-next-line unicorn/no-thenable -- it is there to say that this is none
  readonly then = undefined;
  readonly #lock: Lock;
  /** What became of it; `null` as long as it is open. */
  #fate: Fate | null = null;
  /** @internal How the lock was asked for; see `validator/lock-class.ts`. */
  code: number;
  /** @internal Units of a counted resource. */
  readonly units: number;
  /** @internal */
  obligation: Obligation | null;
  /** @internal Who came when; see departures.ts. */
  group: number;

  /** @internal Made by locks only. */
  constructor(lock: Lock, code: number, units: number, obligation: Obligation | null) {
    this.#lock = lock;
    this.code = code;
    this.units = units;
    this.obligation = obligation;
    this.group = lock.cohort;
    if (obligation !== null && obligation.rare !== null) noteHandle(this, obligation, lock.watch!.validator);
  }

  /** Whether it can still be released: it was neither released, nor handed over, nor abandoned. */
  get isOpen(): boolean {
    return this.#fate === null;
  }

  /** @internal */
  get lock(): Lock {
    return this.#lock;
  }

  /**
   * Gives the lock back. A second time, or after a hand-over, is a `bad-release` finding and does nothing.
   * What was abandoned stays so, and that is no finding.
   * @throws LockdepError under the `error` policy, when it completes an error finding; the lock is released.
   */
  release(): void {
    if (this.#fate !== null) {
      reportDead(this.#lock, this.#fate);
      return;
    }
    this.#fate = 'released';
    this.#lock.discharge(this);
    if (hasPins && isPinned(this)) this.#lock.reportBadRelease('was released while it was pinned');
  }

  /**
   * Says that the hold must not be released before the function that is returned was called. Whoever releases
   * it before makes a `bad-release` finding; the lock is released all the same. Pins nest.
   * @throws LockdepError `ERR_DEAD_HOLD` when it is released or handed over already.
   */
  pin(): () => void {
    if (this.#fate !== null) this.#lock.rejectDead(this.#fate);
    hasPins = true;
    return pin(this);
  }

  /**
   * Leaves the lock held for good, for whoever destroys what it guards: nobody is in, and nobody will be. All
   * who wait for it, and all who will, get an error with the code `ERR_LOCK_ABANDONED`; tries fail. To release
   * the hold afterwards, or to abandon it again, has no effect. Dead otherwise, it is a `bad-release` finding.
   * @throws LockdepError `ERR_BAD_STATE` when others may be in: it is shared, or not all the units there are.
   * Under the `error` policy, when it completes an error finding; the lock is abandoned.
   */
  abandon(): void {
    const lock = this.#lock;
    if (this.#fate !== null) {
      if (this.#fate !== 'abandoned') lock.reportBadRelease('was abandoned through a dead hold');
      return;
    }
    if (!lock.isWhole(this))
      throw new LockdepError('ERR_BAD_STATE', 'Expected a hold that lets nobody in beside it, got another.');
    this.#fate = 'abandoned';
    lock.abandon(this);
  }

  /** @internal A new handle of the same hold; this one is dead from now on. */
  move(): Hold {
    if (this.#fate !== null) this.#lock.rejectDead(this.#fate);
    const moved = this.#lock.createHold(this.code, this.units, this.obligation);
    moved.group = this.group;
    this.#fate = 'handed over';
    return moved;
  }

  /**
   * Packs the hold for another flow. Until that flow accepts, nobody can release it.
   * @param label Names the hand-over in reports.
   * @throws LockdepError `ERR_DEAD_HOLD` when it is released or handed over already, `ERR_INVALID_ARGUMENT`
   * for a bad label; the hold stays as it was.
   */
  handOff(label: string): Parcel {
    if (typeof label !== 'string' || label === '') rejectArgument('label', 'a non-empty string', label);
    return new Parcel(this.move(), label);
  }

  /** As `release`, for `using`. Does nothing when it is released already. */
  [Symbol.dispose](): void {
    if (this.isOpen) this.release();
  }

  /** As `release`, for `await using`. Does nothing when it is released already. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.isOpen) this.release();
  }
}

/** A hold of a read/write lock that was taken for writing. */
export class WriteHold extends Hold {
  /** Goes on as a reader, without letting another writer in between. A second time has no effect. */
  downgrade(): void {
    this.lock.downgrade(this);
  }
}
