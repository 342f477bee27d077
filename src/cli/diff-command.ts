import { findDifference, formatDifference } from '../report/difference.ts';
import { isFailing } from '../report/failing.ts';
import { fillSources } from '../report/source-lines.ts';
import type { Command } from './command.ts';
import { FAIL_ON_OPTION, parseFailOn } from './common-options.ts';
import { parseOptions } from './options.ts';
import { createReadLines } from './read-lines.ts';
import { readSnapshot } from './read-snapshot.ts';
import { hasColor, measureWidth } from './terminal.ts';
import { UsageError } from './usage-error.ts';

/** `lockdep diff`: what a snapshot has that an older one has not. */
export const diffCommand: Command = {
  name: 'diff',
  usage: '[options] <old> <new>',
  summary: 'Tells the findings, classes and edges that are new in a snapshot.',
  options: FAIL_ON_OPTION,
  run: (args) => {
    const { values, positionals } = parseOptions(FAIL_ON_OPTION, args);
    const [old, recent] = positionals;
    if (old === undefined || recent === undefined || positionals.length > 2)
      throw new UsageError(`Expected two snapshots, got ${positionals.length}; see lockdep diff --help`);
    const failOn = parseFailOn(values.get('fail-on') ?? 'error');
    const older = readSnapshot(old);
    const newer = fillSources(
      readSnapshot(recent),
      createReadLines({ folder: process.cwd(), isConfined: true }),
    );
    const difference = findDifference(older, newer);
    const { stdout } = process;
    stdout.write(
      formatDifference(difference, newer, { width: measureWidth(stdout), color: hasColor(stdout) }),
    );
    return difference.findings.some((finding) => isFailing(finding, { failOn })) ? 1 : 0;
  },
};
