import { createReadStream } from 'node:fs';
import '../live/attach.ts';
import { fillSources } from '../report/source-lines.ts';
import { TraceReader } from '../trace/read-trace.ts';
import { TraceError } from '../trace/scanner.ts';
import type { Command } from './command.ts';
import { COMMON_OPTIONS, parseLevels, parseReportOptions } from './common-options.ts';
import { formatFileError } from './file-error.ts';
import { parseOptions } from './options.ts';
import { finishReport } from './output.ts';
import { createReadLines } from './read-lines.ts';
import { UsageError } from './usage-error.ts';

/** Large enough that a line is seldom in two chunks. */
const CHUNK_BYTES = 1 << 20;
/** No event is as long; a file without line breaks is no trace. */
const MAX_LINE = 1 << 20;

interface Source {
  name: string;
  open: () => NodeJS.ReadableStream;
}

function createSource(file: string): Source {
  if (file === '-') return { name: 'stdin', open: () => process.stdin };
  return { name: file, open: () => createReadStream(file, { highWaterMark: CHUNK_BYTES }) };
}

/** Reads one trace line by line, whatever its length. Throws `UsageError` where it cannot. */
async function replay(reader: TraceReader, { name, open }: Source): Promise<void> {
  reader.begin(name);
  let rest = '';
  try {
    const stream = open();
    stream.setEncoding('utf8');
    for await (const chunk of stream) {
      const lines = (rest + (chunk as string)).split('\n');
      rest = lines.pop()!;
      for (const line of lines) reader.line(line);
      if (rest.length > MAX_LINE)
        throw new TraceError(`${name}: Expected lines of text, got one without an end`);
    }
    if (rest !== '') reader.line(rest);
    reader.end();
  } catch (error) {
    if (error instanceof TraceError) throw new UsageError(error.message);
    if (error instanceof Error && 'syscall' in error)
      throw new UsageError(`Expected a trace to read, got ${name}, ${formatFileError(error)}`);
    throw error;
  }
}

async function checkTraces(args: string[]): Promise<number> {
  const parsed = parseOptions(COMMON_OPTIONS, args);
  if (parsed.positionals.length === 0)
    throw new UsageError('Expected a trace, got none; see lockdep check --help');
  if (parsed.positionals.filter((file) => file === '-').length > 1)
    throw new UsageError('Expected "-" once, got it twice: stdin can be read once only');
  const options = parseReportOptions(parsed);
  const reader = new TraceReader({ levels: parseLevels(parsed) });
  for (const file of parsed.positionals) await replay(reader, createSource(file));
  const snapshot = fillSources(
    reader.validator.snapshot(),
    createReadLines({ folder: process.cwd(), isConfined: true }),
  );
  return finishReport(snapshot, options, process.stdout);
}

/** `lockdep check`: replays traces, one after the other, into one graph. */
export const checkCommand: Command = {
  name: 'check',
  usage: '[options] <trace…>',
  summary: 'Replays event traces and reports; "-" reads stdin. Never explores schedules.',
  options: COMMON_OPTIONS,
  run: checkTraces,
};
