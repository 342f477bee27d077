/**
 * Hand-over to a worker thread. The locks stay in this thread, and so does all that is known of them; what
 * crosses is plain data. A thread does one job at a time, so it is a serial executor: whoever waits for it
 * waits for what it has in custody.
 */
import { MessageChannel, type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import type { Hold } from '../locks/hold.ts';
import type { NamedOptions } from '../locks/watch.ts';
import { LockdepError, checkFunction, checkOptions, rejectArgument } from '../validator/errors.ts';
import { printableName } from '../validator/finding.ts';
import { EXITED, type JobSetting, type LockGiver, RemoteJob } from './remote-job.ts';
import { type TransferOptions, checkTransfer } from './run-job.ts';
import { PORT, type WorkerReport } from './worker-messages.ts';
import { WorkQueue } from './work-queue.ts';

/** What is used of a `Worker`. */
export interface WorkerLike {
  postMessage(value: unknown, transferList?: readonly MessagePort[]): void;
  once(event: 'exit', listener: (code: number) => void): unknown;
}

export interface WorkerExecutorOptions extends NamedOptions {
  /** What jobs may ask for by name: functions that give a hold, with the arguments of the job. Default: nothing. */
  locks?: Readonly<Record<string, LockGiver>>;
}

export interface WorkerRunOptions extends TransferOptions {
  /** Buffers and ports that go to the worker and are not copied, as for `postMessage`. */
  transferList?: readonly object[];
}

/** The thread ended before a job was over. */
export class WorkerExitError extends LockdepError {
  // Whoever prints an error, or sends it elsewhere, takes all that is readable along.
  readonly #holds: readonly Hold[];

  /** @internal */
  constructor(message: string, holds: readonly Hold[]) {
    super('ERR_WORKER_EXITED', message);
    this.name = 'WorkerExitError';
    this.#holds = holds;
  }

  /** The holds that the job did not release, for whoever can mend what they guard: to be released or abandoned. */
  lostHolds(): readonly Hold[] {
    return this.#holds;
  }
}

const taken = new WeakSet<object>();

/**
 * Gives jobs to a worker thread that calls `serveJobs`, one after the other.
 * @example
 * const indexer = new WorkerExecutor(new Worker('./indexer.js'), { name: 'indexer' });
 * await indexer.run(path, { transfer: [await file.acquire()] });
 */
export class WorkerExecutor {
  readonly #queue: WorkQueue;
  readonly #setting: JobSetting;
  #current: { readonly id: number; readonly job: RemoteJob } | undefined;
  #jobs = 0;
  #hasExited = false;
  #isClosed = false;

  /**
   * @throws LockdepError `ERR_INVALID_ARGUMENT` for a bad or unknown option or no worker, `ERR_BAD_STATE` for a
   * worker that has an executor.
   */
  constructor(worker: WorkerLike, options: WorkerExecutorOptions = {}) {
    if (!isWorker(worker)) rejectArgument('worker', 'a Worker', worker);
    checkOptions(options, ['name', 'validator', 'locks']);
    const { locks = {}, ...named } = options;
    if (!(locks instanceof Object)) rejectArgument('locks', 'an object of functions', locks);
    for (const [name, give] of Object.entries(locks)) checkFunction(`locks.${name}`, give);
    if (taken.has(worker))
      throw new LockdepError('ERR_BAD_STATE', 'Expected a worker without an executor, got one that has one.');
    this.#queue = new WorkQueue(named);
    taken.add(worker);
    const { port1: port, port2 } = new MessageChannel();
    this.#setting = { port, locks, engine: this.#queue.watch?.engine, holds: new Map() };
    port.on('message', (report: WorkerReport) => this.#hear(report));
    // It is the worker that keeps the process alive, or does not.
    port.unref();
    worker.once('exit', () => this.#end());
    worker.postMessage({ [PORT]: port2 }, [port2]);
  }

  /**
   * Has the worker do a job, when those before it are over. The handler there gets a copy of `data` and handles
   * of the transferred holds, which it must release. Resolves and rejects as the handler does; with a
   * `WorkerExitError` when the thread ends before, and then the locks stay held, which is a `held-at-end` finding.
   * @throws LockdepError `ERR_INVALID_ARGUMENT` for a bad argument, `ERR_DEAD_HOLD` for a dead hold,
   * `ERR_BAD_STATE` after `close`; `DataCloneError` for data that cannot be copied. Nothing was handed over then.
   */
  run<T = unknown>(data: unknown, options: WorkerRunOptions = {}): Promise<T> {
    checkOptions(options, ['transfer', 'transferList']);
    const { transfer = [], transferList = [] } = options;
    checkTransfer(transfer);
    if (this.#isClosed)
      throw new LockdepError('ERR_BAD_STATE', 'Expected an executor that is open, got one that was closed.');
    const id = ++this.#jobs;
    this.#setting.port.postMessage({ type: 'job', job: id, data }, transferList as MessagePort[]);
    return this.#queue.add((...holds) => this.#work(id, holds) as Promise<T>, { transfer });
  }

  /** Resolves as soon as no job is queued or running; jobs that are added meanwhile count. */
  drain(): Promise<void> {
    return this.#queue.drain();
  }

  /** Takes no more jobs, and lets the worker go when all are over: it ends if nothing else keeps it alive. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#queue.drain();
    this.#setting.port.close();
  }

  async #work(id: number, holds: readonly Hold[]): Promise<unknown> {
    if (this.#hasExited) return this.#lose(holds);
    const job = new RemoteJob(this.#setting, id);
    this.#current = { id, job };
    const end = await job.run(holds);
    this.#current = undefined;
    return end === EXITED ? this.#lose([...this.#setting.holds.values()]) : end.value;
  }

  #hear(report: WorkerReport): void {
    if (this.#current?.id === report.job) this.#current.job.push(report);
    else if (report.type === 'release') this.#releaseLate(report.hold);
  }

  /** A job may release what it was handed after it is over; nobody is left then to throw a finding to. */
  #releaseLate(number: number): void {
    try {
      this.#setting.holds.get(number)?.release();
    } catch {}
    this.#setting.holds.delete(number);
  }

  #end(): void {
    // What the worker sent last may not have been read.
    for (
      let left = receiveMessageOnPort(this.#setting.port);
      left !== undefined;
      left = receiveMessageOnPort(this.#setting.port)
    )
      this.#hear(left.message as WorkerReport);
    this.#hasExited = true;
    if (this.#current === undefined) this.#tell([...this.#setting.holds.values()]);
    else this.#current.job.push(EXITED);
  }

  #lose(holds: readonly Hold[]): never {
    const lost = this.#tell(holds);
    throw new WorkerExitError('Expected a thread that does the job, it has ended.', lost);
  }

  /** The thread has ended, and what it had is lost. */
  #tell(holds: readonly Hold[]): Hold[] {
    this.#setting.holds.clear();
    const lost = holds.filter(({ isOpen }) => isOpen);
    const { watch } = this.#queue;
    for (const { lock, obligation } of lost) {
      if (lock.watch === null || obligation === null || watch === null) continue;
      const subject = `was in the custody of "${printableName(watch.validator.nameOf(watch.lockClass))}", a thread that has ended`;
      lock.watch.validator.reportSince(
        'held-at-end',
        obligation,
        subject,
        'warning',
        obligation.rare?.handedAt,
      );
    }
    return lost;
  }
}

function isWorker(value: unknown): value is WorkerLike {
  return (
    value instanceof Object &&
    'postMessage' in value &&
    typeof value.postMessage === 'function' &&
    'once' in value &&
    typeof value.once === 'function'
  );
}
