import type { Snapshot } from '../validator/snapshot-format.ts';
import { mapClasses } from './context.ts';
import { type TextOptions, formatFinding } from './finding-text.ts';
import { sortFindings } from './order.ts';
import { formatOverview, formatSummary } from './summary.ts';

/** From this many findings on, the counts come first as well. */
const MANY_FINDINGS = 20;

/** Formats a snapshot for a terminal: every finding, the gravest first, and a line that sums up. */
export function formatText(snapshot: Snapshot, options: TextOptions = {}): string {
  const findings = sortFindings(snapshot.findings);
  const classes = mapClasses(snapshot);
  const summary = formatSummary(snapshot);
  const parts = findings.map((finding) => formatFinding(finding, snapshot, options, classes));
  const overview = findings.length < MANY_FINDINGS ? [] : [`${summary}\n\n${formatOverview(findings)}`];
  return `${[...overview, ...parts, summary].join('\n\n')}\n`;
}
