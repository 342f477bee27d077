import { fillSources } from '../report/source-lines.ts';
import { applyLevel, readLevels } from '../validator/levels.ts';
import type { Command } from './command.ts';
import { COMMON_OPTIONS, parseLevels, parseReportOptions } from './common-options.ts';
import { parseOptions } from './options.ts';
import { finishReport } from './output.ts';
import { createReadLines } from './read-lines.ts';
import { readSnapshots } from './read-snapshots.ts';

/** `lockdep report`: renders saved snapshots on stdout, several as one. */
export const reportCommand: Command = {
  name: 'report',
  usage: '[options] <snapshot…>',
  summary: 'Renders saved snapshots, merged.',
  options: COMMON_OPTIONS,
  run: (args) => {
    const parsed = parseOptions(COMMON_OPTIONS, args);
    const options = parseReportOptions(parsed);
    const levels = readLevels(parseLevels(parsed));
    const saved = readSnapshots(parsed.positionals, 'report');
    // Whoever made the snapshot must not choose which of our files are quoted in a published report.
    const snapshot = fillSources(saved, createReadLines({ folder: process.cwd(), isConfined: true }));
    const findings = snapshot.findings.flatMap((finding) => applyLevel(finding, levels) ?? []);
    return finishReport({ ...snapshot, findings }, options, process.stdout);
  },
};
