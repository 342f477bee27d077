/** GitHub-flavoured Markdown: for job summaries and comments. */
import type { Snapshot, SnapshotFinding } from '../validator/snapshot-format.ts';
import { type ClassesByName, createContext, mapClasses } from './context.ts';
import { escapeText } from './escape.ts';
import { type FailOptions, splitKnown } from './failing.ts';
import type { Block } from './layout.ts';
import { formatFlowchart } from './mermaid.ts';
import { sortFindings } from './order.ts';
import { outlineFinding } from './outline.ts';
import { formatSummary } from './summary.ts';

/** Nothing in them is Markdown, an address, a mention or an issue. */
const PLAIN_WORD = /^[(]?[\p{L}\p{N}→…'’-]+[).,;:]*$/u;
const PIECES = /(?:"(?:[^"\\]|\\.)*"|\S)+|\s+/g;

/** Writes text as a code span, in which nothing is read as Markdown; a run of backticks inside is shorter than the one around. */
function formatCode(text: string): string {
  const safe = escapeText(text);
  if (safe.trim() === '') return '';
  const longest = Math.max(0, ...(safe.match(/`+/g) ?? []).map((run) => run.length));
  const fence = '`'.repeat(longest + 1);
  const space = /^[ `]|[ `]$/.test(safe) ? ' ' : '';
  return fence + space + safe + space + fence;
}

/** In a table a bar ends the cell, also in a code span, and what a backslash before it does depends on the reader. */
export function formatCell(text: string): string {
  if (!text.includes('|')) return formatCode(text);
  const safe = escapeText(text).replace(/[!-/:-@[-`{-~]/g, (mark) => `&#${mark.charCodeAt(0)};`);
  return `<code>${safe}</code>`;
}

/** Writes a sentence: words stay, and everything that is not plainly a word becomes code, names and paths too. */
function formatProse(text: string): string {
  return escapeText(text).replaceAll(PIECES, (piece) => {
    if (piece.trim() === '' || PLAIN_WORD.test(piece)) return piece;
    const [, word = '', end = ''] = /^(.*?)([.,;:]*)$/s.exec(piece) ?? [];
    // A quoted name says by its type that it is one.
    const name = /^"((?:[^"\\]|\\.)*)"$/s.exec(word)?.[1]?.replace(/\\(["\\])/g, '$1');
    return `${formatCode(name === undefined || name.trim() === '' ? word : name)}${end}`;
  });
}

function formatTable(blocks: readonly Block[]): string[] {
  const rows = blocks.flatMap(({ title, remark, rows: places }) => {
    const first = `${formatCell(title)} ${remark}`;
    if (places.length === 0) return [[first, '', '', '']];
    return places.map(({ label, site, source }, index) => [
      index === 0 ? first : '',
      formatCell(label.trim()),
      formatCell(site),
      source === undefined ? '' : formatCell(source.replaceAll('\t', ' ')),
    ]);
  });
  if (rows.length === 0) return [];
  const header = ['| edge | step | place | source |', '|---|---|---|---|'];
  return [...header, ...rows.map((cells) => `| ${cells.join(' | ')} |`), ''];
}

function formatSection(finding: SnapshotFinding, snapshot: Snapshot, classes: ClassesByName): string {
  const { blocks, prose, fix } = outlineFinding(createContext(finding, snapshot, classes));
  const chart =
    finding.edges.length === 0
      ? []
      : ['```mermaid', formatFlowchart({ ...snapshot, findings: [finding] }, finding.edges), '```', ''];
  return [
    `## ${formatProse(finding.message)}`,
    '',
    `${finding.severity}, ${finding.certainty}`,
    '',
    ...chart,
    ...formatTable(blocks),
    ...[...prose, ...(fix === undefined ? [] : [fix])].flatMap((line) => [formatProse(line), '']),
  ].join('\n');
}

/** Formats a snapshot as Markdown: a heading for each finding that is not known, its chain drawn, its places as a table. */
export function formatMarkdown(snapshot: Snapshot, { known }: FailOptions = {}): string {
  const { fresh, old } = splitKnown(snapshot.findings, known);
  const findings = sortFindings(fresh);
  const classes = mapClasses(snapshot);
  return [
    '# lockdep',
    '',
    formatSummary({ ...snapshot, findings }, old.length),
    '',
    ...findings.map((finding) => formatSection(finding, snapshot, classes)),
  ].join('\n');
}
