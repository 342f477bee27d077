/**
 * Replays a trace into a validator: the same engine as in process, fed with clocks that follow from what
 * the trace says of its tasks. A task is sequential, so whatever it asks for while it holds something is
 * waited for by that; its clock is all it ever did, and all that those did whom it joined.
 */
import { join } from '../causality/clock.ts';
import { includesGrant, nextSeq } from '../causality/grant.ts';
import { TRY, TRY_SHARED, WAIT, codeOf } from '../validator/lock-class.ts';
import { type Obligation, rareOf } from '../validator/obligation.ts';
import type { Severity } from '../validator/snapshot-format.ts';
import type { RawStack } from '../validator/stack-trace.ts';
import type { Validator } from '../validator/validator.ts';
import type {
  ContextEvent,
  Declaration,
  LockEvent,
  LockName,
  RequestEvent,
  TraceEvent,
  WaitEvent,
} from './event.ts';
import { Executors } from './executors.ts';
import { isChecked, isOfKernel } from './kinds.ts';
import { LockTable, type TraceLock } from './lock-table.ts';
import { RecordedReplay } from './replay-recorded.ts';
import { TraceError } from './scanner.ts';
import { type Frame, type Hold, type Pending, Task, keptOutBy } from './task.ts';
import type { TraceTracker } from './trace-tracker.ts';

export class Replay {
  readonly #validator: Validator;
  readonly #tracker: TraceTracker;
  readonly #findPlace: () => RawStack;
  readonly #locks: LockTable;
  readonly #tasks = new Map<string, Task>();
  readonly #executors: Executors;
  readonly #recorded: RecordedReplay;
  /** The task that asked last and did nothing since: what it asks for next is asked for at once. */
  #asking: Task | undefined;
  #run = '';

  /** `tracker` is that of the validator; `findPlace` says where the event is that is replayed now. */
  constructor(validator: Validator, tracker: TraceTracker, findPlace: () => RawStack) {
    this.#validator = validator;
    this.#findPlace = findPlace;
    this.#tracker = tracker;
    this.#locks = new LockTable(validator);
    this.#executors = new Executors(validator, tracker);
    this.#recorded = new RecordedReplay(validator, tracker, this.#locks);
  }

  /** @throws TraceError for a declaration that contradicts itself or an earlier one. */
  declare(declaration: Declaration): void {
    if (declaration.type === 'class') this.#locks.declare(declaration);
    else if (declaration.type === 'order') this.#validator.declareOrder(declaration.names);
    else if (declaration.type === 'recorded') this.#tracker.seesEveryWait = false;
    else this.#validator.checkOpen({ isDrained: true });
  }

  /** @throws TraceError for an event that cannot have happened. */
  event(taskName: string, event: TraceEvent): void {
    if (event.type === 'ignored') return;
    const task = this.#taskOf(taskName);
    this.#tracker.strand = this.#tracker.seesEveryWait ? task.id : 0;
    if (!this.#tracker.seesEveryWait) this.#enterRun(taskName);
    else if (event.type !== 'req' || this.#asking !== task) this.#tracker.endRun();
    this.#asking = event.type === 'req' ? task : undefined;
    if (this.#tracker.seesEveryWait && this.#locks.isExecutor(taskName)) {
      this.#here();
      this.#executors.step(this.#locks.lockOf({ className: taskName, instance: '' }), task);
    }
    if (!this.#applyRecorded(task.frame, event)) this.#apply(task, event);
    this.#validator.flush();
  }

  /** The trace ends: whatever is open has the arrows that it would have had. */
  end(): void {
    this.#here();
    this.#tracker.endRun();
    for (const task of this.#tasks.values())
      for (const frame of task.frames) for (const asked of frame.pending) this.#observePending(frame, asked);
    this.#executors.end();
    this.#recorded.end();
    for (const hold of this.#locks.holds()) {
      if (this.#tracker.seesEveryWait) {
        this.#tracker.clock = hold.frame.clock;
        this.#validator.engine.discharge(hold.obligation);
      }
      this.#report('held-at-end', hold.lock, 'is still held where the trace ends', 'note', hold.obligation);
    }
    this.#validator.flush();
    this.#tasks.clear();
    this.#locks.release();
    this.#asking = undefined;
  }

  /** Tells the engine where it is. */
  #here(): RawStack {
    return (this.#validator.engine.place = this.#findPlace());
  }

  #taskOf(name: string): Task {
    let task = this.#tasks.get(name);
    if (task === undefined) this.#tasks.set(name, (task = new Task()));
    return task;
  }

  /** The run is what stands before the point in the name of a recorded task. */
  #enterRun(taskName: string): void {
    const point = taskName.indexOf('.');
    if (point === -1) return; // The task of a grant.
    const run = taskName.slice(0, point);
    if (run !== this.#run) this.#tracker.endRun();
    this.#run = run;
  }

  /** Returns whether it is an event that only recorders write. */
  #applyRecorded(frame: Frame, event: Exclude<TraceEvent, { type: 'ignored' }>): boolean {
    if (event.type === 'join' && (event.isAlone || event.isBorrowed)) {
      this.#recorded.joinAlone(frame, event);
      return true;
    }
    if (!('of' in event) || event.of === undefined) return false;
    if (event.type === 'req' || event.type === 'handoff' || event.type === 'arm') this.#here();
    if (event.type === 'req') this.#recorded.ask(frame, event, event.of);
    else if (event.type === 'arm') this.#recorded.arm(frame, event, event.of);
    else if (event.type === 'acq') this.#recorded.grant(frame, event.of);
    else if (event.type === 'cancel') this.#recorded.cancel(frame, event.of);
    else if (event.type === 'rel') this.#recorded.discharge(frame, event.of);
    else if (event.type === 'handoff' && event.job !== undefined) this.#recorded.handOver(event);
    else throw new TraceError(`Expected no of=… in ${event.type}(…)`);
    return true;
  }

  #apply(task: Task, event: Exclude<TraceEvent, { type: 'ignored' }>): void {
    const { frame } = task;
    switch (event.type) {
      case 'acq': {
        const pending = takePending(frame, this.#locks.lockOf(event.lock));
        this.#grant(task, pending ?? this.#ask(task, event));
        return;
      }
      case 'try':
        this.#grant(task, this.#ask(task, event));
        return;
      case 'req':
        frame.pending.push(this.#ask(task, event));
        return;
      case 'wait':
        this.#wait(frame, event);
        return;
      case 'fork': {
        const child = this.#taskOf(event.task).frame;
        child.clock = join(child.clock, frame.clock);
        return;
      }
      case 'join':
        frame.clock = join(frame.clock, this.#taskOf(event.task).frames[0]!.clock);
        return;
      case 'handoff':
        this.#handOver(task, event.lock, event.task);
        return;
      case 'enter':
      case 'leave':
      case 'mask':
      case 'unmask':
        this.#switchContext(task, event);
        return;
      default:
        this.#applyToLock(task, event);
    }
  }

  #applyToLock(task: Task, { type, lock: name }: LockEvent): void {
    const { frame } = task;
    const lock = this.#locks.lockOf(name);
    switch (type) {
      case 'rel':
        this.#release(task, lock);
        return;
      case 'cancel': {
        const pending = takePending(frame, lock);
        if (pending === undefined)
          throw new TraceError(`Expected a req(${format(name)}) before it is given up`);
        frame.clock = join(frame.clock, this.#validator.engine.cancel(pending.obligation));
        return;
      }
      case 'downgrade':
        this.#downgrade(task, lock);
        return;
      case 'arm':
        this.#arm(frame, lock);
        return;
      case 'signal':
        this.#signal(frame, lock);
        return;
      case 'init':
        if (lock.holds.length > 0)
          this.#report('destroyed-while-held', lock, 'was initialised while it was held');
        return;
      case 'assert':
        if (findHold(task, lock) === undefined) this.#report('not-held', lock, 'is not held here');
    }
  }

  #ask(task: Task, event: RequestEvent): Pending {
    const { frame } = task;
    const place = this.#here();
    const { engine, contexts } = this.#validator;
    const { mode: asked, subclass, units, isTimed, nestedIn } = event;
    const lock = this.#locks.lockOf(event.lock);
    const mode = asked === 'shared' && lock.of.areReadersRecursive ? 'recursive' : asked;
    const isTry = event.type === 'try';
    const lockClass = this.#validator.subclassOf(lock.of.lockClass, subclass);
    const code = codeOf(mode, isTry);
    this.#tracker.clock = frame.clock;
    if (units > lockClass.permits)
      this.#report('unsatisfiable-request', lock, `has ${lockClass.permits} units, ${units} were asked for`);
    if (!isTry) this.#checkWaitContext(frame, lock);
    const obligation = engine.ask(lockClass, code, lock.instance, isTimed);
    if (nestedIn !== undefined) this.#nest(task, obligation, lock, nestedIn);
    if (!isTry) {
      for (const { context } of task.frames)
        if (context !== undefined) contexts.noteUsed(context, lockClass, mode, place);
    }
    return { lock, mode: mode === 'exclusive' ? 'exclusive' : 'shared', obligation };
  }

  #nest(task: Task, obligation: Obligation, lock: TraceLock, outer: LockName): void {
    const hold = findHold(task, this.#locks.lockOf(outer));
    if (hold === undefined)
      this.#report(
        'nested-lock-not-held',
        lock,
        `was asked for nested in ${format(outer)}, which is not held`,
      );
    else rareOf(obligation).nestedIn = hold.obligation;
  }

  #grant(task: Task, { lock, mode, obligation }: Pending): void {
    const place = obligation.stack as RawStack;
    const { engine, contexts } = this.#validator;
    const { frame } = task;
    frame.clock = join(frame.clock, engine.grant(obligation));
    // Nobody keeps a permit that somebody else must first give: it is signalled anew for the next.
    if (lock.of.permits === 0) {
      this.#discharge({ lock, mode, obligation, frame }, frame);
      return;
    }
    const hold: Hold = { lock, mode, obligation, frame };
    frame.holds.push(hold);
    lock.holds.push(hold);
    const { lockClass } = obligation;
    contexts.noteHeldOpenly(lockClass, mode, place);
    for (const context of contexts.names)
      if (task.lets(context)) contexts.noteHeld(context, lockClass, mode, place, place);
  }

  /** The kernel's `check_wait_context`: what it takes to wait must not exceed what may be waited for. */
  #checkWaitContext(frame: Frame, lock: TraceLock): void {
    const { isKernel } = this.#locks;
    if (!isChecked(lock.of.kind, isKernel)) return;
    let allowed = frame.allowed;
    let reason = frame.context === undefined ? '' : `in ${frame.context}`;
    for (const hold of frame.holds) {
      const { kind, lockClass } = hold.lock.of;
      if (!isChecked(kind, isKernel) || kind.inner >= allowed) continue;
      allowed = kind.inner;
      reason = `under "${lockClass.givenName!}"`;
    }
    if (lock.of.kind.outer > allowed)
      this.#report('invalid-wait-context', lock, `may wait too long to be asked for ${reason}`);
  }

  #wait(frame: Frame, { lock: name, mode, isTimed }: WaitEvent): void {
    const { engine } = this.#validator;
    const lock = this.#locks.lockOf(name);
    this.#here();
    this.#tracker.clock = frame.clock;
    const asked = engine.ask(lock.of.lockClass, codeOf(mode, false) + WAIT, lock.instance, isTimed);
    frame.clock = join(frame.clock, engine.grant(asked));
  }

  #arm(frame: Frame, lock: TraceLock): void {
    const { engine } = this.#validator;
    if (lock.owed !== undefined) return;
    this.#here();
    this.#tracker.clock = frame.clock;
    lock.owed = engine.arm(lock.of.lockClass, lock.instance, null, false);
  }

  /** What was never armed was owed from the start. */
  #signal(frame: Frame, lock: TraceLock): void {
    if (lock.owed === undefined) this.#arm({ ...frame, clock: null }, lock);
    this.#tracker.clock = frame.clock;
    // As with a lock that is passed on: what led to the signal is behind the completion, not behind who waits.
    this.#validator.engine.discharge(lock.owed!);
    lock.owed = undefined;
  }

  #release(task: Task, lock: TraceLock): void {
    const hold = findHold(task, lock) ?? lock.holds.at(-1);
    if (hold !== undefined) this.#discharge(hold, task.frame);
    else if (lock.of.kind.options.kind === 'semaphore') this.#signal(task.frame, lock);
    else this.#report('bad-release', lock, 'was released and is not held');
  }

  /** By whoever runs in `frame`; that the holder is another one refutes nothing of what it waited for. */
  #discharge(hold: Hold, frame: Frame): void {
    const holder = hold.frame;
    const isOwn = holder === frame;
    this.#tracker.clock = isOwn ? frame.clock : join(frame.clock, holder.clock);
    if (!isOwn) for (const asked of holder.pending) this.#observePending(holder, asked);
    this.#validator.engine.discharge(hold.obligation);
    remove(holder.holds, hold);
    remove(hold.lock.holds, hold);
  }

  /** A task that waits does not go on to release what it holds. */
  #observePending(frame: Frame, { obligation }: Pending): void {
    if (!this.#tracker.seesEveryWait) return;
    for (const hold of frame.holds) {
      if (includesGrant(obligation.under, hold.obligation))
        this.#validator.engine.arrows.observeWaitedFor(hold.obligation, obligation, nextSeq());
    }
  }

  #downgrade(task: Task, lock: TraceLock): void {
    const hold = findHold(task, lock);
    if (hold === undefined) {
      this.#report('bad-release', lock, 'was downgraded and is not held');
      return;
    }
    if (hold.mode === 'shared') return;
    hold.mode = 'shared';
    this.#renew(hold, task.frame, task.frame, TRY_SHARED);
  }

  /** Another obligation in the place of that of `hold`, which nobody had to wait for. */
  #renew(hold: Hold, from: Frame, to: Frame, code: number): void {
    const { engine } = this.#validator;
    const { lockClass, instance } = hold.obligation;
    this.#here();
    this.#tracker.clock = from.clock;
    engine.discharge(hold.obligation);
    this.#tracker.clock = to.clock;
    hold.obligation = engine.ask(lockClass, code, instance, false);
    to.clock = join(to.clock, engine.grant(hold.obligation));
  }

  #handOver(task: Task, name: LockName, to: string): void {
    this.#here();
    const lock = this.#locks.lockOf(name);
    const hold = findHold(task, lock) ?? lock.holds.at(-1);
    if (hold === undefined) {
      this.#report('bad-release', lock, 'was handed over and is not held');
      return;
    }
    const receiver = this.#taskOf(to);
    this.#tracker.clock = task.frame.clock;
    if (this.#locks.isExecutor(to)) {
      const executor = this.#locks.lockOf({ className: to, instance: '' });
      this.#executors.handOver(executor, receiver, hold);
    } else this.#renew(hold, task.frame, receiver.frame, hold.mode === 'exclusive' ? TRY : TRY_SHARED);
    remove(hold.frame.holds, hold);
    hold.frame = receiver.frame;
    receiver.frame.holds.push(hold);
  }

  #switchContext(task: Task, { type, context, isThreaded }: ContextEvent): void {
    const { contexts } = this.#validator;
    const place = this.#here();
    this.#locks.isKernel ||= isOfKernel(context);
    for (const each of [context, ...keptOutBy(context)]) contexts.name(each);
    if (type === 'enter') task.enter(context, isThreaded);
    else if (type === 'mask') task.mask(context);
    else if (type === 'leave') this.#leave(task, context);
    else if (task.unmask(context)) {
      for (const each of [context, ...keptOutBy(context)]) {
        if (!task.lets(each)) continue;
        for (const { holds } of task.frames) {
          for (const { obligation, mode } of holds)
            contexts.noteHeld(each, obligation.lockClass, mode, obligation.stack as RawStack, place);
        }
      }
    }
  }

  #leave(task: Task, context: string): void {
    const open = task.frame.context;
    const left = task.leave(context);
    if (left === undefined)
      throw new TraceError(
        `Expected ${open === undefined ? 'no leave, since no context was entered' : `leave(${open})`}, got leave(${context})`,
      );
    for (const { lock, obligation } of left.holds)
      this.#report('held-at-end', lock, `is still held at the end of ${context}`, 'warning', obligation);
  }

  #report(
    code: Parameters<Validator['report']>[0],
    lock: TraceLock,
    subject: string,
    severity: Severity = 'error',
    since?: Obligation,
  ): void {
    if (since?.stack === undefined) this.#here();
    else this.#validator.engine.place = since.stack as RawStack;
    this.#validator.report(code, lock.of.lockClass, subject, severity);
  }
}

/** The newest hold of `lock`, in the interrupt that runs or in what it interrupted. */
function findHold(task: Task, lock: TraceLock): Hold | undefined {
  for (let i = task.frames.length - 1; i >= 0; i--) {
    const hold = task.frames[i]!.holds.findLast((each) => each.lock === lock);
    if (hold !== undefined) return hold;
  }
  return undefined;
}

/** The oldest request for `lock` that waits. */
function takePending(frame: Frame, lock: TraceLock): Pending | undefined {
  const index = frame.pending.findIndex((each) => each.lock === lock);
  return index === -1 ? undefined : frame.pending.splice(index, 1)[0];
}

function remove<T>(list: T[], item: T): void {
  const index = list.lastIndexOf(item);
  if (index !== -1) list.splice(index, 1);
}

function format({ className, instance }: LockName): string {
  return instance === '' ? className : `${className}#${instance}`;
}
