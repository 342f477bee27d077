import type { FailOn } from '../report/failing.ts';
import { RENDERERS } from '../report/formats.ts';
import { LockdepError } from '../validator/errors.ts';
import { type LevelOptions, parseLevel } from '../validator/levels.ts';
import { listAlternatives } from './alternatives.ts';
import { readBaseline } from './baseline.ts';
import type { OptionTable, ParsedOptions } from './options.ts';
import { type BaselineOptions, type ReportOptions, checkWritable } from './output.ts';
import { formatSuggestion } from '../validator/suggest.ts';
import { UsageError } from './usage-error.ts';

const FAIL_ON: readonly FailOn[] = ['error', 'warning', 'never'];

/** Which findings fail. */
export const FAIL_ON_OPTION: OptionTable = {
  'fail-on': {
    value: 'LEVEL',
    help: 'exit 1 at a finding this grave: error, warning or never (default error)',
  },
};

/** The options of every command that renders. */
export const COMMON_OPTIONS: OptionTable = {
  format: {
    value: 'FORMAT',
    help: `how to render: ${listAlternatives([...RENDERERS.keys()])} (default text)`,
  },
  output: { value: 'FILE', short: 'o', help: 'write the report to FILE' },
  ...FAIL_ON_OPTION,
  level: {
    value: 'CODE=LEVEL',
    isRepeatable: true,
    help: 'how grave findings of a code are: off, warn or error; may be given several times',
  },
  baseline: { value: 'FILE', help: 'findings that FILE knows do not fail' },
  'update-baseline': { help: 'write to the baseline what is found, and exit 0' },
  reason: { value: 'TEXT', help: 'why what has no reason in the baseline may stay' },
};

function parseFormat(format: string): string {
  const known = [...RENDERERS.keys()];
  if (known.includes(format)) return format;
  throw new UsageError(
    `Expected --format to be ${listAlternatives(known)}, got "${format}"${formatSuggestion(format, known)}`,
  );
}

/** Parses the value of `--fail-on`. Throws `UsageError`. */
export function parseFailOn(text: string): FailOn {
  const level = FAIL_ON.find((candidate) => candidate === text);
  if (level === undefined) {
    throw new UsageError(
      `Expected --fail-on to be error, warning or never, got "${text}"${formatSuggestion(text, FAIL_ON)}`,
    );
  }
  return level;
}

/** Parses the values of `--level`; of two for one code the later counts. Throws `UsageError`. */
export function parseLevels({ lists }: ParsedOptions): LevelOptions {
  try {
    return Object.fromEntries((lists.get('level') ?? []).map((text) => parseLevel(text, '--level')));
  } catch (error) {
    throw error instanceof LockdepError ? new UsageError(error.message) : error;
  }
}

function parseBaselineOptions(values: ParsedOptions['values']): BaselineOptions | undefined {
  const file = values.get('baseline');
  const isUpdate = values.has('update-baseline');
  const reason = values.get('reason');
  if (isUpdate && file === undefined)
    throw new UsageError('Expected --baseline FILE with --update-baseline, got none');
  if (reason !== undefined && !isUpdate)
    throw new UsageError('Expected --update-baseline with --reason, got none');
  if (file === undefined) return undefined;
  const baseline = readBaseline(file, { mayBeMissing: isUpdate });
  if (isUpdate) checkWritable(file);
  return { baseline, isUpdate, reason };
}

/** Parses the options that commands share. Throws `UsageError`, also where a file could not be read or written. */
export function parseReportOptions({ values }: ParsedOptions): ReportOptions {
  const output = values.get('output');
  const options = {
    format: parseFormat(values.get('format') ?? 'text'),
    output,
    failOn: parseFailOn(values.get('fail-on') ?? 'error'),
    baseline: parseBaselineOptions(values),
  };
  if (output !== undefined) checkWritable(output);
  return options;
}
