/** What a runner shows of a finding. Loaded when there is one, and not before. */
import path from 'node:path';
import { createReadLines } from '../../cli/read-lines.ts';
import { formatFinding } from '../../report/finding-text.ts';
import { parseSite } from '../../report/site.ts';
import { fillFindingSources } from '../../report/source-lines.ts';
import type { Snapshot, SnapshotFinding, SnapshotFrame } from '../../validator/snapshot-format.ts';
import { withTestsNamed } from './test-name.ts';

const WIDTH = 100;

/** The report of a finding, its tests named. */
export function formatReport(finding: SnapshotFinding, snapshot: Snapshot): string {
  const named = { ...snapshot, edges: snapshot.edges.map(withTestsNamed) };
  const filled = fillFindingSources(finding, named, createReadLines({ folder: process.cwd() }));
  return formatFinding(filled.finding, filled.snapshot, { width: WIDTH });
}

/** Where a test completed a finding: at the edge that was made in it, else at the place of the finding. */
function findFrames({ edges, stack }: SnapshotFinding, snapshot: Snapshot, test: string): SnapshotFrame[] {
  const stacks = edges.flatMap((index) => {
    const edge = snapshot.edges[index];
    return edge === undefined ? [] : [edge.requested, edge.held];
  });
  const own = stacks.find(({ flow, frames }) => flow === test && frames.length > 0);
  return (own ?? stack ?? stacks[0])?.frames ?? [];
}

/** A stack that leads a runner to the line; the frames are those of the original sources. */
export function formatStack(finding: SnapshotFinding, snapshot: Snapshot, test: string): string {
  return findFrames(finding, snapshot, test)
    .flatMap(({ at, fn }) => {
      const site = parseSite(at);
      // The runner itself is of no interest.
      if (site === undefined || /[\\/]node_modules[\\/]/.test(site.path)) return [];
      const place = `${path.resolve(site.path)}:${site.line}:${site.column}`;
      return [fn === undefined ? `    at ${place}` : `    at ${fn} (${place})`];
    })
    .join('\n');
}
