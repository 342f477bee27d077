/**
 * One lock, limiter or pool of a library, as the validator sees it: requests, grants and discharges, with as
 * little as possible in between.
 *
 * The rule that everything here serves: whoever is let in has the clock of its *own* request and the grant behind it,
 * and nothing of whoever let it in. So a grant is always *delivered*: a promise is settled by `deliver`, a
 * callback is called by `call`, and what is given at once is told by `grantNow`.
 *
 * A fault of ours goes no further than this file.
 */
import type { Clock } from '../../causality/clock.ts';
import type { History } from '../../causality/history.ts';
import { Debt } from '../../locks/debt.ts';
import type { Engine } from '../../validator/engine.ts';
import { EXCLUSIVE, type LockClass, type LockClassOptions, TRY } from '../../validator/lock-class.ts';
import { type Obligation, rareOf } from '../../validator/obligation.ts';
import { type LazyStack, readStack } from '../../validator/stack-trace.ts';
import type { Validator } from '../../validator/validator.ts';

export interface ResourceOptions extends LockClassOptions {
  /** The lock's own name. Default: the place where it was made. */
  name?: string | undefined;
  /** Where it was made. Default: here. */
  madeAt?: LazyStack | undefined;
  /** Of a lock by key: the class of all. Default: by the other options. */
  lockClass?: LockClass | undefined;
}

export class Resource {
  readonly validator: Validator;
  readonly engine: Engine;
  readonly instance: number;
  /** No class of an adapter has an ordering function. */
  readonly isOrdered: boolean = false;
  lockClass: LockClass;
  /** Units there are now, where they are counted. */
  capacity: number;
  #debt: Debt | null = null;

  constructor(validator: Validator, { name, madeAt, lockClass, ...options }: ResourceOptions) {
    this.validator = validator;
    this.engine = validator.engine;
    this.lockClass =
      lockClass ?? validator.classOf(name, options, madeAt === undefined ? undefined : readStack(madeAt));
    this.instance = validator.instanceOf(this.lockClass);
    this.capacity = this.lockClass.permits;
  }

  /**
   * Somebody asks. `code` is one of `EXCLUSIVE`, `SHARED`, `RECURSIVE`, `TRY`, with `+ WAIT` for a wait that takes
   * nothing. `isBreakable`: the caller itself has set a timeout or a signal. `isScoped`: the discharge is bound to the
   * callback that was given. `isWaitTold`: if it has to wait, `noteContention` or `noteWait` follows at once; default
   * false. Returns `null` after a fault of ours; every method here takes that.
   */
  ask(code: number, isBreakable: boolean, isScoped: boolean, isWaitTold: boolean = false): Obligation | null {
    try {
      // Nobody waits for a unit where there is no end of them.
      const asCode = code === EXCLUSIVE && this.capacity === Infinity ? TRY : code;
      const asked = this.engine.ask(this.lockClass, asCode, this.instance, isBreakable);
      asked.isScoped = isScoped;
      // Not all libraries say whether they keep somebody waiting; if so, it is seen when this turn is over.
      if (!isWaitTold && asCode !== TRY) this.engine.waitListener?.mayWait(asked);
      return asked;
    } catch (error) {
      return this.#fault(error);
    }
  }

  /** As `ask`, for so many units of a counted resource. */
  askFor(
    units: number,
    isBreakable: boolean,
    isScoped: boolean,
    code: number = EXCLUSIVE,
  ): Obligation | null {
    if (units > this.capacity)
      this.report('unsatisfiable-request', `has ${this.capacity} units, ${units} were asked for`, 'error');
    const asked = this.ask(code, isBreakable, isScoped);
    if (asked !== null && units !== 1) rareOf(asked).units = units;
    return asked;
  }

  /** What asks now was written elsewhere in the program. */
  placeAt(asked: Obligation | null, stack: LazyStack): void {
    // If one was wanted.
    if (asked?.stack !== undefined) asked.stack = stack;
  }

  /** `asked` is not granted at once. */
  noteContention(asked: Obligation | null): void {
    this.lockClass.contentions++;
    this.noteWait(asked);
  }

  /** It may be granted at once or not: the library does not say. */
  noteWait(asked: Obligation | null): void {
    if (!this.isWaiting(asked)) return;
    try {
      this.engine.wait(asked);
    } catch (error) {
      this.#fault(error);
    }
  }

  /** Whether it was asked for and neither granted nor given up. */
  isWaiting(asked: Obligation | null): asked is Obligation {
    return asked !== null && asked.seq === 0;
  }

  /** Grants it and settles the promise of whoever asked: `settle(value)`. What was given up is settled only. */
  deliver<T>(asked: Obligation | null, settle: (value: T) => void, value: T): void {
    if (!this.isWaiting(asked)) {
      settle(value);
      return;
    }
    let clock: Clock;
    try {
      clock = this.engine.grant(asked);
    } catch (error) {
      this.#fault(error);
      settle(value);
      return;
    }
    this.engine.tracker.deliver(clock, settle, value);
  }

  /** Grants it and calls back whoever asked, with the clock of the request and not of whoever runs now. */
  call<A extends unknown[], R>(asked: Obligation | null, fn: (...args: A) => R, ...args: A): R {
    if (!this.isWaiting(asked)) return fn(...args);
    let clock: Clock;
    try {
      clock = this.engine.grant(asked);
    } catch (error) {
      this.#fault(error);
      return fn(...args);
    }
    return this.engine.tracker.call(clock, fn, ...args);
  }

  /** Grants what whoever runs now has at once, without a promise: a try that succeeded. */
  grantNow(asked: Obligation | null): void {
    if (!this.isWaiting(asked)) return;
    try {
      this.engine.tracker.advance(this.engine.grant(asked));
    } catch (error) {
      this.#fault(error);
    }
  }

  /** Grants it, as a promise that is settled already. */
  resolved<T>(asked: Obligation | null, value: T): Promise<T> {
    if (this.isWaiting(asked)) {
      try {
        return this.engine.tracker.resolved(this.engine.grant(asked), value);
      } catch (error) {
        this.#fault(error);
      }
    }
    return Promise.resolve(value);
  }

  /** The request came to nothing by what somebody else did: `settle(reason)`. */
  refuse<T>(asked: Obligation | null, settle: (reason: T) => void, reason: T): void {
    this.#end(asked, false, settle, reason);
  }

  /** As `refuse`, where whoever asked runs already and is about to hear of it. */
  refuseNow(asked: Obligation | null): void {
    if (!this.isWaiting(asked)) return;
    try {
      this.engine.tracker.advance(this.engine.refuse(asked));
    } catch (error) {
      this.#fault(error);
    }
  }

  /** As `giveUp`, where whoever asked runs already and is about to hear of it. */
  giveUpNow(asked: Obligation | null): void {
    if (!this.isWaiting(asked)) return;
    try {
      this.engine.tracker.advance(this.engine.cancel(asked));
    } catch (error) {
      this.#fault(error);
    }
  }

  /** The caller's own timeout or signal ended the wait: `settle(reason)`. */
  giveUp<T>(asked: Obligation | null, settle: (reason: T) => void, reason: T): void {
    this.#end(asked, true, settle, reason);
  }

  #end<T>(asked: Obligation | null, isOwn: boolean, settle: (reason: T) => void, reason: T): void {
    if (!this.isWaiting(asked)) {
      settle(reason);
      return;
    }
    let clock: Clock;
    try {
      clock = isOwn ? this.engine.cancel(asked) : this.engine.refuse(asked);
    } catch (error) {
      this.#fault(error);
      settle(reason);
      return;
    }
    this.engine.tracker.deliver(clock, settle, reason);
  }

  /** Says that `history` led to the end of a promise of the library, and not whoever will settle it. */
  attribute(promise: object, history: History): void {
    try {
      this.engine.tracker.attribute(promise, history);
    } catch (error) {
      this.#fault(error);
    }
  }

  /** The hold is given back by whoever runs now. Call it before the library lets the next one in, and `conclude` after. */
  discharge(granted: Obligation | null): void {
    if (granted === null || !granted.isOpen) return;
    try {
      this.engine.discharge(granted);
    } catch (error) {
      this.#fault(error);
    }
  }

  /**
   * So many units are given back, and nobody says of which grant: it is the newest that whoever runs now has, else the
   * newest of all. Returns how many units nobody had.
   */
  dischargeAny(units: number): number {
    while (units > 0) {
      const open = this.#findOpen();
      if (open === null) break;
      const held = open.rare?.units ?? 1;
      // What was taken together may be given back bit by bit.
      if (held > units) rareOf(open).units = held - units;
      else this.discharge(open);
      units -= held;
    }
    if (units > 0 && this.#debt !== null) {
      this.#debt.pay();
      return 0;
    }
    return Math.max(units, 0);
  }

  /** Draws conclusions, once the library is in order. */
  conclude(): void {
    try {
      this.validator.flush();
    } catch (error) {
      this.#fault(error);
    }
  }

  /** A permit is missing from the beginning: somebody owes it to all who will wait. */
  owe(): void {
    try {
      this.#debt ??= new Debt(this);
    } catch (error) {
      this.#fault(error);
    }
  }

  /** Somebody is let past those who wait: the class is not first come, first served. */
  declareUnfair(): void {
    this.lockClass.isFair = false;
  }

  /** It has another number of units from now on, and is of another class of the same name. */
  resize(permits: number): void {
    const { lockClass, validator } = this;
    if (permits === lockClass.permits) return;
    const options = { ...lockClass.options, permits, isFair: lockClass.isFair };
    lockClass.instances--;
    this.lockClass = validator.classOf(lockClass.givenName, options, lockClass.site);
    this.lockClass.instances++;
    this.capacity = permits;
  }

  report(
    code: 'unsatisfiable-request' | 'bad-release',
    subject: string,
    severity: 'error' | 'warning',
  ): void {
    try {
      this.validator.report(code, this.lockClass, subject, severity);
    } catch (error) {
      this.#fault(error);
    }
  }

  #findOpen(): Obligation | null {
    const { engine, instance } = this;
    const clock = engine.tracker.asked();
    for (let cell = clock === null ? null : clock.opens; cell !== null; cell = cell.under)
      if (cell.grant.isOpen && cell.grant.instance === instance) return cell.grant as Obligation;
    for (let each = engine.newest; each !== null; each = each.older)
      if (each.isOpen && each.instance === instance) return each;
    return null;
  }

  #fault(error: unknown): null {
    this.validator.fault(error);
    return null;
  }
}
