/**
 * A queue of jobs, begun in the order of adding, at most `concurrency` of them at a time.
 *
 * A job is an obligation: it is asked for when it is added, granted when it begins, discharged when it is
 * over. Whoever awaits it, or waits for it by `flush` or `drain`, depends on the queue; the queue depends on
 * what its jobs ask for. That holds for a queue of more than one at a time, too: it blocks when jobs have
 * all its places, and `drain` waits for every one of them.
 */
import { types } from 'node:util';
import { isBehind } from '../causality/clock.ts';
import { expectAwait } from '../causality/consumption.ts';
import { checkCount, checkFunction, checkOptions, rejectArgument } from '../validator/errors.ts';
import type { Obligation } from '../validator/obligation.ts';
import type { Hold } from '../locks/hold.ts';
import { Sleepers } from '../locks/sleepers.ts';
import { type NamedOptions, type Watch, createWatch } from '../locks/watch.ts';
import { Job, type TransferOptions } from './run-job.ts';

export interface WorkQueueOptions extends NamedOptions {
  /** Jobs that may run at a time, an integer ≥ 1. Default 1: one after the other. */
  concurrency?: number;
}

type Work = (...holds: Hold[]) => unknown;

/** As long as its promise lives, so does this; what it keeps alive itself goes when it is over. */
interface Task {
  readonly queue: WorkQueue;
  fn: Work | null;
  /** `null` where there is nothing to watch and nothing to hand over. */
  job: Job | null;
  readonly obligation: Obligation | null;
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: unknown) => void;
  isOver: boolean;
  /** Who waits for it by `flush`. */
  flushers: Sleepers | null;
  next: Task | null;
}

/** `queueMicrotask` makes an async resource each time, which costs more than the rest of a job. */
const soon = Promise.resolve();

/**
 * Runs jobs in the order of adding.
 * @example
 * const writes = new WorkQueue({ name: 'writes' });
 * const size = await writes.add(() => append(file, line));
 */
export class WorkQueue {
  /** @internal */
  readonly watch: Watch | null;
  readonly #concurrency: number;
  #first: Task | null = null;
  #last: Task | null = null;
  #running = 0;
  /** Jobs are being begun, or will be in a moment. */
  #isPumping = false;
  readonly #drainers: Sleepers;

  /** @throws LockdepError `ERR_INVALID_ARGUMENT` for a bad or unknown option. */
  constructor(options: WorkQueueOptions = {}) {
    checkOptions(options, ['name', 'validator', 'concurrency']);
    const { concurrency = 1 } = options;
    checkCount('concurrency', concurrency, 1);
    this.#concurrency = concurrency;
    const isSerial = concurrency === 1;
    this.watch = createWatch(options, { kind: 'executor', permits: concurrency, isSerial, isFair: true });
    this.#drainers = createSleepers(this.watch);
  }

  /**
   * Runs `fn(...holds)` when it is its turn, never at once. Resolves as `fn` does; what it throws rejects
   * this promise only, and the queue goes on.
   * @throws LockdepError `ERR_INVALID_ARGUMENT` for a bad argument, `ERR_DEAD_HOLD` for a dead hold.
   */
  add<T>(fn: (...holds: Hold[]) => T | PromiseLike<T>, options?: TransferOptions): Promise<T> {
    checkFunction('fn', fn);
    const watch = this.watch;
    let task!: Task;
    let job: Job | null = null;
    if (watch !== null || options !== undefined)
      job = new Job(watch, (...holds) => this.#work(task, holds), options === undefined ? {} : options);
    const promise = new Promise<T>((resolve, reject) => {
      task = {
        queue: this,
        fn,
        job,
        obligation: job === null ? null : job.obligation,
        resolve: resolve as (value: unknown) => void,
        reject,
        isOver: false,
        flushers: null,
        next: null,
      };
    });
    if (watch !== null) {
      TaskOf.stamp(promise, task);
      if (this.#running >= this.#concurrency) noteWait(watch, task.obligation!, promise);
    }
    if (this.#last === null) this.#first = task;
    else this.#last.next = task;
    this.#last = task;
    // Later, since a job must not run in the midst of whoever adds it.
    if (!this.#isPumping && this.#running < this.#concurrency) {
      this.#isPumping = true;
      void soon.then(this.#pump);
    }
    return promise;
  }

  /** Resolves as soon as no job is queued or running; jobs that are added meanwhile count. */
  drain(): Promise<void> {
    return this.#isIdle ? this.#drainers.pass() : this.#drainers.wait(undefined, null, this.#concurrency);
  }

  /**
   * Resolves when a job is over, however it ended. `job` is the promise that `add` returned; any other is
   * waited for as well, and no job of this queue.
   * @throws LockdepError `ERR_INVALID_ARGUMENT` for what is no promise.
   */
  flush(job: Promise<unknown>): Promise<void> {
    if (!types.isPromise(job)) rejectArgument('job', 'a promise that `add` returned', job);
    const task = this.watch === null ? undefined : TaskOf.read(job);
    if (task?.queue !== this) return job.then(ignore, ignore);
    if (!task.isOver) return (task.flushers ??= createSleepers(this.watch)).wait();
    return this.#isPast(task) ? Promise.resolve() : this.#drainers.pass();
  }

  get #isIdle(): boolean {
    return this.#running === 0 && this.#first === null;
  }

  /** Whether whoever runs now knows that the job is over: it awaited it, or is a later one of a serial queue. */
  #isPast({ obligation }: Task): boolean {
    const { engine, lockClass } = this.watch!;
    return lockClass.isSerial && isBehind(obligation!, engine.tracker.asked());
  }

  /** Begins as many jobs as may run. */
  readonly #pump = (): void => {
    this.#isPumping = true;
    while (this.#running < this.#concurrency && this.#first !== null) {
      const task = this.#first;
      this.#first = task.next;
      if (this.#first === null) this.#last = null;
      this.#running++;
      if (task.job === null) this.#work(task, []);
      else task.job.run();
    }
    this.#isPumping = false;
    if (this.#isIdle) this.#drainers.wakeAll();
  };

  /** Runs the job, with what lies behind it. */
  #work(task: Task, holds: readonly Hold[]): unknown {
    const fn = task.fn!;
    task.fn = null;
    let result: unknown;
    try {
      result = fn(...holds);
      // Of whatever make: the job is over when it is.
      if (isThenable(result)) {
        return Promise.resolve(result).then(
          (value) => this.#finishLater(task, task.resolve, value),
          (error: unknown) => this.#finishLater(task, task.reject, error),
        );
      }
    } catch (error) {
      this.#finish(task, task.reject, error);
      return undefined;
    }
    this.#finish(task, task.resolve, result);
    return undefined;
  }

  #finishLater<T>(task: Task, settle: (value: T) => void, value: T): void {
    this.#finish(task, settle, value);
    if (!this.#isPumping) this.#pump();
  }

  #finish<T>(task: Task, settle: (value: T) => void, value: T): void {
    task.job?.end();
    task.job = null;
    task.isOver = true;
    this.#running--;
    settle(value);
    task.flushers?.wakeAll();
  }
}

function createSleepers(watch: Watch | null): Sleepers {
  return new Sleepers(watch, 'the queue', 'still at work');
}

/** Whoever adds a job need not wait for it; if it holds something, it matters whether it awaits the promise. */
function noteWait({ engine }: Watch, job: Obligation, promise: Promise<unknown>): void {
  if (job.under !== null && job.transition.budget > 0) void expectAwait(promise, job);
  engine.wait(job);
}

function ignore(): void {}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    value !== null &&
    (typeof value === 'object' || typeof value === 'function') &&
    'then' in value &&
    typeof value.then === 'function'
  );
}

/** A constructor that returns its argument lets a subclass put private fields on any object. */
const Identity = function (promise: object) {
  return promise;
} as unknown as new (promise: object) => object;

/**
 * Which job a promise is of: a private field, which is seen by nobody. It is half the price of a job that
 * is not watched, so only those that are have it.
 */
class TaskOf extends Identity {
  readonly #task: Task;

  constructor(promise: object, task: Task) {
    super(promise);
    this.#task = task;
  }

  static stamp(promise: object, task: Task): void {
    // oxlint-disable-next-line no-new -- the constructor stamps its argument
    new TaskOf(promise, task);
  }

  static read(promise: unknown): Task | undefined {
    return promise instanceof Object && #task in promise ? promise.#task : undefined;
  }
}
