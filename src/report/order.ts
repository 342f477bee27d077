import type { Certainty, Severity, SnapshotFinding } from '../validator/snapshot-format.ts';

const SEVERITY_ORDER: Readonly<Record<Severity, number>> = { error: 0, warning: 1, note: 2 };
const CERTAINTY_ORDER: Readonly<Record<Certainty, number>> = { certain: 0, potential: 1 };

/** Compares by code units: a locale would make the same report differ between machines. */
function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function compareChains(a: readonly string[], b: readonly string[]): number {
  const shared = Math.min(a.length, b.length);
  for (let index = 0; index < shared; index++) {
    const order = compareText(a[index] ?? '', b[index] ?? '');
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

function compareFindings(a: SnapshotFinding, b: SnapshotFinding): number {
  return (
    SEVERITY_ORDER[a.severity] - SEVERITY_ORDER[b.severity] ||
    CERTAINTY_ORDER[a.certainty] - CERTAINTY_ORDER[b.certainty] ||
    compareText(a.code, b.code) ||
    compareChains(a.chain, b.chain) ||
    compareText(a.fingerprint, b.fingerprint) ||
    compareText(a.message, b.message)
  );
}

/** Sorts findings for a reader: the gravest first, and the certain before the potential. */
export function sortFindings(findings: readonly SnapshotFinding[]): SnapshotFinding[] {
  return [...findings].sort(compareFindings);
}
