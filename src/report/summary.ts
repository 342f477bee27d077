import type { Severity, Snapshot, SnapshotFinding } from '../validator/snapshot-format.ts';
import { formatCount } from './count.ts';

const SEVERITIES: readonly Severity[] = ['error', 'warning', 'note'];

function formatSeverities(findings: readonly SnapshotFinding[]): string {
  return SEVERITIES.map(
    (severity) => [severity, findings.filter((item) => item.severity === severity).length] as const,
  )
    .filter(([, count]) => count > 0)
    .map(([severity, count]) => formatCount(count, severity))
    .join(', ');
}

/**
 * Formats the line that ends a report: `2 findings: 1 error, 1 warning (5 classes, 12 edges)`. `knownCount`
 * findings are left out of it, since a baseline knows them.
 */
export function formatSummary({ findings, classes, edges }: Snapshot, knownCount = 0): string {
  const seen = `(${formatCount(classes.length, 'class', 'classes')}, ${formatCount(edges.length, 'edge')})`;
  const known = knownCount === 0 ? '' : `, ${knownCount} known`;
  if (findings.length === 0) return `No ${knownCount === 0 ? '' : 'new '}findings${known} ${seen}.`;
  return `${formatCount(findings.length, 'finding')}: ${formatSeverities(findings)}${known} ${seen}`;
}

/** Formats how many findings there are of each code, for a report too long to be read whole. */
export function formatOverview(findings: readonly SnapshotFinding[]): string {
  const byCode = new Map<string, SnapshotFinding[]>();
  for (const finding of findings) {
    const same = byCode.get(finding.code);
    if (same === undefined) byCode.set(finding.code, [finding]);
    else same.push(finding);
  }
  const codes = [...byCode.keys()];
  const width = Math.max(...codes.map((code) => code.length));
  return codes
    .map((code) => `  ${code.padEnd(width)}  ${formatSeverities(byCode.get(code) ?? [])}`)
    .join('\n');
}
