/** What a document shows of a program, and how to find out whether it is so. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Snapshot, SnapshotEdge } from '../../src/index.ts';
import { makeFolder, runCli, runNode } from '../cli/command.ts';
import { root } from './documents.ts';

const PROGRAMS = 'fixtures/programs/';

/** Compiled by `npm run build:fixtures`. */
function compiledFile(source: string): string {
  return path.join(root, 'fixtures/dist', source.slice(PROGRAMS.length).replace(/\.ts$/, '.js'));
}

/** Programs made for the documents are run in their own folder, as if that were a project; others at the root. */
function folderOf(source: string): string {
  return path.join(root, source.startsWith(`${PROGRAMS}docs/`) ? path.dirname(source) : '');
}

/** The report goes to a file, since Node has something to say of programs that hang, too. */
function runWatched(source: string, format: string): string {
  const file = path.join(makeFolder(), 'report');
  // Whether the garbage collector comes by in so short a run is chance, but for the program that calls it.
  const levels = source.includes('leaked-hold') ? [] : ['--level', 'leaked-hold=off'];
  runCli(['run', ...levels, '--format', format, '-o', file, compiledFile(source)], { cwd: folderOf(source) });
  return readFileSync(file, 'utf8');
}

function formatEdge({
  from,
  to,
  kind,
  evidence,
  breakable,
  simultaneous,
  provisional,
}: SnapshotEdge): string {
  const words = [
    kind === 'order' ? '' : kind,
    evidence,
    breakable ? 'breakable' : '',
    simultaneous ? 'simultaneous' : '',
    provisional ? 'provisional' : '',
  ];
  return `${from} → ${to}: ${words.filter(Boolean).join(', ')}`;
}

function formatEdges({ edges, findings }: Snapshot): string {
  const lines = [
    ...edges.map(formatEdge),
    ...findings.map(({ severity, message }) => `${severity}: ${message}`),
  ];
  return `${lines.length === 0 ? 'no edges' : lines.join('\n')}\n`;
}

/** By the label of the block; `source` is the program above it. */
export const claims: Readonly<Record<string, (source: string) => string>> = {
  report: (source) => runWatched(source, 'text'),
  edges: (source) => formatEdges(JSON.parse(runWatched(source, 'json')) as Snapshot),
  output: (source) => runNode([compiledFile(source)], { cwd: folderOf(source) }).stdout,
  // A trace is printed from where it is, so that its lines can be shown.
  check: (source) =>
    runCli(['check', path.basename(source)], { cwd: path.join(root, path.dirname(source)) }).stdout,
  'help run': () => runCli(['run', '--help']).stdout,
};
