/**
 * A job of a worker, as the thread sees it that has the locks: one line of execution, which goes on with each
 * message of the worker. An answer to the worker lies behind a message if the worker had got it when it sent
 * that; so no message is held up by a lock that the worker still waits for.
 */
import type { MessagePort } from 'node:worker_threads';
import { Hold } from '../locks/hold.ts';
import { LockdepError, rejectArgument } from '../validator/errors.ts';
import type { Engine } from '../validator/engine.ts';
import type { RawStack } from '../validator/stack-trace.ts';
import { type WorkerReport, fromPlainError, isError, plainErrorOf } from './worker-messages.ts';

/** Gives a hold of a lock to a worker that asks for it, with the arguments that it sends. */
export type LockGiver = (...args: never[]) => Hold | PromiseLike<Hold>;

/** What all jobs of an executor share. */
export interface JobSetting {
  readonly port: MessagePort;
  readonly locks: Readonly<Record<string, LockGiver>>;
  readonly engine: Engine | undefined;
  /** What the worker has, by number; released ones until their job is over. */
  readonly holds: Map<number, Hold>;
}

type Ask = WorkerReport & { type: 'acquire' };

/** The thread of the worker has ended. */
export const EXITED = 'exited';

let lastHold = 0;

export class RemoteJob {
  readonly #setting: JobSetting;
  readonly #id: number;
  readonly #inbox: (WorkerReport | typeof EXITED)[] = [];
  #wake: (() => void) | undefined;
  /** Locks that the worker was given, or not, in the order in which it was told. */
  readonly #answers: Promise<unknown>[] = [];
  #absorbed = 0;
  #isOver = false;
  /** What a release had to say under the `error` policy. */
  #thrown: Error | undefined;

  constructor(setting: JobSetting, id: number) {
    this.#setting = setting;
    this.#id = id;
  }

  /** The worker sent something, or ended. */
  push(report: WorkerReport | typeof EXITED): void {
    this.#inbox.push(report);
    this.#wake?.();
  }

  /** Has the worker do it. Resolves and rejects as the handler does, and to `EXITED` if it does not come to that. */
  async run(holds: readonly Hold[]): Promise<{ value: unknown } | typeof EXITED> {
    const { port, holds: known } = this.#setting;
    const numbers = holds.map((hold) => {
      known.set(++lastHold, hold);
      return lastHold;
    });
    port.postMessage({ type: 'begin', job: this.#id, holds: numbers });
    try {
      return await this.#attend();
    } finally {
      this.#isOver = true;
      for (const [number, hold] of known) if (!hold.isOpen) known.delete(number);
    }
  }

  async #attend(): Promise<{ value: unknown } | typeof EXITED> {
    for (;;) {
      const report = this.#inbox.shift();
      if (report === undefined) {
        await new Promise<void>((resolve) => (this.#wake = resolve));
        continue;
      }
      if (report === EXITED) return EXITED;
      while (this.#absorbed < report.seen) await this.#answers[this.#absorbed++]?.then(ignore, ignore);
      if (report.type === 'acquire') this.#acquire(report);
      else if (report.type === 'release') this.#release(report.hold, report.place);
      else if (report.type === 'failed') throw fromPlainError(report.error);
      else if (this.#thrown !== undefined) throw this.#thrown;
      else return { value: report.value };
    }
  }

  #acquire({ request, name, args, place }: Ask): void {
    const asked = this.#ask(name, args, place);
    asked.then(
      (hold) => this.#answer(asked, request, hold),
      (error: unknown) => this.#refuse(asked, request, error),
    );
  }

  async #ask(name: string, args: readonly unknown[], place: RawStack): Promise<Hold> {
    const { locks } = this.#setting;
    if (!Object.hasOwn(locks, name))
      rejectArgument('name', `one of ${Object.keys(locks).join(', ') || 'no locks at all'}`, name);
    const hold: unknown = await this.at(place, () => Reflect.apply(locks[name]!, undefined, args));
    if (!(hold instanceof Hold)) rejectArgument(`locks.${name}()`, 'a hold', hold);
    return hold;
  }

  #answer(asked: Promise<unknown>, request: number, hold: Hold): void {
    if (this.#isOver) {
      // Nobody is left who could release it.
      hold.release();
      this.#refuse(
        asked,
        request,
        new LockdepError('ERR_BAD_STATE', 'Expected a job that goes on, got one that is over.'),
      );
      return;
    }
    this.#setting.holds.set(++lastHold, hold);
    const number = this.#answers.push(asked);
    this.#setting.port.postMessage({ type: 'granted', request, number, hold: lastHold });
  }

  #refuse(asked: Promise<unknown>, request: number, error: unknown): void {
    const number = this.#answers.push(asked);
    const plain = plainErrorOf(isError(error) ? error : new Error(String(error)));
    this.#setting.port.postMessage({ type: 'refused', request, number, error: plain });
  }

  #release(number: number, place: RawStack): void {
    try {
      this.at(place, () => this.#setting.holds.get(number)?.release());
    } catch (error) {
      this.#thrown ??= error as Error;
    }
  }

  /** What is done for the worker has its place there. */
  at<T>(place: RawStack, fn: () => T): T {
    const { engine } = this.#setting;
    if (engine === undefined) return fn();
    const before = engine.place;
    engine.place = place;
    try {
      return fn();
    } finally {
      engine.place = before;
    }
  }
}

function ignore(): void {}
