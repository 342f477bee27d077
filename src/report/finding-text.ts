import type { Snapshot, SnapshotFinding } from '../validator/snapshot-format.ts';
import { wrapText } from './columns.ts';
import { type ClassesByName, createContext, mapClasses } from './context.ts';
import { escapeText } from './escape.ts';
import { formatBlocks } from './layout.ts';
import { outlineFinding } from './outline.ts';
import { createStyle } from './style.ts';

export interface TextOptions {
  /** Columns to fit into where possible; 80 by default. */
  width?: number;
  /** Whether to write ANSI colours; not by default. */
  color?: boolean;
}

/** The narrowest report: below, nothing is left to cut. */
const MIN_WIDTH = 80;
const INDENT = '  ';

/**
 * Formats one finding: its message alone on the first line, then every arrow with both its places,
 * what it takes to hang, and one change that would end it. Ends without a line break.
 */
export function formatFinding(
  finding: SnapshotFinding,
  snapshot: Snapshot,
  options: TextOptions = {},
  classes: ClassesByName = mapClasses(snapshot),
): string {
  const width = Math.max(MIN_WIDTH, options.width ?? MIN_WIDTH);
  const style = createStyle(options.color === true);
  const outline = outlineFinding(createContext(finding, snapshot, classes));
  const blocks = formatBlocks(outline.blocks, { width, style });
  const prose = outline.prose.flatMap((line) => wrapText(line, width, INDENT, `${INDENT}  `));
  const fix = wrapText(outline.fix ?? '', width, INDENT, `${INDENT}     `);
  const paintedFix = fix.map((line) => line.replace(/^ {2}Fix:/, `${INDENT}${style.strong('Fix:')}`));
  return [
    style.severity[finding.severity](style.strong(escapeText(finding.message))),
    ...(blocks.length === 0 ? [] : ['', ...blocks]),
    '',
    ...prose,
    ...paintedFix.filter((line) => line.trim() !== ''),
  ].join('\n');
}
