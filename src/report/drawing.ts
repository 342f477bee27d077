/** What the graph formats draw: classes, and edges between them with whatever makes them stand out. */
import type { Severity, Snapshot, SnapshotEdge } from '../validator/snapshot-format.ts';

export interface DrawnNode {
  /** A name that every format takes as it is. */
  id: string;
  name: string;
  kind: string;
  /** The gravest finding whose chain leads through it. */
  severity: Severity | undefined;
}

export interface DrawnEdge {
  from: DrawnNode;
  to: DrawnNode;
  edge: SnapshotEdge;
  severity: Severity | undefined;
  label: string;
}

export interface Drawing {
  nodes: DrawnNode[];
  edges: DrawnEdge[];
}

const RANKS: Readonly<Record<Severity, number>> = { note: 0, warning: 1, error: 2 };

function graver(a: Severity | undefined, b: Severity): Severity {
  return a === undefined || RANKS[b] > RANKS[a] ? b : a;
}

/** Severities by edge: an edge on several chains has that of the gravest. */
function rateEdges({ findings }: Snapshot): Map<number, Severity> {
  const ratings = new Map<number, Severity>();
  for (const { edges, severity } of findings)
    for (const index of edges) ratings.set(index, graver(ratings.get(index), severity));
  return ratings;
}

function formatLabel({ kind, count, declared }: SnapshotEdge): string {
  const words = [kind === 'order' ? '' : kind, declared === true ? 'declared' : '', String(count)];
  return words.filter((word) => word !== '').join(' ');
}

/** Plans a drawing of the edges given by their indices, or of the whole snapshot. */
export function createDrawing(snapshot: Snapshot, indices?: readonly number[]): Drawing {
  const ratings = rateEdges(snapshot);
  const kinds = new Map(snapshot.classes.map(({ name, kind }) => [name, kind]));
  const nodes = new Map<string, DrawnNode>();
  const nodeOf = (name: string): DrawnNode => {
    const known = nodes.get(name);
    if (known !== undefined) return known;
    const node = { id: `n${nodes.size}`, name, kind: kinds.get(name) ?? 'mutex', severity: undefined };
    nodes.set(name, node);
    return node;
  };
  if (indices === undefined) for (const { name } of snapshot.classes) nodeOf(name);
  const edges = (indices ?? [...snapshot.edges.keys()]).flatMap((index): DrawnEdge[] => {
    const edge = snapshot.edges[index];
    if (edge === undefined) return [];
    const [from, to] = [nodeOf(edge.from), nodeOf(edge.to)];
    const severity = ratings.get(index);
    for (const node of severity === undefined ? [] : [from, to])
      node.severity = graver(node.severity, severity!);
    return [{ from, to, edge, severity, label: formatLabel(edge) }];
  });
  return { nodes: [...nodes.values()], edges };
}

/** Tells whether an edge passes on an obligation, rather than waiting for one. */
export function isHandOver({ edge }: DrawnEdge): boolean {
  return edge.kind === 'custody' || edge.kind === 'handoff';
}

/** Tells whether whoever waits for a class waits for somebody to run, rather than to release. */
export function isExecutorKind(kind: string): boolean {
  return kind === 'executor' || kind === 'rcu' || kind === 'context';
}

/** Colours that can be told apart on white and on black. */
export const COLORS: Readonly<Record<Severity, string>> = {
  error: '#d1242f',
  warning: '#bf8700',
  note: '#0969da',
};
