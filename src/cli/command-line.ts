import { readFileSync } from 'node:fs';
import { escapeText } from '../report/escape.ts';
import { listAlternatives } from './alternatives.ts';
import { checkCommand } from './check-command.ts';
import { type Command, HELP_OPTION } from './command.ts';
import { diffCommand } from './diff-command.ts';
import { formatCommandHelp, formatHelp } from './help.ts';
import { mergeCommand } from './merge-command.ts';
import { type OptionTable, findFirstPositional, parseOptions } from './options.ts';
import { orderCommand } from './order-command.ts';
import { reportCommand } from './report-command.ts';
import { runCommand } from './run-command.ts';
import { formatSuggestion } from '../validator/suggest.ts';
import { UsageError } from './usage-error.ts';

const COMMANDS: readonly Command[] = [
  runCommand,
  checkCommand,
  reportCommand,
  mergeCommand,
  diffCommand,
  orderCommand,
];

const GLOBAL_OPTIONS: OptionTable = { ...HELP_OPTION, version: { help: 'show the version' } };

function readVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

/** Only options before the command are ours; without a command they must be `--help` or `--version`. */
function runGlobal(args: string[]): number {
  const { values } = parseOptions(GLOBAL_OPTIONS, args);
  if (values.has('help')) process.stdout.write(formatHelp(COMMANDS, GLOBAL_OPTIONS));
  else if (values.has('version')) process.stdout.write(`lockdep ${readVersion()}\n`);
  else throw new UsageError('Expected a command, got none; see lockdep --help');
  return 0;
}

function findCommand(name: string): Command {
  const command = COMMANDS.find((candidate) => candidate.name === name);
  if (command !== undefined) return command;
  const names = COMMANDS.map((candidate) => candidate.name);
  throw new UsageError(
    `Expected a command (${listAlternatives(names)}), got "${name}"${formatSuggestion(name, names)}`,
  );
}

async function runCommandNamed(name: string, args: string[]): Promise<number> {
  const command = findCommand(name);
  const options = { ...command.options, ...HELP_OPTION };
  const own = command.endsAtFirstArgument === true ? args.slice(0, findFirstPositional(options, args)) : args;
  if (parseOptions(options, own).values.has('help')) {
    process.stdout.write(formatCommandHelp(command));
    return 0;
  }
  return command.run(args);
}

function formatFailure(error: unknown): string {
  if (error instanceof UsageError) return error.message;
  return `Internal fault, please report it: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
}

/** Runs the command line and gives its exit status; every misuse is one line on stderr and status 2. */
export async function runCommandLine(args: string[]): Promise<number> {
  try {
    const start = findFirstPositional(GLOBAL_OPTIONS, args);
    const name = args[start];
    const globals = args.slice(0, start);
    if (name === undefined || globals.some((arg) => arg !== '--')) return runGlobal(globals);
    return await runCommandNamed(name, args.slice(start + 1));
  } catch (error) {
    process.stderr.write(`lockdep: ${escapeText(formatFailure(error))}\n`);
    return 2;
  }
}
