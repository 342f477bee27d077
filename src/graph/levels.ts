/**
 * The lock order that a program already follows: nodes by level, top is taken first.
 *
 * Levels are those of Kahn's topological sort (graphology-dag), so a node's level is the length of the
 * longest path that leads to it. It refuses cyclic graphs, so it runs over the strongly connected
 * components.
 */
import { loadDag, loadGraphology } from './graphology.ts';

/**
 * The components of one level; a component of several nodes is a knot of cycles. Ids ascend, and components
 * by their smallest.
 */
export type Level = readonly (readonly number[])[];

/** Sorts `nodeCount` nodes; `find` names the component of a node by one of its members. */
export function sortIntoLevels(
  nodeCount: number,
  arcs: Iterable<readonly [number, number]>,
  find: (node: number) => number,
): Level[] {
  const members = new Map<string, number[]>();
  const { DirectedGraph } = loadGraphology();
  const condensation = new DirectedGraph();
  for (let node = 0; node < nodeCount; node++) {
    const key = String(find(node));
    const others = members.get(key);
    if (others !== undefined) {
      others.push(node);
      continue;
    }
    members.set(key, [node]);
    condensation.addNode(key);
  }
  for (const [from, to] of arcs) {
    if (find(from) !== find(to)) condensation.mergeEdge(find(from), find(to));
  }
  return loadDag()
    .topologicalGenerations(condensation)
    .map((keys) => keys.map((key) => members.get(key)!).toSorted((a, b) => a[0]! - b[0]!));
}
