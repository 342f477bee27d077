/** The worker's side of `WorkerExecutor`. Locks live in the thread that made them; here are handles of holds. */
import { type MessagePort, parentPort } from 'node:worker_threads';
import { LockdepError, checkFunction } from '../validator/errors.ts';
import { type RawStack, captureStack, readStack } from '../validator/stack-trace.ts';
import {
  PORT,
  type WorkerOrder,
  type WorkerReport,
  fromPlainError,
  toPlainError,
} from './worker-messages.ts';

/** A hold of a lock of another thread. */
export class RemoteHold implements Disposable, AsyncDisposable {
  readonly #release: () => void;
  #isOpen = true;

  /** @internal Made for jobs only. */
  constructor(release: () => void) {
    this.#release = release;
  }

  /** Whether it can still be released. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Gives the lock back, by a message. A second time is a `bad-release` finding in the thread of the lock. */
  release(): void {
    this.#isOpen = false;
    this.#release();
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

/** What a job has beside its data. */
export interface WorkerJob {
  /** The holds it was handed, in their order. It must release them. */
  readonly holds: readonly RemoteHold[];
  /**
   * Asks for a lock by its name in the `locks` of the executor; `args` go to the function there, and must be
   * fit for `postMessage`. Rejects as that function does, and when the job is over before the lock is granted.
   */
  acquire(name: string, ...args: unknown[]): Promise<RemoteHold>;
}

/** Does a job; `data` is a copy of what `run` was given. What it returns must be fit for `postMessage`. */
export type JobHandler = (data: unknown, job: WorkerJob) => unknown;

interface Pending {
  readonly resolve: (hold: RemoteHold) => void;
  readonly reject: (error: unknown) => void;
  readonly job: number;
}

let isServing = false;

/**
 * Does the jobs that a `WorkerExecutor` of another thread gives to this one, one after the other: the next
 * begins when the promise of the one before has settled. What the handler throws rejects the promise of `run`.
 * The thread lives until the executor is closed.
 * @throws LockdepError `ERR_INVALID_ARGUMENT` for no function, `ERR_BAD_STATE` in the main thread and when jobs
 * are served already.
 * @example
 * serveJobs(async (path, { holds: [file] }) => {
 *   await index(path);
 *   file.release();
 * });
 */
export function serveJobs(handler: JobHandler): void {
  checkFunction('handler', handler);
  const parent = parentPort;
  if (parent === null)
    throw new LockdepError('ERR_BAD_STATE', 'Expected a worker thread, got the main thread.');
  if (isServing)
    throw new LockdepError('ERR_BAD_STATE', 'Expected one handler of jobs in a thread, got another one.');
  isServing = true;
  const listen = (message: unknown): void => {
    if (!(message instanceof Object) || !(PORT in message)) return;
    // Messages of the program's own are none of ours, and the port of the jobs keeps the thread alive.
    parent.off('message', listen);
    new JobServer(message[PORT] as MessagePort, handler).start();
  };
  parent.on('message', listen);
}

class JobServer {
  readonly #port: MessagePort;
  readonly #handler: JobHandler;
  /** Of jobs that have not begun. */
  readonly #data = new Map<number, unknown>();
  readonly #pending = new Map<number, Pending>();
  #requests = 0;
  #seen = 0;

  constructor(port: MessagePort, handler: JobHandler) {
    this.#port = port;
    this.#handler = handler;
  }

  start(): void {
    this.#port.on('message', (order: WorkerOrder) => this.#obey(order));
  }

  #obey(order: WorkerOrder): void {
    if (order.type === 'job') this.#data.set(order.job, order.data);
    else if (order.type === 'begin') void this.#run(order.job, order.holds);
    else this.#answer(order);
  }

  #answer(order: WorkerOrder & { type: 'granted' | 'refused' }): void {
    this.#seen = order.number;
    const pending = this.#pending.get(order.request);
    this.#pending.delete(order.request);
    if (order.type === 'granted') pending?.resolve(this.#holdOf(pending.job, order.hold));
    else pending?.reject(fromPlainError(order.error));
  }

  async #run(job: number, holds: readonly number[]): Promise<void> {
    const data = this.#data.get(job);
    this.#data.delete(job);
    this.#seen = 0;
    const context: WorkerJob = {
      holds: holds.map((hold) => this.#holdOf(job, hold)),
      acquire: (name, ...args) => this.#acquire(job, name, args),
    };
    try {
      const value = await this.#handler(data, context);
      this.#tell({ type: 'done', job, seen: this.#seen, value });
    } catch (error) {
      // What cannot be cloned, be it a result or something thrown, fails here.
      try {
        this.#tell({ type: 'failed', job, seen: this.#seen, error: toPlainError(error) });
      } catch {
        this.#tell({ type: 'failed', job, seen: this.#seen, error: toPlainError(new Error(String(error))) });
      }
    }
  }

  #acquire(job: number, name: string, args: readonly unknown[]): Promise<RemoteHold> {
    const request = ++this.#requests;
    const place = here();
    return new Promise((resolve, reject) => {
      this.#tell({ type: 'acquire', job, seen: this.#seen, request, name, args, place });
      this.#pending.set(request, { resolve, reject, job });
    });
  }

  #holdOf(job: number, hold: number): RemoteHold {
    return new RemoteHold(() => this.#tell({ type: 'release', job, seen: this.#seen, hold, place: here() }));
  }

  #tell(report: WorkerReport): void {
    this.#port.postMessage(report);
  }
}

function here(): RawStack {
  return readStack(captureStack());
}
