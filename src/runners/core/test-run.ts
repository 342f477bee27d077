/**
 * A run as the process sees it that starts it: opened before the first test, ended after the last.
 *
 * Under `node:test` that is every process, and most suites have neither options nor findings. So what is needed for
 * those alone is loaded when there are some, and at once, since a process that ends cannot wait.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { Baseline } from '../../cli/baseline.ts';
import type * as CheckOptions from './check-options.ts';
import { OPTIONS_FILE, type RunnerOptions } from './options.ts';
import { isQuiet } from './quiet.ts';
import type { RunRules } from './rules.ts';
import type * as RunEnds from './run-end.ts';
import type { RunEnd } from './run-end.ts';
import {
  clearResults,
  openRunFolder,
  openSiblingFolder,
  readResults,
  readShown,
  removeAbandoned,
  removeRunFolder,
  saveShown,
  withFolderLocked,
} from './run-folder.ts';

const require = createRequire(import.meta.url);
const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';

function loadCheckOptions(): typeof CheckOptions {
  return require(`./check-options.${extension}`) as typeof CheckOptions;
}

function loadRunEnd(): typeof RunEnds {
  return require(`./run-end.${extension}`) as typeof RunEnds;
}

function isEmpty(value: unknown): boolean {
  return Object.getPrototypeOf(value ?? 0) === Object.prototype && Object.keys(value as object).length === 0;
}

/**
 * Checks what a plug-in was given.
 * @throws LockdepError `ERR_INVALID_ARGUMENT` for bad options.
 */
export function checkGiven(given: RunnerOptions): RunnerOptions {
  return isEmpty(given) ? given : loadCheckOptions().checkRunnerOptions(given);
}

/** `lockdep.config.json` of the working directory. */
function readFileOptions(): RunnerOptions {
  const folder = process.cwd();
  return existsSync(path.join(folder, OPTIONS_FILE)) ? loadCheckOptions().readOptionsFile(folder) : {};
}

/** Whether watching is off, as for `lockdep` itself. */
export function isSwitchedOff(env: Readonly<Record<string, string | undefined>> = process.env): boolean {
  return env['LOCKDEP'] === 'off';
}

/** A parent that starts all processes of a run, and is none of ours. */
export interface ForeignParent {
  pid: number;
  /** Tells it from other processes that had its number. */
  key: string;
}

const NOTHING: RunEnd = { isFailing: false, text: '', shown: [] };

export class TestRun {
  readonly #options: RunnerOptions;
  readonly #baseline: Baseline | undefined;
  readonly #folder: string;
  readonly #isShared: boolean;

  /**
   * Opens a run. `given` says more than the options file of the working directory. With a foreign parent it
   * is ended by each of its processes, which share what they know.
   * @throws LockdepError `ERR_INVALID_ARGUMENT` for bad options; `UsageError` for a bad baseline.
   */
  constructor(given: RunnerOptions = {}, parent?: ForeignParent) {
    const { LOCKDEP_SNAPSHOT: snapshot, LOCKDEP: policy } = process.env;
    const options = { ...readFileOptions(), ...checkGiven(given) };
    const { levels, allow, baseline } = options;
    this.#options = snapshot ? { ...options, output: { ...options.output, json: snapshot } } : options;
    this.#baseline =
      baseline === undefined ? undefined : loadRunEnd().readBaseline(baseline, { mayBeMissing: false });
    const known = this.#baseline?.entries.map(({ fingerprint, reason }) => [fingerprint, reason] as const);
    const rules: RunRules = {
      ...(levels === undefined ? {} : { levels }),
      ...(allow === undefined ? {} : { allow }),
      ...(known === undefined ? {} : { known: Object.fromEntries(known) }),
      ...(policy === 'warn' ? { isWarnOnly: true } : {}),
    };
    this.#rules = rules;
    this.#isShared = parent !== undefined;
    this.#folder =
      parent === undefined ? openRunFolder(rules) : openSiblingFolder(parent.pid, parent.key, rules);
  }

  readonly #rules: RunRules;

  /** Ends the run, or one of a watch; prints what no test has said. */
  end(): RunEnd {
    return this.#isShared ? withFolderLocked(this.#folder, () => this.#end()) : this.#end();
  }

  #end(): RunEnd {
    const results = readResults(this.#folder);
    if (results.length === 0) return NOTHING;
    const shown = this.#isShared ? readShown(this.#folder) : [];
    const { output = {} } = this.#options;
    const hasNothingToSay = this.#baseline === undefined && isEmpty(output) && isQuiet(results);
    const end = hasNothingToSay
      ? NOTHING
      : loadRunEnd().endRun(results, {
          options: this.#options,
          rules: this.#rules,
          baseline: this.#baseline,
          shown,
        });
    if (this.#isShared) saveShown(this.#folder, [...shown, ...end.shown]);
    else clearResults(this.#folder);
    if (end.text !== '') process.stderr.write(end.text);
    return end;
  }

  /** Takes away what is left of the run, as far as nobody else needs it. */
  close(): void {
    if (this.#isShared) removeAbandoned();
    else removeRunFolder(this.#folder);
  }
}

const KEY = Symbol.for('lockdep.run');
type Holder = typeof globalThis & { [KEY]?: TestRun };

/** Opens the run of this process, unless it is open: projects of one workspace are one run, by the first one's options. */
export function openSharedRun(options: RunnerOptions = {}): TestRun {
  const holder = globalThis as Holder;
  if (holder[KEY] === undefined) {
    const run = new TestRun(options);
    holder[KEY] = run;
    process.on('exit', () => run.close());
  }
  return holder[KEY];
}

/** The run that was opened in this process, maybe by another copy of this module. */
export function findSharedRun(): TestRun | undefined {
  return (globalThis as Holder)[KEY];
}
