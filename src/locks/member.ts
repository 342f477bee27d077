/**
 * A lock for one of very many objects, by reference count. After the kernel's per-VMA lock (S. Baghdasaryan,
 * P. Zijlstra, "mm: replace rw_semaphore with atomic_t in vma_lock", linux-kernel, December 2024):
 *
 * - the count is 0 while detached, 1 while attached, and one more for each reader; a writer that waits for
 *   the readers to leave adds `EXCLUDED`, which keeps new ones out;
 * - it is written as long as its sequence number is that of the family, so the family ends all writes by
 *   counting up its own.
 *
 * Writers need the family's write lock, so one of them at most waits here. There, readers and writers race, and
 * the number is read twice; here nothing happens between two lines.
 */
import { LockdepError } from '../validator/errors.ts';
import type { Obligation } from '../validator/obligation.ts';
import type { FamilyLock } from './family-lock.ts';
import { type WaitOptions, isBreakable, refusalOf, watchForEnd } from './wait-options.ts';

/** More than there can be readers, and still a small integer. */
const EXCLUDED = 2 ** 29;

/** One of the locks of a family; see `FamilyLock`. */
export class Member<T = unknown> {
  /** The family it belongs to. */
  readonly family: FamilyLock;
  /** @internal */
  readonly instance: number;
  #object: T | undefined;
  #count = 1;
  #sequence = 0;
  #wait: MemberWait | null = null;

  /** @internal Made by `family.attach`. */
  constructor(family: FamilyLock, instance: number, object: T | undefined) {
    this.family = family;
    this.instance = instance;
    this.#object = object;
  }

  /** What it is attached to. */
  get object(): T | undefined {
    return this.#object;
  }

  /** Whether it is attached; a detached one cannot be read. */
  get isAttached(): boolean {
    return this.#count !== 0;
  }

  /**
   * Begins to read, never waiting: `false` while it is written, or somebody waits to write it, or it is
   * detached; or with `object`, when it is attached to another one by now. Then take the family's lock to read,
   * under which it succeeds for all that is attached.
   */
  tryRead(object?: T): boolean {
    const { family } = this;
    if (this.#count === 0 || this.#count >= EXCLUDED || this.#sequence === family.sequence) return false;
    if (object !== undefined && object !== this.#object) return false;
    this.#count++;
    if (family.members !== null) family.members.read(this);
    return true;
  }

  /** Ends a read, by whoever runs now. Without one it is a `bad-release` finding, and has no effect. */
  endRead(): void {
    const { family } = this;
    if ((this.#count & ~EXCLUDED) <= 1) {
      family.members?.reportBadRelease('is read by nobody, and a read of it was ended');
      return;
    }
    if (family.members !== null) family.members.endRead(this);
    this.#count--;
    if (this.#count === EXCLUDED + 1) this.#endWait();
    if (family.members !== null) family.members.settle();
  }

  /**
   * Keeps readers out, and waits until those who are in have left. Ends with `endWrite`, with
   * `family.endWriteAll`, or with the release of the family's write lock, which the flow must hold: if not,
   * that is a `not-held` finding. To begin again what has not ended has no effect. Rejects as `options` say, and
   * with `ERR_BAD_STATE` when nobody at all holds the family for writing, when it is detached, when somebody waits
   * here already, or when the family was released meanwhile, as soon as the
   * readers have left.
   */
  startWrite(options?: WaitOptions): Promise<void> {
    if (this.#count === 0) return rejectState('a member that is attached, got one that is detached');
    return this.#exclude(options, false);
  }

  /** Lets readers in again. Without `startWrite` it is a `bad-release` finding, and has no effect. */
  endWrite(): void {
    if (this.#sequence === this.family.sequence) this.#sequence = 0;
    else this.family.members?.reportBadRelease('is not being written, and the write of it was ended');
  }

  /** As `startWrite`, and no read succeeds ever after, unless it is attached again. */
  detach(options?: WaitOptions): Promise<void> {
    return this.#exclude(options, true);
  }

  /** Attaches what was detached to another object, so that members can be kept and used again. */
  attach(object?: T): void {
    if (this.#count !== 0)
      throw new LockdepError(
        'ERR_BAD_STATE',
        'Expected a member that is detached, got one that is attached.',
      );
    this.#count = 1;
    this.#object = object;
  }

  #exclude(options: WaitOptions | undefined, isDetached: boolean): Promise<void> {
    const { family } = this;
    let obligation: Obligation | null;
    try {
      const refusal = refusalOf(options);
      if (refusal !== undefined) return refusal;
      const held = family.requireWrite();
      // One that was left behind by whoever had the family before stands in nobody's way.
      if (this.#wait !== null && this.#wait.sequence !== family.sequence) this.#giveUp(new ReleasedError());
      if (this.#wait !== null)
        return rejectState('a member that nobody waits to write, got one that somebody does');
      const { members } = family;
      obligation = members === null ? null : members.askToWrite(this, held, isBreakable(options));
    } catch (error) {
      return Promise.reject(error);
    }
    if (this.#count > 1) {
      this.#count += EXCLUDED;
      if (obligation !== null) family.watch!.engine.wait(obligation);
      return new Promise((resolve, reject) => {
        const wait = new MemberWait(family.sequence, isDetached, obligation, resolve, reject);
        this.#wait = wait;
        if (options !== undefined) wait.stopWatching = watchForEnd(options, (reason) => this.#giveUp(reason));
      });
    }
    this.#close(isDetached);
    if (obligation === null) return Promise.resolve();
    const { engine } = family.watch!;
    return engine.tracker.resolved(engine.grant(obligation), undefined);
  }

  #close(isDetached: boolean): void {
    if (isDetached) {
      this.#count = 0;
      this.#object = undefined;
    } else this.#sequence = this.family.sequence;
  }

  /** The last reader has left. */
  #endWait(): void {
    const wait = this.#wait!;
    const { family } = this;
    if (wait.sequence !== family.sequence) {
      this.#giveUp(new ReleasedError());
      return;
    }
    this.#leave(wait);
    this.#close(wait.isDetached);
    if (wait.obligation === null) wait.resolve(undefined);
    else {
      const { engine } = family.watch!;
      engine.tracker.deliver(engine.grant(wait.obligation), wait.resolve, undefined);
    }
  }

  #giveUp(reason: unknown): void {
    const wait = this.#wait!;
    this.#leave(wait);
    if (wait.obligation === null) wait.reject(reason);
    else {
      const { engine } = this.family.watch!;
      engine.tracker.deliver(engine.cancel(wait.obligation), wait.reject, reason);
    }
  }

  #leave({ stopWatching }: MemberWait): void {
    this.#wait = null;
    this.#count -= EXCLUDED;
    stopWatching?.();
  }
}

/** Somebody who waits until nobody reads. */
class MemberWait {
  /** Of the family when it began; another one says that the family was released. */
  readonly sequence: number;
  readonly isDetached: boolean;
  readonly obligation: Obligation | null;
  readonly resolve: (value: undefined) => void;
  readonly reject: (reason: unknown) => void;
  stopWatching: (() => void) | undefined = undefined;

  constructor(
    sequence: number,
    isDetached: boolean,
    obligation: Obligation | null,
    resolve: (value: undefined) => void,
    reject: (reason: unknown) => void,
  ) {
    this.sequence = sequence;
    this.isDetached = isDetached;
    this.obligation = obligation;
    this.resolve = resolve;
    this.reject = reject;
  }
}

class ReleasedError extends LockdepError {
  constructor() {
    super(
      'ERR_BAD_STATE',
      'Expected a family that is held for writing, it was released while a member was waited for.',
    );
  }
}

function rejectState(text: string): Promise<never> {
  return Promise.reject(new LockdepError('ERR_BAD_STATE', `Expected ${text}.`));
}
