import type { GraphData, GraphEdge, GraphNode, TextIndex } from '../graph-data-format.ts';

/** The graph as the page knows it, with what leads in and out of each class. */
export interface Model extends GraphData {
  textAt: (index: TextIndex) => string;
  nameOf: (node: number) => string;
  nodeAt: (node: number) => GraphNode;
  edgeAt: (edge: number) => GraphEdge;
  /** Indices of the edges that lead into a class, and out of it. */
  into: number[][];
  outOf: number[][];
}

function groupEdges({ nodes, edges }: GraphData, end: 'from' | 'to'): number[][] {
  const lists = nodes.map((): number[] => []);
  for (const [index, edge] of edges.entries()) lists[edge[end]]?.push(index);
  return lists;
}

/** Reads the graph that is embedded in the page. */
export function readModel(text: string): Model {
  const data = JSON.parse(text) as GraphData;
  const textAt = (index: TextIndex): string => data.texts[index] ?? '';
  return {
    ...data,
    textAt,
    nameOf: (node) => textAt(data.nodes[node]!.name),
    nodeAt: (node) => data.nodes[node]!,
    edgeAt: (edge) => data.edges[edge]!,
    into: groupEdges(data, 'to'),
    outOf: groupEdges(data, 'from'),
  };
}
