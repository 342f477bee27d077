import type { FailOn } from '../report/failing.ts';
import { PLANNED_FORMATS, RENDERERS } from '../report/formats.ts';
import { listAlternatives } from './alternatives.ts';
import type { OptionTable, ParsedOptions } from './options.ts';
import { type ReportOptions, checkWritable } from './output.ts';
import { formatSuggestion } from './suggest.ts';
import { UsageError } from './usage-error.ts';

const FAIL_ON: readonly FailOn[] = ['error', 'warning', 'never'];

/** The options of every command that renders. */
export const COMMON_OPTIONS: OptionTable = {
  format: {
    value: 'FORMAT',
    help: `how to render: ${listAlternatives([...RENDERERS.keys()])} (default text)`,
  },
  output: { value: 'FILE', short: 'o', help: 'write the report to FILE' },
  'fail-on': {
    value: 'LEVEL',
    help: 'exit 1 at a finding this grave: error, warning or never (default error)',
  },
};

function parseFormat(format: string): string {
  const known = [...RENDERERS.keys()];
  if (known.includes(format)) return format;
  const why = PLANNED_FORMATS.includes(format) ? ', which is not built yet' : formatSuggestion(format, known);
  throw new UsageError(`Expected --format to be ${listAlternatives(known)}, got "${format}"${why}`);
}

function parseFailOn(text: string): FailOn {
  const level = FAIL_ON.find((candidate) => candidate === text);
  if (level === undefined) {
    throw new UsageError(
      `Expected --fail-on to be error, warning or never, got "${text}"${formatSuggestion(text, FAIL_ON)}`,
    );
  }
  return level;
}

/** Parses the options that commands share. Throws `UsageError`, also where `-o` could not be written. */
export function parseReportOptions({ values }: ParsedOptions): ReportOptions {
  const output = values.get('output');
  const options = {
    format: parseFormat(values.get('format') ?? 'text'),
    output,
    failOn: parseFailOn(values.get('fail-on') ?? 'error'),
  };
  if (output !== undefined) checkWritable(output);
  return options;
}
