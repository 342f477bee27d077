import type { OptionTable } from './options.ts';

/** A command of the command line. */
export interface Command {
  name: string;
  /** What follows the name, for help. */
  usage: string;
  summary: string;
  options: OptionTable;
  /** Whether everything after the first argument belongs to that argument. */
  endsAtFirstArgument?: boolean;
  /** Runs it and gives the exit status. Throws `UsageError`. */
  run: (args: string[]) => number | Promise<number>;
}

export const HELP_OPTION: OptionTable = { help: { short: 'h', help: 'show this help' } };
