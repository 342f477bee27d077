/** What a snapshot has that an older one has not. */
import type { Snapshot, SnapshotClass, SnapshotEdge, SnapshotFinding } from '../validator/snapshot-format.ts';
import { mapClasses } from './context.ts';
import { formatCount } from './count.ts';
import { formatName } from './escape.ts';
import { type TextOptions, formatFinding } from './finding-text.ts';
import { sortFindings } from './order.ts';

export interface Difference {
  classes: SnapshotClass[];
  edges: SnapshotEdge[];
  findings: SnapshotFinding[];
}

function keyOfEdge({ from, to, kind, fromMode, toMode }: SnapshotEdge): string {
  return JSON.stringify([from, to, kind, fromMode, toMode]);
}

function listNew<T>(older: readonly T[], newer: readonly T[], keyOf: (item: T) => string): T[] {
  const known = new Set(older.map(keyOf));
  return newer.filter((item) => !known.has(keyOf(item)));
}

/** Compares classes by name and kind, edges by what they connect, and findings by fingerprint. */
export function findDifference(older: Snapshot, newer: Snapshot): Difference {
  return {
    classes: listNew(older.classes, newer.classes, ({ name, kind }) => JSON.stringify([name, kind])),
    edges: listNew(older.edges, newer.edges, keyOfEdge),
    findings: listNew(older.findings, newer.findings, ({ fingerprint }) => fingerprint),
  };
}

function formatEdge({ from, to, kind, fromMode, toMode }: SnapshotEdge): string {
  const modes = fromMode === 'exclusive' && toMode === 'exclusive' ? '' : ` (${fromMode}, ${toMode})`;
  return `+ ${formatName(from)} → ${formatName(to)}${kind === 'order' ? '' : `: ${kind}`}${modes}`;
}

/** Formats what is new: the findings as in a report, then classes and edges, a line each. */
export function formatDifference(
  { classes, edges, findings }: Difference,
  newer: Snapshot,
  options: TextOptions = {},
): string {
  const byName = mapClasses(newer);
  const parts = sortFindings(findings).map((finding) => formatFinding(finding, newer, options, byName));
  const lines = [
    ...classes.map(({ name, kind }) => `+ ${formatName(name)}: ${kind}`),
    ...edges.map(formatEdge),
  ];
  if (lines.length > 0) parts.push(lines.join('\n'));
  const counts = [
    formatCount(findings.length, 'new finding'),
    formatCount(classes.length, 'new class', 'new classes'),
    formatCount(edges.length, 'new edge'),
  ];
  return `${[...parts, counts.join(', ')].join('\n\n')}\n`;
}
