import type { Command } from './command.ts';
import { HELP_OPTION } from './command.ts';
import type { OptionTable } from './options.ts';

const EXIT_STATUS = `Exit status:
  0  clean
  1  a finding as grave as --fail-on says
  2  misuse, or input that cannot be read`;

function formatColumns(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join('\n');
}

function formatOptions(table: OptionTable): string {
  const rows = Object.entries(table).map(([name, { value, short, help }]): [string, string] => {
    const start = short === undefined ? '    ' : `-${short}, `;
    return [`${start}--${name}${value === undefined ? '' : ` ${value}`}`, help];
  });
  return `Options:\n${formatColumns(rows)}`;
}

/** Formats the help of one command. */
export function formatCommandHelp({ name, usage, summary, options }: Command): string {
  return `Usage: lockdep ${name} ${usage}

${summary}

${formatOptions({ ...options, ...HELP_OPTION })}

${EXIT_STATUS}
`;
}

/** Formats the help of the whole command line. */
export function formatHelp(commands: readonly Command[], options: OptionTable): string {
  return `Usage: lockdep <command> [options]

Finds deadlocks in asynchronous programs before they happen.

Commands:
${formatColumns(commands.map(({ name, usage, summary }) => [`${name} ${usage}`, summary]))}

${formatOptions(options)}

${EXIT_STATUS}
`;
}
