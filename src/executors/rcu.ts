/**
 * Read-copy-update: readers never wait; `call` runs a callback, and `synchronize` returns, when all
 * readers that began before are done. Callbacks, `synchronize` and `barrier` share one ordered queue, so
 * a callback that is blocked holds up whoever synchronizes behind it. Semantics: Linux `call_rcu`,
 * `synchronize_rcu`, `rcu_barrier` (Documentation/RCU/whatisRCU.rst), with one queue for one domain.
 */
import { types } from 'node:util';
import { checkFunction, checkOptions } from '../validator/errors.ts';
import { EXCLUSIVE, RECURSIVE, WAIT } from '../validator/lock-class.ts';
import { type Obligation, rareOf } from '../validator/obligation.ts';
import { Hold } from '../locks/hold.ts';
import { Lock } from '../locks/lock.ts';
import { type NamedOptions, createWatch } from '../locks/watch.ts';
import { Job, type JobFunction, type TransferOptions } from './run-job.ts';

interface Item {
  /** Readers that began before it must be done; `barrier` does not care. */
  readonly after: number;
  readonly run: () => unknown;
}

const plainQueueMicrotask = queueMicrotask;

/** One RCU domain. */
export class Rcu extends Lock {
  /** Readers that are still reading: the numbers of their beginnings, ascending. */
  readonly #readers = new Set<number>();
  #begun = 0;
  readonly #queue: Item[] = [];
  #isRunning = false;

  /** @throws LockdepError `ERR_INVALID_ARGUMENT` for a bad or unknown option. */
  constructor(options: NamedOptions = {}) {
    checkOptions(options, ['name', 'validator']);
    super(createWatch(options, { kind: 'rcu', permits: Infinity, isSerial: true, isFair: true }));
  }

  /** Begins a read-side section, at once. Sections nest. */
  readLock(): Hold {
    const { watch } = this;
    const obligation =
      watch === null ? null : watch.engine.ask(watch.lockClass, RECURSIVE, watch.instance, false);
    if (watch !== null) watch.engine.tracker.advance(watch.engine.grant(obligation!));
    this.#readers.add(++this.#begun);
    return this.createHold(RECURSIVE, this.#begun, obligation);
  }

  /** Runs `fn` in a read-side section, and ends that however `fn` ends. */
  async read<T>(fn: (hold: Hold) => T | PromiseLike<T>): Promise<T> {
    checkFunction('fn', fn);
    const section = this.readLock();
    if (section.obligation !== null) section.obligation.isScoped = true;
    return this.runAs<T>(Promise.resolve(section), fn);
  }

  /**
   * Runs `fn(...holds)` once all readers that began before are done, after the callbacks before it. The
   * next one waits until the promise it returns has settled. What it throws is uncaught,
   * as in any callback of the loop, and does not stop the queue.
   * @throws LockdepError `ERR_INVALID_ARGUMENT` for a bad argument, `ERR_DEAD_HOLD` for a dead hold.
   */
  call(fn: JobFunction, options: TransferOptions = {}): void {
    const job = new Job(this.watch, fn, options);
    this.#noteWait(job.obligation, this.#begun);
    this.#push(this.#begun, () => job.run());
  }

  /** Waits until all readers that began before, and all callbacks queued before, are done. */
  synchronize(): Promise<void> {
    return this.#waitInQueue(this.#begun);
  }

  /** Waits until all callbacks queued before are done. */
  barrier(): Promise<void> {
    return this.#waitInQueue(0);
  }

  #waitInQueue(after: number): Promise<void> {
    const { watch } = this;
    const obligation =
      watch === null ? null : watch.engine.ask(watch.lockClass, EXCLUSIVE + WAIT, watch.instance, false);
    this.#noteWait(obligation, after);
    return new Promise((resolve) => {
      this.#push(after, () => {
        if (watch === null) resolve();
        else watch.engine.tracker.deliver(watch.engine.grant(obligation!), () => resolve(), undefined);
      });
    });
  }

  #noteWait(asked: Obligation | null, after: number): void {
    if (asked === null) return;
    if (after === 0) rareOf(asked).isPastReaders = true;
    const [oldest] = this.#readers;
    const isBehindReader = oldest !== undefined && oldest <= after;
    if (this.#isRunning || this.#queue.length > 0 || isBehindReader) this.watch!.engine.wait(asked);
  }

  #push(after: number, run: () => unknown): void {
    this.#queue.push({ after, run });
    this.#pumpSoon();
  }

  /** Never inside of whoever calls or releases: a callback of the program's would run in the midst of it. */
  #pumpSoon(): void {
    plainQueueMicrotask(() => this.#pump());
  }

  /** Runs what may be run, one after the other. */
  #pump(): void {
    while (!this.#isRunning) {
      const [item] = this.#queue;
      if (item === undefined) return;
      const [oldest] = this.#readers;
      if (oldest !== undefined && oldest <= item.after) return;
      this.#queue.shift();
      this.#run(item);
    }
  }

  #run({ run }: Item): void {
    this.#isRunning = true;
    let result: unknown;
    try {
      result = run();
    } catch (error) {
      // As an error in any other callback of the loop, without stopping the queue.
      plainQueueMicrotask(() => {
        throw error;
      });
    }
    // Of any realm: jest runs tests in one of their own.
    if (!types.isPromise(result)) {
      this.#isRunning = false;
      return;
    }
    const goOn = (): void => {
      this.#isRunning = false;
      this.#pump();
    };
    void result.finally(goOn);
  }

  protected override fits(): boolean {
    return true;
  }

  protected override isInUse(): boolean {
    return this.#readers.size > 0;
  }

  protected override take(): void {}

  protected override free(_code: number, reader: number): void {
    this.#readers.delete(reader);
    if (this.#queue.length > 0) this.#pumpSoon();
  }

  /** @internal */
  override createHold(code: number, units: number, obligation: Obligation | null): Hold {
    return new Hold(this, code, units, obligation);
  }
}
