/**
 * Where a cycle is read from. The same cycle must give the same chain whichever of its edges closed it, and a
 * chain through an executor reads best from the lock that waits on it.
 */
import type { DependencyGraph } from './dependency-graph.ts';
import type { Edge } from './edge.ts';

/**
 * Returns the cycle, begun at the edge that enters an executor (from a lock rather than from another
 * executor), and else at the name that is smallest by code units. What this leaves open is decided by the
 * names that follow, then by the age of the edges.
 */
export function canonicalRotation<Data>(
  cycle: readonly Edge<Data>[],
  graph: DependencyGraph<Data>,
): Edge<Data>[] {
  const preference = (edge: Edge<Data>): number => {
    if (!graph.node(edge.to).isExecutor) return 2;
    return graph.node(edge.from).isExecutor ? 1 : 0;
  };
  const rotations = cycle.map((_, start) => [...cycle.slice(start), ...cycle.slice(0, start)]);
  const best = Math.min(...cycle.map(preference));
  return rotations
    .filter(([first]) => first !== undefined && preference(first) === best)
    .reduce((chosen, rotation) => (compareRotations(rotation, chosen, graph) < 0 ? rotation : chosen));
}

function compareRotations<Data>(
  a: readonly Edge<Data>[],
  b: readonly Edge<Data>[],
  graph: DependencyGraph<Data>,
): number {
  for (const [i, edge] of a.entries()) {
    const name = graph.node(edge.from).name;
    const other = graph.node(b[i]!.from).name;
    if (name !== other) return name < other ? -1 : 1;
  }
  return a[0]!.index - b[0]!.index;
}
