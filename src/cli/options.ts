import { parseArgs } from 'node:util';
import { formatSuggestion } from '../validator/suggest.ts';
import { UsageError } from './usage-error.ts';

export interface OptionSpec {
  /** How help calls the value; an option without one is a switch. */
  value?: string;
  short?: string;
  /** It may be given several times, and each counts. */
  isRepeatable?: boolean;
  help: string;
}

export type OptionTable = Readonly<Record<string, OptionSpec>>;

export interface ParsedOptions {
  /** The last value of each option. */
  values: ReadonlyMap<string, string>;
  /** All values of those that may be given several times, in their order. */
  lists: ReadonlyMap<string, readonly string[]>;
  positionals: string[];
}

function tokenize(table: OptionTable, args: string[]) {
  const options = Object.fromEntries(
    Object.entries(table).map(([name, { value, short }]) => [
      name,
      {
        type: value === undefined ? ('boolean' as const) : ('string' as const),
        ...(short === undefined ? {} : { short }),
      },
    ]),
  );
  // Not strict: the messages of Node differ between its versions, and ours say what was expected.
  return parseArgs({ args, options, strict: false, allowPositionals: true, tokens: true }).tokens;
}

interface OptionToken {
  name: string;
  rawName: string;
  value?: string | undefined;
  inlineValue?: boolean | undefined;
}

function checkOption({ name, rawName, value, inlineValue }: OptionToken, table: OptionTable): string {
  const spec = Object.hasOwn(table, name) ? table[name] : undefined;
  if (spec === undefined) {
    const known = Object.keys(table).map((option) => `--${option}`);
    throw new UsageError(
      `Expected one of ${known.join(', ')}, got ${rawName}${formatSuggestion(rawName, known)}`,
    );
  }
  if (spec.value === undefined) {
    if (value !== undefined) throw new UsageError(`Expected ${rawName} to have no value, got "${value}"`);
    return '';
  }
  if (value === undefined)
    throw new UsageError(`Expected ${rawName} ${spec.value}, got nothing after ${rawName}`);
  if (value === '') throw new UsageError(`Expected ${rawName} ${spec.value}, got an empty value`);
  if (inlineValue !== true && value.startsWith('-') && value !== '-') {
    throw new UsageError(`Expected ${rawName} ${spec.value}, got the option ${value}`);
  }
  return value;
}

/** Parses the arguments of a command. Throws `UsageError` at what the table does not have. */
export function parseOptions(table: OptionTable, args: string[]): ParsedOptions {
  const values = new Map<string, string>();
  const lists = new Map<string, string[]>();
  const positionals: string[] = [];
  for (const token of tokenize(table, args)) {
    if (token.kind === 'positional') positionals.push(token.value);
    if (token.kind !== 'option') continue;
    const value = checkOption(token, table);
    values.set(token.name, value);
    if (table[token.name]?.isRepeatable === true)
      lists.set(token.name, [...(lists.get(token.name) ?? []), value]);
  }
  return { values, lists, positionals };
}

/** Finds where the first argument stands that is no option: from there on, all belong to the script. */
export function findFirstPositional(table: OptionTable, args: string[]): number {
  const token = tokenize(table, args).find(({ kind }) => kind === 'positional');
  return token?.index ?? args.length;
}
