import { escapeText } from './escape.ts';
import { cutText, measureText, padText } from './columns.ts';
import type { Style } from './style.ts';

/** One line of a block: what happened, where, and the source line there. */
export interface Row {
  label: string;
  site: string;
  source: string | undefined;
}

/** An arrow (or a class) with its remark and its places. */
export interface Block {
  title: string;
  remark: string;
  rows: Row[];
}

export interface LayoutOptions {
  width: number;
  style: Style;
}

/** From this width on, columns are set apart as in `README.md`; below, room goes to the source lines. */
const WIDE = 100;
const WIDE_LABEL_COLUMN = 28;
/** Less than this of a source line says nothing; it goes below then. */
const MIN_SOURCE_WIDTH = 20;
const DEEP_INDENT = '      ';

interface Columns {
  label: number;
  site: number;
  isSourceBelow: boolean;
  isSiteBelow: boolean;
}

function longest(texts: string[]): number {
  return texts.reduce((width, text) => Math.max(width, measureText(text)), 0);
}

function planColumns(rows: Row[], width: number): Columns {
  const isWide = width >= WIDE;
  const label = Math.max(4 + longest(rows.map((row) => row.label)) + 2, isWide ? WIDE_LABEL_COLUMN : 0);
  const longestSite = longest(rows.map((row) => row.site));
  const site = longestSite + (isWide ? 3 : 2);
  const longestSource = longest(rows.map((row) => row.source ?? ''));
  const isSourceBelow = width - label - site < Math.min(MIN_SOURCE_WIDTH, longestSource);
  return { label, site, isSourceBelow, isSiteBelow: isSourceBelow && label + longestSite > width };
}

function formatRow(row: Row, columns: Columns, { width, style }: LayoutOptions): string[] {
  const label = `    ${row.label}`;
  const source = (room: number): string => style.faint(cutText(row.source ?? '', room));
  const place = columns.isSiteBelow
    ? [label, DEEP_INDENT + row.site]
    : [padText(label, columns.label) + row.site];
  if (row.source === undefined) return place;
  if (columns.isSourceBelow) return [...place, DEEP_INDENT + source(width - DEEP_INDENT.length)];
  const start = padText(label, columns.label) + padText(row.site, columns.site);
  return [start + source(width - columns.label - columns.site)];
}

function formatTitle({ title, remark }: Block, columns: Columns, { width, style }: LayoutOptions): string[] {
  const start = Math.max(columns.label, 2 + measureText(title) + 2);
  if (start + measureText(remark) > width) return [`  ${style.strong(title)}`, `    ${remark}`];
  const gap = ' '.repeat(start - 2 - measureText(title));
  return [`  ${style.strong(title)}${gap}${remark}`];
}

/** Formats blocks as lines, their columns aligned with each other. Paths are never broken or cut. */
export function formatBlocks(blocks: Block[], options: LayoutOptions): string[] {
  const safe = blocks.map((block) => ({
    ...block,
    rows: block.rows.map((row) => ({
      label: row.label,
      site: escapeText(row.site),
      source: row.source === undefined ? undefined : escapeText(row.source.replaceAll('\t', ' ')),
    })),
  }));
  const columns = planColumns(
    safe.flatMap((block) => block.rows),
    options.width,
  );
  return safe.flatMap((block) => [
    ...formatTitle(block, columns, options),
    ...block.rows.flatMap((row) => formatRow(row, columns, options)),
  ]);
}
