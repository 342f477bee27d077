/**
 * What a process prints and saves for its validator: each new finding as it comes, a hang once it has
 * stood for a second, and a snapshot at the end. Everything here runs inside somebody else's program:
 * whatever goes wrong is told in one line, once, and goes no further.
 */
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import path from 'node:path';
import { setInterval } from 'node:timers';
import { isMainThread } from 'node:worker_threads';
import { watchProcessEnd } from './cli/process-end.ts';
import type * as ProcessOutput from './cli/process-output.ts';
import type { Recording } from './trace/record.ts';
import type * as Statistics from './live/statistics.ts';
import type { LiveState } from './validator/live-state.ts';
import type * as TraceFile from './trace/trace-file.ts';
import type { Severity, Snapshot, SnapshotFinding } from './validator/snapshot-format.ts';
import type { Validator } from './validator/validator.ts';

/**
 * What is asked of a validator. A finding's `edges` are indices into the snapshot that comes with it. What is
 * open is published by `checkOpen` alone: at once when the loop has drained, else when it stood at the check
 * before too, and for `standingMs` by now.
 */
export interface WatchedValidator {
  readonly policy: 'off' | 'collect' | 'warn' | 'error';
  readonly findings: readonly { severity: Severity }[];
  snapshot: () => Snapshot;
  onFinding: (listener: (finding: SnapshotFinding, snapshot: () => Snapshot) => void) => () => void;
  checkOpen: (options: { isDrained: boolean; standingMs?: number }) => void;
  /** Called once, at the end. */
  reportHeldAtEnd?: () => void;
  dumpState?: () => LiveState;
  onStall?: (listener: (state: LiveState) => void, options: { stallMs: number }) => () => void;
}

export interface InstallOptions {
  /** Where the settings are; `LOCKDEP_RUN_…` are taken out, since they are meant for one process. */
  env?: Record<string, string | undefined>;
  /** Whether a signal prints what is held and waits, though none is named. Default false. */
  answersSignal?: boolean;
}

/** Twice in the second for which a hang must stand, so that it is told within two. */
const CHECK_MS = 500;
const STANDING_MS = 950;
const DUMP_SIGNAL = 'SIGUSR2';
const STOPPING: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM'];

// Taken at load: the program may patch it later.
const { kill } = process;
const require = createRequire(import.meta.url);

/** Loaded when something is printed or saved, and at once: at `exit` there is no later. */
function loadOutput(): typeof ProcessOutput {
  return require(import.meta.url.endsWith('.ts') ? './cli/process-output.ts' : './cli/process-output.js');
}

/** Loaded by those few who record. */
function loadTrace(): typeof TraceFile {
  return require(import.meta.url.endsWith('.ts') ? './trace/trace-file.ts' : './trace/trace-file.js');
}

/** Loaded by those few who want statistics. */
function loadStatistics(): typeof Statistics {
  return require(import.meta.url.endsWith('.ts') ? './live/statistics.ts' : './live/statistics.js');
}

/** Nobody can be told that stderr is broken. */
function print(text: string): void {
  try {
    process.stderr.write(text);
  } catch {}
}

function warn(text: string): void {
  process.emitWarning(text, { code: 'LOCKDEP_ENV' });
}

/** A time from the environment, if there is one. */
function readMs(name: string, env: Record<string, string | undefined>): number | undefined {
  const text = env[name];
  if (text === undefined || text === '') return undefined;
  const ms = Number(text);
  if (Number.isSafeInteger(ms) && ms >= 1) return ms;
  warn(
    `Expected \`${name}\` to be milliseconds, an integer ≥ 1, got ${JSON.stringify(text)}; it is ignored.`,
  );
  return undefined;
}

class ProcessConsole {
  readonly #validator: WatchedValidator;
  readonly #folder: string = process.cwd();
  readonly #savesTo: string[];
  readonly #isRun: boolean;
  readonly #tracesTo: string | undefined;
  readonly #wantsStatistics: boolean;
  readonly #stallMs: number | undefined;
  readonly #signal: string | undefined;
  #recording: Recording | undefined;
  readonly #printed = new Set<string>();
  /** Under `lockdep run`: found since the last check, and printed by the next, if there is one. */
  readonly #hanging: [SnapshotFinding, Snapshot][] = [];
  #isChecking = false;
  #hasFaulted = false;

  constructor(validator: WatchedValidator, env: Record<string, string | undefined>, answersSignal: boolean) {
    this.#validator = validator;
    const own: typeof env = isMainThread ? env : {};
    const {
      LOCKDEP_RUN_SNAPSHOT: runFile,
      LOCKDEP_SNAPSHOT: file,
      LOCKDEP_RUN_TRACE: trace,
      LOCKDEP_RUN_STAT: stat,
    } = own;
    this.#tracesTo = trace;
    this.#isRun = Boolean(runFile);
    this.#wantsStatistics = Boolean(stat);
    this.#stallMs = readMs('LOCKDEP_STALL_MS', env);
    const { LOCKDEP_SIGNAL: signal = answersSignal ? DUMP_SIGNAL : 'off' } = env;
    this.#signal = signal === 'off' || signal === '' || !isMainThread ? undefined : signal;
    const files = [runFile, file?.replaceAll('%p', String(process.pid))];
    this.#savesTo = files.flatMap((each) => (each ? [path.resolve(each)] : []));
  }

  start(): void {
    const { policy } = this.#validator;
    const file = this.#tracesTo;
    if (file)
      this.#recording = this.#guard(() => loadTrace().recordToFile(this.#validator as Validator, file));
    if (this.#wantsStatistics)
      this.#guard(() => loadStatistics().collectStatistics(this.#validator as Validator));
    watchProcessEnd({
      onDrained: () => {
        this.#guard(() => this.#recording?.markDrained());
        this.#guard(() => this.#validator.checkOpen({ isDrained: true }));
      },
      onEnd: (code) => this.#onEnd(code),
    });
    if (policy !== 'collect') {
      this.#validator.onFinding((finding, snapshot) => this.#guard(() => this.#onFinding(finding, snapshot)));
    }
    setInterval(() => this.#checkOpen(), CHECK_MS).unref();
    this.#watchStalls();
    if (this.#isRun) for (const signal of STOPPING) this.#saveBefore(signal);
  }

  #watchStalls(): void {
    const stallMs = this.#stallMs;
    const tell = (state: LiveState): void =>
      this.#printState(state, `a request has waited for ${stallMs} ms`);
    if (stallMs !== undefined) this.#guard(() => this.#validator.onStall?.(tell, { stallMs }));
    const signal = this.#signal;
    if (signal === undefined) return;
    const answer = (): void => {
      const state = this.#guard(() => this.#validator.dumpState?.());
      if (state !== undefined) this.#printState(state, signal);
    };
    try {
      if (!Object.hasOwn(constants.signals, signal)) throw new TypeError(signal);
      process.on(signal, answer);
    } catch {
      warn(
        `Expected \`LOCKDEP_SIGNAL\` to be a signal or 'off', got ${JSON.stringify(signal)}; it is ignored.`,
      );
    }
  }

  #printState(state: LiveState, why: string): void {
    this.#guard(() =>
      print(`lockdep (${why}): ${loadOutput().formatStateForTerminal(state, this.#folder)}\n`),
    );
  }

  /** Under `lockdep run` the report comes at the end, but a program that hangs may have none. */
  #onFinding(finding: SnapshotFinding, getSnapshot: () => Snapshot): void {
    if (!this.#isRun || this.#isChecking) this.#print(finding, getSnapshot());
    else if (finding.code === 'live-deadlock') this.#hanging.push([finding, getSnapshot()]);
  }

  #checkOpen(): void {
    this.#isChecking = true;
    this.#guard(() => this.#validator.checkOpen({ isDrained: false, standingMs: STANDING_MS }));
    this.#isChecking = false;
    for (const [finding, snapshot] of this.#hanging.splice(0))
      this.#guard(() => this.#print(finding, snapshot));
  }

  #print(finding: SnapshotFinding, snapshot: Snapshot): void {
    const key = `${finding.certainty} ${finding.fingerprint}`;
    if (this.#printed.has(key)) return;
    this.#printed.add(key);
    // That the classes may hang so adds nothing where their locks do.
    const chain = finding.chain.join('\u0000');
    if (finding.code === 'live-deadlock') this.#printed.add(chain);
    else if (finding.severity === 'warning' && finding.chain.length > 1 && this.#printed.has(chain)) return;
    // Without the rest of the report, its first line still stands alone.
    const text =
      this.#guard(() => loadOutput().formatForTerminal(finding, snapshot, this.#folder)) ?? finding.message;
    print(`${text}\n\n`);
  }

  #onEnd(code: number): void {
    this.#guard(() => this.#recording?.stop());
    this.#guard(() => this.#validator.reportHeldAtEnd?.());
    this.#guard(() => this.#save());
    if (this.#isRun || this.#validator.policy !== 'error' || (process.exitCode ?? code) !== 0) return;
    const hasError = this.#guard(() => this.#validator.findings.some(({ severity }) => severity === 'error'));
    if (hasError === true) process.exitCode = 1;
  }

  #save(): void {
    if (this.#savesTo.length === 0) return;
    const snapshot = this.#validator.snapshot();
    for (const file of this.#savesTo) this.#guard(() => loadOutput().saveSnapshot(file, snapshot));
  }

  /** A signal that nobody else listens to still ends the process, and as if nobody did. */
  #saveBefore(signal: NodeJS.Signals): void {
    const listener = (): void => {
      if (process.listenerCount(signal) > 1) return;
      this.#guard(() => this.#recording?.stop());
      this.#guard(() => this.#save());
      process.off(signal, listener);
      kill.call(process, process.pid, signal);
    };
    process.on(signal, listener);
  }

  #guard<T>(fn: () => T): T | undefined {
    try {
      return fn();
    } catch (error) {
      if (this.#hasFaulted) return undefined;
      this.#hasFaulted = true;
      const [firstLine] = String(error).split('\n');
      print(`lockdep: Internal fault, the program goes on: ${firstLine}\n`);
      return undefined;
    }
  }
}

/** Shared by two copies of this package in one process, which share the validator too. */
const INSTALLED = Symbol.for('lockdep.console');
type Registry = typeof globalThis & { [INSTALLED]?: WeakSet<WatchedValidator> };

/** Keeps `install` from doing anything: somebody else, such as a test runner, prints and saves what is found. */
export function leaveToOthers(validator: WatchedValidator): void {
  ((globalThis as Registry)[INSTALLED] ??= new WeakSet()).add(validator);
}

/** Prints and saves what a validator finds, for as long as the process lives. Once a validator is enough. */
export function install(
  validator: WatchedValidator,
  { env = process.env, answersSignal = false }: InstallOptions = {},
): void {
  const registry = globalThis as Registry;
  const installed = (registry[INSTALLED] ??= new WeakSet());
  if (installed.has(validator)) return;
  installed.add(validator);
  if (validator.policy !== 'off') new ProcessConsole(validator, env, answersSignal).start();
  // A child process that inherits the environment must not overwrite what this one saves.
  if (isMainThread) {
    delete env['LOCKDEP_RUN_SNAPSHOT'];
    delete env['LOCKDEP_RUN_TRACE'];
    delete env['LOCKDEP_RUN_STAT'];
  }
}
