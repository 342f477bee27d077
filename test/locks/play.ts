/**
 * Plays scripts on a lock. A step is one action; `,` ends a turn, in which everything settles that can;
 * steps joined by `+` are made in one synchronous run.
 *
 *   read a           asks; `a` stands for this request from here on    @x gives it the signal x,
 *   run read a       asks by `run`; the callback waits for its end     2ms a timeout
 *   throw read a     asks by `run`; the callback throws at once
 *   try read a       asks without waiting
 *   look read a      waits for the unlock, and takes nothing
 *   flush a          waits until all who are there have gone, and takes nothing
 *   free a           releases          down a         downgrades
 *   hand a b         hands the hold off and accepts it under the name b
 *   end a, fail a    the callback of `run` ends, or rejects
 *   abort @x         the signal aborts          pass 2ms   time goes by
 *
 * The log has for each turn the names in the order of their grants, then the rest sorted: `a!` rejected,
 * `a.` its `run` or its wait that takes nothing has ended, `a+` and `a-` a try that had it or not.
 */
import { vi } from 'vitest';
import type { AcquireOptions, Hold, Validator, WriteHold } from '../../src/index.ts';
import { type Ask, type Kind, type Subject, badReleases, turn } from './subjects.ts';

export interface Outcome {
  readonly log: string;
  /** How often a dead hold was released or downgraded. */
  readonly bad: number;
  /** Requests that never settled, though everything was released. */
  readonly lost: string;
  /** Whether the lock can be had whole at the end. */
  readonly isFree: boolean;
  /** What the validator counted as acquired, and the lock did not give, at the end; and what it has open still. */
  readonly misjudged: { readonly acquisitions: number; readonly isOpen: boolean };
}

/** Nothing was lost, and the validator has seen just what was done. */
export const allWell: Omit<Outcome, 'log' | 'bad'> = {
  lost: '',
  isFree: true,
  misjudged: { acquisitions: 0, isOpen: false },
};

/** Ours, or what the callback of `run` failed with; anything else is a fault of the lock. */
export class Stop extends Error {}

class Player {
  readonly #subject: Subject;
  readonly #holds = new Map<string, Hold>();
  readonly #ends = new Map<string, (error?: Stop) => void>();
  readonly #signals = new Map<string, AbortController>();
  readonly #open = new Set<string>();
  #grants: string[] = [];
  #others: string[] = [];
  readonly #downgraded = new Set<Hold>();
  /** Holds, waits that took nothing and ended well, and downgrades: what counts as an acquisition. */
  acquisitions = 0;

  constructor(subject: Subject) {
    this.#subject = subject;
  }

  get unsettled(): string {
    return [...this.#open].sort().join(' ');
  }

  step(text: string): void {
    const words = text.trim().split(/\s+/);
    const signal = words.find((word) => word.startsWith('@'));
    const time = words.find((word) => word.endsWith('ms'));
    const [first = '', second = '', third = ''] = words;
    if (first === 'free') this.#holds.get(second)!.release();
    else if (first === 'down') this.#downgrade(this.#holds.get(second) as WriteHold);
    else if (first === 'hand') this.#holds.set(third, this.#holds.get(second)!.handOff('elsewhere').accept());
    else if (first === 'end') this.#ends.get(second)!();
    else if (first === 'fail') this.#ends.get(second)!(new Stop(second));
    else if (first === 'abort') this.#signal(signal!).abort(new Stop(signal));
    else if (first === 'pass') vi.advanceTimersByTime(Number.parseInt(time!, 10));
    else if (first === 'try') this.#try(second as Ask, third);
    else {
      const options: AcquireOptions = {};
      if (signal !== undefined) options.signal = this.#signal(signal).signal;
      if (time !== undefined) options.timeoutMs = Number.parseInt(time, 10);
      const given: [AcquireOptions?] = signal === undefined && time === undefined ? [] : [options];
      if (first === 'run') this.#run(second as Ask, third, given);
      else if (first === 'throw') this.#throw(second as Ask, third, given);
      else if (first === 'look') this.#wait(third, this.#subject.waitForUnlock(second as Ask, ...given));
      else if (first === 'flush') this.#wait(second, this.#subject.waitForQueue!(...given));
      else this.#acquire(first as Ask, second, given);
    }
  }

  /** What happened since the last turn. */
  async turn(): Promise<string> {
    await turn();
    const log = [...this.#grants, ...this.#others.sort()].join(' ');
    this.#grants = [];
    this.#others = [];
    return log;
  }

  /** Ends whatever holds the lock, once. */
  release(): boolean {
    let hasReleased = false;
    for (const [name, end] of this.#ends) {
      this.#ends.delete(name);
      end();
      hasReleased = true;
    }
    for (const hold of this.#holds.values()) {
      if (!hold.isOpen) continue;
      hold.release();
      hasReleased = true;
    }
    return hasReleased;
  }

  #signal(name: string): AbortController {
    let controller = this.#signals.get(name);
    if (controller === undefined) this.#signals.set(name, (controller = new AbortController()));
    return controller;
  }

  #settle(name: string, promise: Promise<unknown>): void {
    this.#open.add(name);
    const note = (mark: string): void => {
      this.#open.delete(name);
      this.#others.push(name + mark);
    };
    promise.then(
      () => note('.'),
      (error: unknown) => note(isExpected(error) ? '!' : ` threw ${String(error)}`),
    );
  }

  #acquire(ask: Ask, name: string, given: [AcquireOptions?]): void {
    this.#open.add(name);
    this.#subject.acquire(ask, ...given).then(
      (hold) => {
        this.#open.delete(name);
        this.#grant(name, hold);
      },
      (error: unknown) => {
        this.#open.delete(name);
        this.#others.push(name + (isExpected(error) ? '!' : ` threw ${String(error)}`));
      },
    );
  }

  #try(ask: Ask, name: string): void {
    const hold = this.#subject.tryAcquire(ask);
    this.#others.push(name + (hold === undefined ? '-' : '+'));
    if (hold === undefined) return;
    this.#holds.set(name, hold);
    this.acquisitions++;
  }

  #wait(name: string, wait: Promise<void>): void {
    const count = (): void => void this.acquisitions++;
    this.#settle(name, wait.then(count));
  }

  #downgrade(hold: WriteHold): void {
    if (hold.isOpen && !this.#downgraded.has(hold)) this.acquisitions++;
    this.#downgraded.add(hold);
    hold.downgrade();
  }

  #run(ask: Ask, name: string, given: [AcquireOptions?]): void {
    const wait = (hold: Hold): Promise<void> => {
      this.#grant(name, hold);
      return new Promise((resolve, reject) => {
        this.#ends.set(name, (error) => (error === undefined ? resolve() : reject(error)));
      });
    };
    this.#settle(name, this.#subject.run(ask, wait, ...given));
  }

  #throw(ask: Ask, name: string, given: [AcquireOptions?]): void {
    const fail = (hold: Hold): never => {
      this.#grant(name, hold);
      throw new Stop(name);
    };
    this.#settle(name, this.#subject.run(ask, fail, ...given));
  }

  #grant(name: string, hold: Hold): void {
    this.#grants.push(name);
    this.#holds.set(name, hold);
    this.acquisitions++;
  }
}

function isExpected(error: unknown): boolean {
  return error instanceof Stop || (error as { code?: unknown }).code === 'ERR_LOCK_TIMEOUT';
}

/** Plays `script` on a new lock; then releases everything until nothing is left to release. */
export async function play(kind: Kind, validator: Validator, script: string): Promise<Outcome> {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    const subject = kind.create(validator);
    const player = new Player(subject);
    const log: string[] = [];
    for (const steps of script.split(',')) {
      if (steps.trim() === '') continue;
      for (const step of steps.split('+')) player.step(step);
      log.push((await player.turn()) || '-');
    }
    const bad = badReleases(validator);
    while (player.release()) await player.turn();
    // A lock that is off counts nothing.
    const seen = validator.snapshot().classes.find(({ kind }) => kind !== 'executor')?.acquisitions;
    const misjudged = {
      acquisitions: seen === undefined ? 0 : seen - player.acquisitions,
      isOpen: validator.engine.newest !== null,
    };
    const isFree = subject.tryAcquire(kind.whole) !== undefined;
    return { log: log.join(', '), bad, lost: player.unsettled, isFree, misjudged };
  } finally {
    vi.useRealTimers();
  }
}
