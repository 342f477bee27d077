/**
 * Whether the end of a run has nothing to say, without what judges a graph: no worker has found anything, and nothing
 * that several of them have together can be a finding, since each of those is a cycle.
 */
import type { SnapshotEdge } from '../../validator/snapshot-format.ts';
import type { WorkerResult } from './run-folder.ts';

/** Whether some way along the edges leads back, be it through classes that no rule would let it pass. */
function hasCycle(edges: readonly SnapshotEdge[]): boolean {
  const targets = new Map<string, Set<string>>();
  const sources = new Map<string, number>();
  for (const { from, to } of edges) {
    const known = targets.get(from) ?? new Set();
    targets.set(from, known);
    if (known.has(to)) continue;
    known.add(to);
    sources.set(to, (sources.get(to) ?? 0) + 1);
  }
  // Whatever no edge leads to any more is on no cycle, and nor are its own edges.
  const free = [...targets.keys()].filter((name) => !sources.has(name));
  for (let name = free.pop(); name !== undefined; name = free.pop())
    for (const to of targets.get(name) ?? []) {
      const left = sources.get(to)! - 1;
      if (left === 0) {
        sources.delete(to);
        free.push(to);
      } else sources.set(to, left);
    }
  return sources.size > 0;
}

/** Whether all that workers have seen is clean beyond doubt; where it is not, that must be judged. */
export function isQuiet(results: readonly WorkerResult[]): boolean {
  if (results.some(({ snapshot, verdicts }) => snapshot.findings.length > 0 || verdicts.length > 0))
    return false;
  return !hasCycle(results.flatMap(({ snapshot }) => snapshot.edges));
}
