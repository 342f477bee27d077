/**
 * What only recorders write: each request has a number, and its grant is a task of that number, whose clock
 * is the one that whoever asked has from then on. Runs of the program are tasks that join the grants behind
 * them, so that replaying gives the clocks that the program had, no more and no less.
 */
import { withBorrowed } from '../causality/borrow.ts';
import { clockOf, join } from '../causality/clock.ts';
import { handTo } from '../locks/job.ts';
import { TRY, WAIT, codeOf } from '../validator/lock-class.ts';
import { type Obligation, rareOf } from '../validator/obligation.ts';
import type { Validator } from '../validator/validator.ts';
import type { HandOverEvent, LockEvent, RequestEvent, TaskEvent } from './event.ts';
import type { LockTable } from './lock-table.ts';
import { TraceError } from './scanner.ts';
import type { Frame } from './task.ts';
import type { TraceTracker } from './trace-tracker.ts';

/** Kinds whose exclusive requests are jobs. */
const EXECUTORS: ReadonlySet<string | undefined> = new Set(['executor', 'rcu']);

export class RecordedReplay {
  readonly #validator: Validator;
  readonly #tracker: TraceTracker;
  readonly #locks: LockTable;
  readonly #requests = new Map<string, Obligation>();
  /** What is owed of each completion, as it stands. */
  readonly #debts = new Map<number, { owed: Obligation; isUnpaid: boolean }>();

  constructor(validator: Validator, tracker: TraceTracker, locks: LockTable) {
    this.#validator = validator;
    this.#tracker = tracker;
    this.#locks = locks;
  }

  ask(frame: Frame, event: RequestEvent, id: string): void {
    const lock = this.#locks.lockOf(event.lock);
    const lockClass = this.#validator.subclassOf(lock.of.lockClass, event.subclass);
    const { engine } = this.#validator;
    this.#tracker.clock = frame.clock;
    const code = codeOf(event.mode, event.isTry) + (event.isWait ? WAIT : 0);
    const instance = event.lock.instance === '' ? 0 : lock.instance;
    const asked = engine.ask(lockClass, code, instance, event.isTimed);
    if (EXECUTORS.has(lockClass.kind) && (code === 0 || code === TRY)) rareOf(asked).isJob = true;
    const debt = event.isWait && lockClass.kind === 'completion' ? this.#debts.get(instance) : undefined;
    if (debt !== undefined) rareOf(asked).debt = debt;
    this.#requests.set(id, asked);
  }

  arm(frame: Frame, { lock: name, since, isRenewed }: LockEvent, id: string): void {
    const lock = this.#locks.lockOf(name);
    this.#tracker.clock = frame.clock;
    const before = since === undefined ? null : this.#find(since);
    const owed = this.#validator.engine.arm(lock.of.lockClass, lock.instance, before, isRenewed);
    this.#requests.set(id, owed);
    // It goes on from what was paid, else it begins.
    const state = { owed, isUnpaid: before === null };
    const debt = this.#debts.get(lock.instance);
    if (debt === undefined) this.#debts.set(lock.instance, state);
    else Object.assign(debt, state);
  }

  grant(frame: Frame, id: string): void {
    frame.clock = this.#validator.engine.grant(this.#find(id));
  }

  cancel(frame: Frame, id: string): void {
    frame.clock = this.#validator.engine.cancel(this.#find(id));
  }

  discharge(frame: Frame, id: string): void {
    const open = this.#find(id);
    this.#tracker.clock = frame.clock;
    if (open.isOpen) this.#validator.engine.discharge(open);
  }

  handOver({ of, job }: HandOverEvent): void {
    const [obligation, taker] = [this.#find(of!), this.#find(job!)];
    const { engine } = this.#validator;
    handTo(engine, taker, obligation, engine.here());
  }

  /** A grant without what lay behind its request. */
  joinAlone(frame: Frame, { task, isBorrowed, isTimed, isUngated }: TaskEvent): void {
    const grant = this.#find(task);
    if (isBorrowed) {
      frame.clock = withBorrowed(frame.clock, grant);
      return;
    }
    if (isUngated) grant.loseGates();
    frame.clock = join(frame.clock, clockOf(isTimed ? grant.asBreakable() : grant));
  }

  end(): void {
    this.#requests.clear();
    this.#debts.clear();
  }

  #find(id: string): Obligation {
    const request = this.#requests.get(id);
    if (request === undefined) throw new TraceError(`Expected the number of a request, got ${id}`);
    return request;
  }
}
