/**
 * What a process prints and saves for its validator: each new finding as it comes, a hang once it has
 * stood for a second, and a snapshot at the end. Everything here runs inside somebody else's program:
 * whatever goes wrong is told in one line, once, and goes no further.
 */
import { createRequire } from 'node:module';
import path from 'node:path';
import { setInterval } from 'node:timers';
import { isMainThread } from 'node:worker_threads';
import { watchProcessEnd } from './cli/process-end.ts';
import type * as ProcessOutput from './cli/process-output.ts';
import type { Recording } from './trace/record.ts';
import type * as TraceFile from './trace/trace-file.ts';
import type { Severity, Snapshot, SnapshotFinding } from './validator/snapshot-format.ts';
import type { Validator } from './validator/validator.ts';

/**
 * What is asked of a validator. A finding's `edges` are indices into the snapshot that comes with it. What is
 * open is published by `checkOpen` alone: at once when the loop has drained, else when it stood at the check
 * before too.
 */
export interface WatchedValidator {
  readonly policy: 'off' | 'collect' | 'warn' | 'error';
  readonly findings: readonly { severity: Severity }[];
  snapshot: () => Snapshot;
  onFinding: (listener: (finding: SnapshotFinding, snapshot: () => Snapshot) => void) => () => void;
  checkOpen: (options: { isDrained: boolean }) => void;
  /** Called once, at the end. */
  reportHeldAtEnd?: () => void;
}

export interface InstallOptions {
  /** Where the settings are; `LOCKDEP_RUN_…` are taken out, since they are meant for one process. */
  env?: Record<string, string | undefined>;
}

const CHECK_MS = 1000;
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

/** Nobody can be told that stderr is broken. */
function print(text: string): void {
  try {
    process.stderr.write(text);
  } catch {}
}

class ProcessConsole {
  readonly #validator: WatchedValidator;
  readonly #folder: string = process.cwd();
  readonly #savesTo: string[];
  readonly #isRun: boolean;
  readonly #tracesTo: string | undefined;
  #recording: Recording | undefined;
  readonly #printed = new Set<string>();
  #isChecking = false;
  #hasFaulted = false;

  constructor(validator: WatchedValidator, env: Record<string, string | undefined>) {
    this.#validator = validator;
    const own: typeof env = isMainThread ? env : {};
    const { LOCKDEP_RUN_SNAPSHOT: runFile, LOCKDEP_SNAPSHOT: file, LOCKDEP_RUN_TRACE: trace } = own;
    this.#tracesTo = trace;
    this.#isRun = Boolean(runFile);
    const files = [runFile, file?.replaceAll('%p', String(process.pid))];
    this.#savesTo = files.flatMap((each) => (each ? [path.resolve(each)] : []));
  }

  start(): void {
    const { policy } = this.#validator;
    const file = this.#tracesTo;
    if (file)
      this.#recording = this.#guard(() => loadTrace().recordToFile(this.#validator as Validator, file));
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
    if (this.#isRun) for (const signal of STOPPING) this.#saveBefore(signal);
  }

  /** Under `lockdep run` the report comes at the end, but a program that hangs may have none. */
  #onFinding(finding: SnapshotFinding, getSnapshot: () => Snapshot): void {
    if (!this.#isRun || this.#isChecking) this.#print(finding, getSnapshot());
  }

  #checkOpen(): void {
    this.#isChecking = true;
    this.#guard(() => this.#validator.checkOpen({ isDrained: false }));
    this.#isChecking = false;
  }

  #print(finding: SnapshotFinding, snapshot: Snapshot): void {
    const key = `${finding.certainty} ${finding.fingerprint}`;
    if (this.#printed.has(key)) return;
    this.#printed.add(key);
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

/** Prints and saves what a validator finds, for as long as the process lives. Once a validator is enough. */
export function install(validator: WatchedValidator, { env = process.env }: InstallOptions = {}): void {
  const registry = globalThis as Registry;
  const installed = (registry[INSTALLED] ??= new WeakSet());
  if (installed.has(validator)) return;
  installed.add(validator);
  if (validator.policy !== 'off') new ProcessConsole(validator, env).start();
  // A child process that inherits the environment must not overwrite what this one saves.
  if (isMainThread) {
    delete env['LOCKDEP_RUN_SNAPSHOT'];
    delete env['LOCKDEP_RUN_TRACE'];
  }
}
