/** What may be said to a test-runner plug-in. */
import type { LevelOptions } from '../../validator/levels.ts';
import type { FindingCode } from '../../validator/snapshot-format.ts';

/** What a finding does: nothing, be told at the end of the run, or fail the test that completed it. */
export type { Level } from '../../validator/levels.ts';

/** In which options stand for runners that are switched on by one word; in the working directory. */
export const OPTIONS_FILE = 'lockdep.config.json';

/** Findings that do nothing. `*` stands for anything; what is left out fits all. */
export interface AllowEntry {
  /** A class of the chain. */
  class?: string;
  code?: FindingCode;
  /** Part of `file > suite > name` of the test that completed it, or of one that made an edge of it. */
  test?: string;
  /** For whoever reads the list. */
  reason?: string;
}

export interface RunnerOptions {
  /** As `validator.setLevels` takes them. An error fails the test, a warning is told, a note does nothing. */
  levels?: LevelOptions;
  allow?: readonly AllowEntry[];
  /** A baseline, as `lockdep report --update-baseline` writes it: what it has does not fail. */
  baseline?: string;
  /** Reports of the whole run, by format: a file to write, or `true` for the terminal. */
  output?: Readonly<Record<string, string | true>>;
}
