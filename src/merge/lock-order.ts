import type { Snapshot } from '../validator/snapshot-format.ts';
import { LoadedGraph } from './loaded-graph.ts';

/** Classes that are taken one level after the other; several in one knot are taken in a circle. */
export type LockOrder = string[][][];

/** Finds the order in which a program takes its locks, the first level first. Classes without edges are left out. */
export function findLockOrder({ classes, edges }: Snapshot): LockOrder {
  const { graph } = new LoadedGraph(classes, edges);
  const used = new Set(edges.flatMap(({ from, to }) => [from, to]));
  return graph
    .levels()
    .map((level) =>
      level
        .map((knot) => knot.map((node) => graph.node(node).name).filter((name) => used.has(name)))
        .filter((knot) => knot.length > 0),
    )
    .filter((level) => level.length > 0);
}
