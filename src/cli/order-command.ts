import { findLockOrder } from '../merge/lock-order.ts';
import { formatLockOrder } from '../report/lock-order-text.ts';
import type { Command } from './command.ts';
import { parseOptions } from './options.ts';
import { readSnapshots } from './read-snapshots.ts';

/** `lockdep order`: the lock order that a program follows. */
export const orderCommand: Command = {
  name: 'order',
  usage: '<snapshot…>',
  summary: 'Prints the order in which locks are taken, and the code that declares it.',
  options: {},
  run: (args) => {
    const { positionals } = parseOptions({}, args);
    const snapshot = readSnapshots(positionals, 'order');
    process.stdout.write(formatLockOrder(findLockOrder(snapshot), snapshot));
    return 0;
  },
};
