/** A run as the process sees it that starts it: opened before the first test, ended after the last. */
import { type Baseline, readBaseline } from '../../cli/baseline.ts';
import { checkRunnerOptions, readOptionsFile } from './check-options.ts';
import type { RunnerOptions } from './options.ts';
import type { RunRules } from './rules.ts';
import { type RunEnd, endRun } from './run-end.ts';
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
    const options = { ...readOptionsFile(process.cwd()), ...checkRunnerOptions(given) };
    const { levels, allow, baseline } = options;
    this.#options = snapshot ? { ...options, output: { ...options.output, json: snapshot } } : options;
    this.#baseline = baseline === undefined ? undefined : readBaseline(baseline, { mayBeMissing: false });
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
    if (results.length === 0) return { isFailing: false, text: '', shown: [] };
    const shown = this.#isShared ? readShown(this.#folder) : [];
    const end = endRun(results, {
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
