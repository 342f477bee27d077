import { fillSources } from '../report/source-lines.ts';
import type { Snapshot } from '../validator/snapshot-format.ts';
import type { Command } from './command.ts';
import { COMMON_OPTIONS, parseReportOptions } from './common-options.ts';
import { mergeSnapshots } from './merge-snapshots.ts';
import { parseOptions } from './options.ts';
import { finishReport } from './output.ts';
import { createReadLines } from './read-lines.ts';
import { readSnapshot } from './read-snapshot.ts';
import { UsageError } from './usage-error.ts';

function readSnapshots(files: readonly string[]): Snapshot {
  const [first, ...others] = files;
  if (first === undefined) throw new UsageError('Expected a snapshot, got none; see lockdep report --help');
  return others.length === 0 ? readSnapshot(first) : mergeSnapshots(files);
}

/** `lockdep report`: renders saved snapshots on stdout, several as one. */
export const reportCommand: Command = {
  name: 'report',
  usage: '[options] <snapshot…>',
  summary: 'Renders saved snapshots, merged.',
  options: COMMON_OPTIONS,
  run: (args) => {
    const parsed = parseOptions(COMMON_OPTIONS, args);
    const options = parseReportOptions(parsed);
    const saved = readSnapshots(parsed.positionals);
    // Whoever made the snapshot must not choose which of our files are quoted in a published report.
    const snapshot = fillSources(saved, createReadLines({ folder: process.cwd(), isConfined: true }));
    return finishReport(snapshot, options, process.stdout);
  },
};
