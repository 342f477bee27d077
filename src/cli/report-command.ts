import { fillSources } from '../report/source-lines.ts';
import type { Command } from './command.ts';
import { COMMON_OPTIONS, parseReportOptions } from './common-options.ts';
import { parseOptions } from './options.ts';
import { finishReport } from './output.ts';
import { createReadLines } from './read-lines.ts';
import { readSnapshot } from './read-snapshot.ts';
import { UsageError } from './usage-error.ts';

function parseSnapshotFile(positionals: string[]): string {
  const [file, ...others] = positionals;
  if (file === undefined) throw new UsageError('Expected a snapshot, got none; see lockdep report --help');
  if (others.length > 0) {
    throw new UsageError(`Expected one snapshot, got ${positionals.length}; merging them is not built yet`);
  }
  return file;
}

/** `lockdep report`: renders a saved snapshot on stdout. */
export const reportCommand: Command = {
  name: 'report',
  usage: '[options] <snapshot>',
  summary: 'Renders a saved snapshot.',
  options: COMMON_OPTIONS,
  run: (args) => {
    const parsed = parseOptions(COMMON_OPTIONS, args);
    const file = parseSnapshotFile(parsed.positionals);
    const options = parseReportOptions(parsed);
    const saved = readSnapshot(file);
    // Whoever made the snapshot must not choose which of our files are quoted in a published report.
    const snapshot = fillSources(saved, createReadLines({ folder: process.cwd(), isConfined: true }));
    return finishReport(snapshot, options, process.stdout);
  },
};
