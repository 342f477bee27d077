import type { Severity, SnapshotFinding } from '../validator/snapshot-format.ts';

export type FailOn = 'error' | 'warning' | 'never';

/** Reasons by fingerprint: the findings of a baseline, which do not fail. */
export type KnownFindings = ReadonlyMap<string, string>;

/** What decides whether a finding fails. */
export interface FailOptions {
  /** From which severity on; `error` by default. */
  failOn?: FailOn;
  known?: KnownFindings;
}

const FAILING: Readonly<Record<FailOn, readonly Severity[]>> = {
  error: ['error'],
  warning: ['error', 'warning'],
  never: [],
};

/** Tells whether a finding makes a run fail: it is grave enough, and not known. */
export function isFailing(finding: SnapshotFinding, { failOn = 'error', known }: FailOptions): boolean {
  return FAILING[failOn].includes(finding.severity) && known?.has(finding.fingerprint) !== true;
}

/** Splits off the findings of the baseline. */
export function splitKnown(
  findings: readonly SnapshotFinding[],
  known: KnownFindings = new Map(),
): { fresh: SnapshotFinding[]; old: SnapshotFinding[] } {
  return {
    fresh: findings.filter(({ fingerprint }) => !known.has(fingerprint)),
    old: findings.filter(({ fingerprint }) => known.has(fingerprint)),
  };
}
