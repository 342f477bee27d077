/**
 * Records what a validator is told, as a trace: the events of a live run, with what lies behind each.
 *
 * A task of the trace is a synchronous run of the program with one clock, named `run.part`; it begins by
 * joining what that clock has. Each grant is a task of its own, named by the number of its request, so that
 * it can be joined: whole, where a clock goes on from just there, or alone, where only the grant came along.
 */
import type { Clock, ClockEntry } from '../causality/clock.ts';
import { Borrowed, type Grant, borrowing } from '../causality/grant.ts';
import { RECURSIVE, SHARED, type LockClass, TRY_SHARED } from '../validator/lock-class.ts';
import type { EngineObserver } from '../validator/engine.ts';
import type { Obligation } from '../validator/obligation.ts';
import { placeOf } from '../validator/source-position.ts';
import type { FindingCode } from '../validator/snapshot-format.ts';
import { type RawStack, readStack } from '../validator/stack-trace.ts';
import type { Validator } from '../validator/validator.ts';
import { addObserver, removeObserver } from '../validator/observers.ts';
import { PLAIN_NAME } from './scanner.ts';

/** A trace that is being recorded. */
export interface Recording {
  /** The event loop is empty: whatever waits now waits for ever. */
  markDrained(): void;
  stop(): void;
}

/** Starts recording; `write` gets whole lines. What happened before is not in it. */
export function recordTrace(validator: Validator, write: (lines: string) => void): Recording {
  const { engine } = validator;
  write('#! recorded\n');
  const recorder = new Recorder(validator, write);
  addObserver(engine, recorder);
  return {
    markDrained: () => write('#! drained\n'),
    stop: () => removeObserver(engine, recorder),
  };
}

/** A place that was not taken; reading it leaves the place open. */
export const UNKNOWN_PLACE = '?';

class Recorder implements EngineObserver {
  readonly #validator: Validator;
  readonly #write: (lines: string) => void;
  /** Numbers of requests; never kept by a number alone, since requests come and go. */
  readonly #ids = new WeakMap<Grant, number>();
  /** The task that has just this clock. */
  readonly #tasks = new WeakMap<ClockEntry, string>();
  readonly #names = new Map<LockClass, string>();
  readonly #taken = new Set<string>();
  #lastId = 0;
  #run = -1;
  #clock: Clock | undefined;
  #runs = 0;
  #parts = 0;
  #task = '';

  constructor(validator: Validator, write: (lines: string) => void) {
    this.#validator = validator;
    this.#write = write;
  }

  asked(asked: Obligation): void {
    if (asked.lockClass.kind === 'flow') return;
    const id = ++this.#lastId;
    this.#ids.set(asked, id);
    const { key, isBreakable } = asked;
    const mode = key.code & 3;
    const isShared = mode === SHARED || key.code === TRY_SHARED;
    const words = [
      isShared ? ', shared' : mode === RECURSIVE ? ', recursive' : '',
      key.isWait ? ', wait' : '',
      key.isTry ? ', try' : '',
      isBreakable ? ', timed' : '',
    ];
    this.#event(this.#taskNow(asked.clock), `req(${this.#lockOf(asked)}${words.join('')}, of=${id})`, asked);
  }

  armed(armed: Obligation, since: Obligation | null): void {
    const id = ++this.#lastId;
    this.#ids.set(armed, id);
    const before = since === null ? undefined : this.#ids.get(since);
    const words = [
      armed.rare?.isRenewed === true ? ', renewed' : '',
      before === undefined ? '' : `, since=${before}`,
    ];
    this.#event(this.#taskNow(armed.clock), `arm(${this.#lockOf(armed)}${words.join('')}, of=${id})`, armed);
  }

  granted(granted: Obligation, clock: ClockEntry): void {
    const id = this.#ids.get(granted);
    if (id === undefined) return;
    this.#tasks.set(clock, String(id));
    this.#event(String(id), `acq(${this.#lockOf(granted)}, of=${id})`);
  }

  cancelled(given: Obligation, clock: ClockEntry): void {
    const id = this.#ids.get(given);
    if (id === undefined) return;
    this.#tasks.set(clock, String(id));
    this.#event(String(id), `cancel(${this.#lockOf(given)}, of=${id})`);
  }

  discharged(open: Obligation): void {
    const id = this.#ids.get(open);
    if (id === undefined) return;
    const task = this.#taskNow(this.#validator.engine.tracker.reached(open));
    this.#event(task, `rel(${this.#lockOf(open)}, of=${id})`);
  }

  handedOver(obligation: Obligation, job: Obligation): void {
    const [id, jobId] = [this.#ids.get(obligation), this.#ids.get(job)];
    if (id === undefined || jobId === undefined) return;
    const to = this.#nameOf(job.lockClass);
    const words = `handoff(${this.#lockOf(obligation)}, ${to}, of=${id}, job=${jobId})`;
    this.#line(this.#task, words, obligation.rare?.handedAt ?? []);
  }

  misused(code: FindingCode, lockClass: LockClass, stack: RawStack): void {
    const event = code === 'bad-release' ? 'rel' : code === 'not-held' ? 'assert' : undefined;
    if (event === undefined) return;
    const task = this.#taskNow(this.#validator.engine.tracker.asked());
    this.#line(task, `${event}(${this.#nameOf(lockClass)})`, stack);
  }

  #event(task: string, event: string, at?: Obligation): void {
    this.#line(task, event, at?.stack === undefined ? [] : readStack(at.stack));
  }

  #line(task: string, event: string, [top]: RawStack): void {
    this.#write(`${task}|${event}|${top === undefined ? UNKNOWN_PLACE : placeOf(top)}\n`);
  }

  /** The task for what runs now with `clock` behind it; a new one begins with what lies behind it. */
  #taskNow(clock: Clock): string {
    const run = this.#validator.engine.tracker.currentRun();
    if (run === this.#run && clock === this.#clock) return this.#task;
    if (run !== this.#run) {
      this.#run = run;
      this.#runs++;
      this.#parts = 0;
    }
    this.#clock = clock;
    this.#task = `${this.#runs}.${++this.#parts}`;
    for (let entry = clock; entry !== null; entry = entry.prev) {
      const known = this.#tasks.get(entry);
      if (known !== undefined) {
        this.#event(this.#task, `join(${known})`);
        break;
      }
      const { grant } = entry;
      const id = this.#ids.get(grant.origin ?? grant);
      // A request that was breakable itself comes along as it is.
      const timed = grant.origin === undefined ? '' : ', timed';
      const ungated = grant.isUngated ? ', ungated' : '';
      if (id !== undefined) this.#event(this.#task, `join(${id}, alone${timed}${ungated})`);
    }
    if (clock !== null) {
      if (borrowing.hasBegun) this.#listBorrowed(clock);
      this.#tasks.set(clock, this.#task);
    }
    return this.#task;
  }

  #listBorrowed(clock: ClockEntry): void {
    for (let cell = clock.opens; cell !== null; cell = cell.under) {
      const id = cell instanceof Borrowed ? this.#ids.get(cell.grant) : undefined;
      if (id !== undefined) this.#event(this.#task, `join(${id}, borrowed)`);
    }
  }

  #lockOf({ lockClass, instance }: Obligation): string {
    const name = this.#nameOf(lockClass);
    return instance === 0 ? name : `${name}#${instance}`;
  }

  /** Declares the class when it is first heard of. Two of one name are told apart. */
  #nameOf(lockClass: LockClass): string {
    const known = this.#names.get(lockClass);
    if (known !== undefined) return known;
    const plain = this.#validator.nameOf(lockClass);
    let unique = plain;
    for (let i = 2; this.#taken.has(unique); i++) unique = `${plain}~${i}`;
    this.#taken.add(unique);
    const name = PLAIN_NAME.test(unique) ? unique : JSON.stringify(unique);
    this.#names.set(lockClass, name);
    const { kind, permits, isFair, isSerial, isExempt, options } = lockClass;
    const words = [
      `kind=${kind}`,
      permits > 1 && Number.isFinite(permits) ? ` permits=${permits}` : '',
      isFair ? ' fair' : '',
      kind === 'executor' && !isSerial ? ' serial=false' : '',
      isExempt ? ' exempt' : '',
      options.sameClass === 'instances' ? ' sameClass=instances' : '',
    ];
    this.#write(`#! class ${name} ${words.join('')}\n`);
    return name;
  }
}
