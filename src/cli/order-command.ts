import { type LockOrder, findLockOrder } from '../merge/lock-order.ts';
import { formatLockOrderMarkdown } from '../report/lock-order-markdown.ts';
import { formatLockOrder, formatLockOrderCode } from '../report/lock-order-text.ts';
import type { Snapshot } from '../validator/snapshot-format.ts';
import { formatSuggestion } from '../validator/suggest.ts';
import { listAlternatives } from './alternatives.ts';
import type { Command } from './command.ts';
import { type OptionTable, parseOptions } from './options.ts';
import { checkWritable, writeOutput } from './output.ts';
import { readSnapshots } from './read-snapshots.ts';
import { UsageError } from './usage-error.ts';

const FORMATS: ReadonlyMap<string, (order: LockOrder, snapshot: Snapshot) => string> = new Map([
  ['text', formatLockOrder],
  ['code', formatLockOrderCode],
  ['markdown', formatLockOrderMarkdown],
]);

const ORDER_OPTIONS: OptionTable = {
  format: {
    value: 'FORMAT',
    help: `${listAlternatives([...FORMATS.keys()])} (default text, which has the code too)`,
  },
  output: { value: 'FILE', short: 'o', help: 'write the order to FILE' },
};

/** `lockdep order`: the lock order that a program follows. */
export const orderCommand: Command = {
  name: 'order',
  usage: '[options] <snapshot…>',
  summary:
    'Prints the order in which locks are taken: to read, as code that declares it, or as documentation.',
  options: ORDER_OPTIONS,
  run: (args) => {
    const { values, positionals } = parseOptions(ORDER_OPTIONS, args);
    const name = values.get('format') ?? 'text';
    const format = FORMATS.get(name);
    if (format === undefined) {
      const known = [...FORMATS.keys()];
      throw new UsageError(
        `Expected --format to be ${listAlternatives(known)}, got "${name}"${formatSuggestion(name, known)}`,
      );
    }
    const output = values.get('output');
    if (output !== undefined) checkWritable(output);
    const snapshot = readSnapshots(positionals, 'order');
    const text = format(findLockOrder(snapshot), snapshot);
    if (output === undefined) process.stdout.write(text);
    else writeOutput(output, text);
    return 0;
  },
};
