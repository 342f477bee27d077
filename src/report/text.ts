import type { Snapshot } from '../validator/snapshot-format.ts';
import { mapClasses } from './context.ts';
import { type FailOptions, splitKnown } from './failing.ts';
import { type TextOptions, formatFinding } from './finding-text.ts';
import { sortFindings } from './order.ts';
import { formatOverview, formatSummary } from './summary.ts';

/** From this many findings on, the counts come first as well. */
const MANY_FINDINGS = 20;

/** Formats a snapshot for a terminal: every finding that is not known, the gravest first, and a line that sums up. */
export function formatText(snapshot: Snapshot, options: TextOptions & FailOptions = {}): string {
  const { fresh, old } = splitKnown(snapshot.findings, options.known);
  const findings = sortFindings(fresh);
  const classes = mapClasses(snapshot);
  const summary = formatSummary({ ...snapshot, findings }, old.length);
  const parts = findings.map((finding) => formatFinding(finding, snapshot, options, classes));
  const overview = findings.length < MANY_FINDINGS ? [] : [`${summary}\n\n${formatOverview(findings)}`];
  return `${[...overview, ...parts, summary].join('\n\n')}\n`;
}
