import type { SnapshotFinding } from '../../src/index.ts';

/**
 * Findings about classes of locks. What is said of this very moment, beside them, has tests of its own
 * in test/live.
 */
export function withoutLive(findings: readonly SnapshotFinding[]): SnapshotFinding[] {
  return findings.filter(({ code }) => code !== 'live-deadlock' && code !== 'stalled-wait');
}
