/**
 * Executors of a trace. A task named like one is its callback: events of that task belong to the job that
 * was handed over first and still has something to discharge; without any, to a job of nobody's.
 */
import { beginJob } from '../locks/job.ts';
import { EXCLUSIVE } from '../validator/lock-class.ts';
import { type Obligation, rareOf } from '../validator/obligation.ts';
import type { Validator } from '../validator/validator.ts';
import type { TraceLock } from './lock-table.ts';
import type { Hold, Task } from './task.ts';
import type { TraceTracker } from './trace-tracker.ts';

interface Job {
  readonly obligation: Obligation;
  /** What it must discharge; undefined for a job that nothing was handed to. */
  readonly parcel: Hold | undefined;
}

interface Executor {
  readonly task: Task;
  readonly queue: Job[];
  current: Job | undefined;
}

export class Executors {
  readonly #validator: Validator;
  readonly #tracker: TraceTracker;
  readonly #executors = new Map<TraceLock, Executor>();

  constructor(validator: Validator, tracker: TraceTracker) {
    this.#validator = validator;
    this.#tracker = tracker;
  }

  /** A job that will discharge `hold` is queued, by whoever has the tracker's clock. */
  handOver(executor: TraceLock, task: Task, hold: Hold): void {
    const { engine } = this.#validator;
    const obligation = beginJob(engine, executor.of.lockClass, executor.instance, [hold]);
    this.#executorOf(executor, task).queue.push({ obligation, parcel: hold });
  }

  /** The executor's task is about to do something: the next job begins if the one before is over. */
  step(lock: TraceLock, task: Task): void {
    const executor = this.#executorOf(lock, task);
    const { current, queue } = executor;
    if (current !== undefined && (queue.length === 0 || !isOver(current, task))) return;
    this.#finish(executor);
    const job = queue.shift() ?? this.#begin(lock);
    executor.current = job;
    task.frame.clock = this.#validator.engine.grant(job.obligation);
  }

  /** The trace ends, and with it all jobs; what was never begun stays handed over. */
  end(): void {
    for (const executor of this.#executors.values()) this.#finish(executor);
    this.#executors.clear();
  }

  #begin({ of, instance }: TraceLock): Job {
    const { engine } = this.#validator;
    this.#tracker.clock = null;
    const obligation = engine.ask(of.lockClass, EXCLUSIVE, instance, false);
    rareOf(obligation).isJob = true;
    return { obligation, parcel: undefined };
  }

  #finish(executor: Executor): void {
    if (executor.current === undefined) return;
    this.#tracker.clock = executor.task.frame.clock;
    this.#validator.engine.discharge(executor.current.obligation);
    executor.current = undefined;
  }

  #executorOf(lock: TraceLock, task: Task): Executor {
    let executor = this.#executors.get(lock);
    if (executor === undefined)
      this.#executors.set(lock, (executor = { task, queue: [], current: undefined }));
    return executor;
  }
}

function isOver({ parcel }: Job, task: Task): boolean {
  return parcel === undefined ? task.frame.holds.length === 0 : !parcel.obligation.isOpen;
}
