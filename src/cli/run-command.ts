import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import path from 'node:path';
import { formatJson } from '../report/json.ts';
import { formatStatistics } from '../report/statistics-text.ts';
import { fillSources } from '../report/source-lines.ts';
import type { LevelOptions } from '../validator/levels.ts';
import type { Snapshot } from '../validator/snapshot-format.ts';
import { type ChildEnd, runChild } from './child.ts';
import type { Command } from './command.ts';
import { COMMON_OPTIONS, parseLevels, parseReportOptions } from './common-options.ts';
import { type OptionTable, findFirstPositional, parseOptions } from './options.ts';
import { checkWritable, copyOutput, finishReport, writeOutput } from './output.ts';
import { createReadLines } from './read-lines.ts';
import { readSnapshot } from './read-snapshot.ts';
import { checkScript } from './script.ts';
import { UsageError } from './usage-error.ts';

const REGISTER_URL = new URL('../register.js', import.meta.url).href;

const RUN_OPTIONS: OptionTable = {
  ...COMMON_OPTIONS,
  snapshot: { value: 'FILE', help: 'save what was seen to FILE, for lockdep report' },
  stat: { help: 'time each acquisition, and print a table of waits and holds' },
  'stall-ms': { value: 'MS', help: 'print what is held and waits when a request has waited so long' },
  signal: { value: 'NAME', help: 'print it at this signal (default SIGUSR2, off for none)' },
  trace: { value: 'FILE', help: 'record each event to FILE, for lockdep check' },
};

interface Watched {
  end: ChildEnd;
  snapshot: Snapshot | undefined;
}

/** The later of two levels for one code counts, so ours come last. */
function addLevels(inherited: string | undefined, levels: LevelOptions): string | undefined {
  const own = Object.entries(levels).map(([code, level]) => `${code}=${level}`);
  return own.length === 0 ? inherited : [inherited, ...own].filter(Boolean).join(',');
}

interface RunSettings {
  traceTo: string | undefined;
  /** What the child prints its state at. */
  signal: string;
  env: Record<string, string>;
}

/** What the options say to the process that is watched. */
function parseSettings(values: ReadonlyMap<string, string>): RunSettings {
  const stallMs = values.get('stall-ms');
  if (stallMs !== undefined && !(Number.isSafeInteger(Number(stallMs)) && Number(stallMs) >= 1))
    throw new UsageError(`Expected --stall-ms MS to be an integer ≥ 1, got "${stallMs}"`);
  const signal = values.get('signal') ?? (process.env['LOCKDEP_SIGNAL'] || 'SIGUSR2');
  if (signal !== 'off' && !Object.hasOwn(constants.signals, signal))
    throw new UsageError(`Expected --signal NAME to be a signal, as SIGUSR2, or off, got "${signal}"`);
  const env = {
    LOCKDEP_SIGNAL: signal,
    ...(values.has('stat') ? { LOCKDEP_RUN_STAT: '1' } : {}),
    ...(stallMs === undefined ? {} : { LOCKDEP_STALL_MS: stallMs }),
  };
  return { traceTo: values.get('trace'), signal, env };
}

/** Runs a script with our preload; what it saw comes back through a file of its own. */
async function runWatched(
  script: string,
  args: string[],
  { traceTo, levels, signal, env }: RunSettings & { levels: LevelOptions },
): Promise<Watched> {
  const folder = mkdtempSync(path.join(tmpdir(), 'lockdep-'));
  const file = path.join(folder, 'snapshot.json');
  const trace = path.join(folder, 'run.trace');
  try {
    const childEnv = {
      ...process.env,
      ...env,
      // Asking for a watched run says more than NODE_ENV=production does.
      LOCKDEP: process.env['LOCKDEP'] || 'warn',
      LOCKDEP_LEVELS: addLevels(process.env['LOCKDEP_LEVELS'], levels),
      LOCKDEP_RUN_SNAPSHOT: file,
      ...(traceTo === undefined ? {} : { LOCKDEP_RUN_TRACE: trace }),
    };
    const end = await runChild(['--import', REGISTER_URL, path.resolve(script), ...args], childEnv, signal);
    if (traceTo !== undefined && existsSync(trace)) copyOutput(trace, traceTo);
    return { end, snapshot: existsSync(file) ? readSnapshot(file) : undefined };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function explainMissing({ signal, status }: ChildEnd): string {
  if (process.env['LOCKDEP'] === 'off') return 'Nothing was watched, since LOCKDEP=off';
  const end = signal === undefined ? `ended with status ${status}` : `was ended by ${signal}`;
  return `Expected the program to leave a snapshot, got none: it ${end} before it could save one`;
}

/** A program that ends well and leaves nothing has not been watched: that must not pass for clean. */
function finishUnwatched(end: ChildEnd): number {
  process.stderr.write(`lockdep: ${explainMissing(end)}\n`);
  return end.status === 0 && process.env['LOCKDEP'] !== 'off' ? 2 : end.status;
}

async function runScript(args: string[]): Promise<number> {
  const start = findFirstPositional(RUN_OPTIONS, args);
  const parsed = parseOptions(RUN_OPTIONS, args.slice(0, start));
  const script = args[start];
  if (script === undefined)
    throw new UsageError('Expected a script to run, got none; see lockdep run --help');
  const options = parseReportOptions(parsed);
  const levels = parseLevels(parsed);
  const saveTo = parsed.values.get('snapshot');
  if (saveTo !== undefined) checkWritable(saveTo);
  const settings = parseSettings(parsed.values);
  const { traceTo } = settings;
  if (traceTo !== undefined) checkWritable(traceTo);
  checkScript(script);

  const { end, snapshot: seen } = await runWatched(script, args.slice(start + 1), { ...settings, levels });
  if (seen === undefined) return finishUnwatched(end);
  const snapshot = fillSources(seen, createReadLines({ folder: process.cwd() }));
  if (saveTo !== undefined) writeOutput(saveTo, formatJson(snapshot));
  const status = finishReport(snapshot, options, process.stderr);
  // Where the report itself is for a program to read, nothing else may stand beside it.
  const isAlone = options.format === 'text' || options.output !== undefined;
  if (parsed.values.has('stat') && isAlone) process.stderr.write(`\n${formatStatistics(snapshot)}`);
  return end.status === 0 ? status : end.status;
}

/** `lockdep run`: runs a program watched, and reports on stderr when it ends. */
export const runCommand: Command = {
  name: 'run',
  usage: '[options] <script> [args…]',
  summary: 'Runs a program watched; reports on stderr at its end, and passes its failing status on.',
  options: RUN_OPTIONS,
  endsAtFirstArgument: true,
  run: runScript,
};
