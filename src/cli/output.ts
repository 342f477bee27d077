import { constants, accessSync, existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { escapeText } from '../report/escape.ts';
import { type FailOn, type KnownFindings, isFailing } from '../report/failing.ts';
import { RENDERERS } from '../report/formats.ts';
import type { Snapshot } from '../validator/snapshot-format.ts';
import { type Baseline, type BaselineOutcome, compareBaseline, updateBaseline } from './baseline.ts';
import { formatFileError } from './file-error.ts';
import { hasColor, measureWidth } from './terminal.ts';
import { UsageError } from './usage-error.ts';
import { copyWholeFile, writeWholeFile } from './write-file.ts';

export interface ReportOptions {
  format: string;
  output: string | undefined;
  failOn: FailOn;
  baseline: BaselineOptions | undefined;
}

export interface BaselineOptions {
  baseline: Baseline;
  isUpdate: boolean;
  reason: string | undefined;
}

function throwUnwritable(file: string, reason: string): never {
  throw new UsageError(`Expected a file to write to, got ${file}, ${reason}`);
}

/** Throws `UsageError` where a file could not be written: told before a long run, not after it. */
export function checkWritable(file: string): void {
  const folder = path.dirname(file);
  try {
    if (existsSync(file)) {
      const stats = statSync(file);
      if (stats.isDirectory()) throwUnwritable(file, 'which is a directory');
      accessSync(file, constants.W_OK);
      if (!stats.isFile()) return;
    }
    accessSync(folder, constants.W_OK);
    if (!statSync(folder).isDirectory()) throwUnwritable(file, `but ${folder} is not a folder`);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    if (!existsSync(folder)) throwUnwritable(file, `but ${folder} does not exist`);
    throwUnwritable(file, formatFileError(error));
  }
}

/** Writes a file whole. Throws `UsageError` when it cannot. */
export function writeOutput(file: string, text: string | Iterable<string>): void {
  try {
    writeWholeFile(file, text);
  } catch (error) {
    throwUnwritable(file, formatFileError(error));
  }
}

/** Copies a file whole, however large. Throws `UsageError` when it cannot. */
export function copyOutput(from: string, file: string): void {
  try {
    copyWholeFile(from, file);
  } catch (error) {
    throwUnwritable(file, formatFileError(error));
  }
}

/** Renders a snapshot to where the options say, `stream` by default. */
function writeReport(
  snapshot: Snapshot,
  options: ReportOptions,
  known: KnownFindings,
  stream: NodeJS.WriteStream,
): void {
  const render = RENDERERS.get(options.format);
  const { failOn } = options;
  if (render === undefined) throw new TypeError(`No renderer for ${options.format}`);
  if (options.output !== undefined) {
    writeOutput(options.output, render(snapshot, { failOn, known }));
    return;
  }
  stream.write(render(snapshot, { failOn, known, width: measureWidth(stream), color: hasColor(stream) }));
}

function applyBaseline(snapshot: Snapshot, options: BaselineOptions | undefined): BaselineOutcome {
  if (options === undefined) return { known: new Map(), remarks: [] };
  const { baseline, isUpdate, reason } = options;
  if (!isUpdate) return compareBaseline(baseline, snapshot);
  const outcome = updateBaseline(baseline, snapshot, reason);
  writeOutput(baseline.file, outcome.text);
  return outcome;
}

/**
 * Renders a snapshot to where the options say, `stream` by default, with what its baseline has to say on
 * stderr. Returns the exit status: 1 when a finding fails.
 */
export function finishReport(snapshot: Snapshot, options: ReportOptions, stream: NodeJS.WriteStream): 0 | 1 {
  const { known, remarks } = applyBaseline(snapshot, options.baseline);
  writeReport(snapshot, options, known, stream);
  for (const remark of remarks) process.stderr.write(`lockdep: ${escapeText(remark)}\n`);
  const { failOn } = options;
  return snapshot.findings.some((finding) => isFailing(finding, { failOn, known })) ? 1 : 0;
}
