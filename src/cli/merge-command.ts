import { formatJsonParts } from '../report/json.ts';
import type { Command } from './command.ts';
import { type OptionTable, parseOptions } from './options.ts';
import { checkWritable, writeOutput } from './output.ts';
import { mergeSnapshots } from './read-snapshots.ts';
import { UsageError } from './usage-error.ts';

const MERGE_OPTIONS: OptionTable = {
  output: { value: 'FILE', short: 'o', help: 'write the snapshot to FILE (default stdout)' },
};

/** `lockdep merge`: one snapshot out of many. Findings do not fail it; `lockdep report` tells them. */
export const mergeCommand: Command = {
  name: 'merge',
  usage: '[-o FILE] <snapshot…>',
  summary: 'Makes one snapshot out of many; whatever the order, and however often one is given.',
  options: MERGE_OPTIONS,
  run: (args) => {
    const { values, positionals } = parseOptions(MERGE_OPTIONS, args);
    if (positionals.length === 0)
      throw new UsageError('Expected snapshots, got none; see lockdep merge --help');
    const output = values.get('output');
    if (output !== undefined) checkWritable(output);
    const parts = formatJsonParts(mergeSnapshots(positionals));
    if (output !== undefined) writeOutput(output, parts);
    else for (const part of parts) process.stdout.write(part);
    return 0;
  },
};
