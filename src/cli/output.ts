import { constants, accessSync, existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { type FailOn, isFailing } from '../report/failing.ts';
import { RENDERERS } from '../report/formats.ts';
import type { Snapshot } from '../validator/snapshot-format.ts';
import { formatFileError } from './file-error.ts';
import { hasColor, measureWidth } from './terminal.ts';
import { UsageError } from './usage-error.ts';
import { copyWholeFile, writeWholeFile } from './write-file.ts';

export interface ReportOptions {
  format: string;
  output: string | undefined;
  failOn: FailOn;
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
export function writeOutput(file: string, text: string): void {
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
export function writeReport(snapshot: Snapshot, options: ReportOptions, stream: NodeJS.WriteStream): void {
  const render = RENDERERS.get(options.format);
  const { failOn } = options;
  if (render === undefined) throw new TypeError(`No renderer for ${options.format}`);
  if (options.output !== undefined) {
    writeOutput(options.output, render(snapshot, { failOn }));
    return;
  }
  stream.write(render(snapshot, { failOn, width: measureWidth(stream), color: hasColor(stream) }));
}

/** Finds the exit status that a snapshot asks for: 1 when it has a finding as grave as `failOn`. */
export function findExitStatus({ findings }: Snapshot, failOn: FailOn): 0 | 1 {
  return findings.some((finding) => isFailing(finding, { failOn })) ? 1 : 0;
}
