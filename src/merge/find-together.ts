/** Findings of a merged graph: the rules of the live validator over the edges of all inputs. */
import type { Finding } from '../validator/finding.ts';
import type { SnapshotClass, SnapshotEdge, SnapshotFinding } from '../validator/snapshot-format.ts';
import { toSnapshotFinding } from '../validator/snapshot.ts';
import { findCycleFinding } from '../validator/verdicts.ts';
import { LoadedGraph } from './loaded-graph.ts';
import { compareGravity } from './merged-finding.ts';

/**
 * Finds what all edges make together, by fingerprint. The edges come in one order always, so the same
 * cycle is read from the same edges.
 */
export function findTogether(
  classes: readonly SnapshotClass[],
  edges: readonly SnapshotEdge[],
): Map<string, SnapshotFinding> {
  const loaded = new LoadedGraph(classes, edges);
  const found = new Map<string, SnapshotFinding>();
  for (const edge of loaded.indices.keys()) {
    const finding: Finding | undefined = findCycleFinding(
      loaded.graph,
      loaded.classes,
      edge,
      false,
      () => false,
    );
    if (finding === undefined) continue;
    const known = found.get(finding.fingerprint);
    if (known === undefined || compareGravity(finding, known) > 0)
      found.set(finding.fingerprint, toSnapshotFinding(finding, loaded.indices));
  }
  return found;
}
