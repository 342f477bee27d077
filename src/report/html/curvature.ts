/** How far each edge bends, so that no two lie on each other and a long one leaves the classes between alone. */

/** An edge with the levels of its ends. */
export interface BentEdge {
  from: number;
  to: number;
  fromLevel: number;
  toLevel: number;
  /** Only what is bent can be dashed. */
  isDashed: boolean;
}

const LEAST = 0.14;
const STEP = 0.12;
const AGAINST = 0.3;
/** In a larger graph nobody follows one edge by eye, and straight ones are drawn faster. */
const MANY_EDGES = 1000;

/** Finds the bend of each edge, as a share of its length. Bends are to the left of an edge's own direction. */
export function findCurvatures(edges: readonly BentEdge[]): number[] {
  const seen = new Map<string, number>();
  const counts = new Map<string, number>();
  const keyOf = ({ from, to }: BentEdge): string => `${Math.min(from, to)} ${Math.max(from, to)}`;
  for (const edge of edges) counts.set(keyOf(edge), (counts.get(keyOf(edge)) ?? 0) + 1);
  const isLarge = edges.length > MANY_EDGES;
  return edges.map((edge) => {
    const direction = `${edge.from} ${edge.to}`;
    const before = seen.get(direction) ?? 0;
    seen.set(direction, before + 1);
    const isAgainst = edge.toLevel < edge.fromLevel;
    const isAlone = counts.get(keyOf(edge)) === 1;
    const passesOthers = edge.toLevel - edge.fromLevel > 1 && !isLarge;
    if (isAlone && !isAgainst && !edge.isDashed && !passesOthers) return 0;
    return (isAgainst ? AGAINST : LEAST) + before * STEP;
  });
}
