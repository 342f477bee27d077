import { DependencyGraph, type NodeAttributes } from '../../src/graph/dependency-graph.ts';
import type { Edge, Observation } from '../../src/graph/edge.ts';
import type { EdgeKind, Evidence, HoldMode, RequestMode } from '../../src/graph/vocabulary.ts';

/** The nodes that differ from a fair mutex, by name. */
export interface Nodes {
  readonly serial?: readonly string[];
  readonly loose?: readonly string[];
  readonly unfair?: readonly string[];
}

export interface Drawing {
  readonly graph: DependencyGraph<string>;
  /** One edge a line. */
  readonly edges: readonly Edge<string>[];
}

const HOLDS: Record<string, HoldMode> = { E: 'exclusive', S: 'shared' };
const REQUESTS: Record<string, RequestMode> = { E: 'exclusive', S: 'shared', R: 'recursive' };
const KINDS = new Set<string>(['order', 'custody', 'handoff', 'wait']);
const GRADES = new Set<string>(['nested', 'signalled', 'proven']);

export const PLAIN: Observation = {
  evidence: 'proven',
  isBreakable: false,
  isSimultaneous: false,
  isProvisional: false,
  isWaiting: false,
  gates: [],
};

export function attributesOf(name: string, nodes: Nodes = {}): NodeAttributes {
  const isSerial = nodes.serial?.includes(name) ?? false;
  const isExecutor = isSerial || (nodes.loose?.includes(name) ?? false);
  return { name, capacity: 1, isFair: !(nodes.unfair?.includes(name) ?? false), isExecutor, isSerial };
}

/**
 * Draws a graph from lines divided by `;`. A line is `A EE B`: A was held (E or S) when B was asked for (E,
 * S or R). Words may follow: a kind, an evidence, `breakable`, `sim`, `provisional`, `waiting`,
 * `gates=1,2`, `in=RCU` (the custodian).
 */
export function draw(text: string, nodes: Nodes = {}): Drawing {
  const graph = new DependencyGraph<string>();
  const ids = new Map<string, number>();
  const id = (name: string): number => {
    const known = ids.get(name);
    if (known !== undefined) return known;
    const made = graph.addNode(attributesOf(name, nodes));
    ids.set(name, made);
    return made;
  };
  const lines = text.split(';').map((line) => line.trim());
  const edges = lines.map((line) => {
    const [from, modes, to, ...words] = line.split(/\s+/) as [string, string, string, ...string[]];
    const kind = (words.find((word) => KINDS.has(word)) ?? 'order') as EdgeKind;
    const gates =
      words
        .find((word) => word.startsWith('gates='))
        ?.slice(6)
        .split(',')
        .map(Number) ?? [];
    const custodian = words.find((word) => word.startsWith('in='))?.slice(3);
    const observation: Observation = {
      evidence: (words.find((word) => GRADES.has(word)) ?? 'proven') as Evidence,
      isBreakable: words.includes('breakable'),
      isSimultaneous: words.includes('sim'),
      isProvisional: words.includes('provisional'),
      isWaiting: words.includes('waiting'),
      gates,
      ...(custodian === undefined ? {} : { custodian: id(custodian) }),
    };
    return graph.observe(
      id(from),
      id(to),
      kind,
      HOLDS[modes[0]!]!,
      REQUESTS[modes[1]!]!,
      observation,
      () => line,
    ).edge;
  });
  return { graph, edges };
}

/** `A→B→A` */
export function chain(edges: readonly Edge<string>[], graph: DependencyGraph<string>): string {
  return [...edges, edges[0]!].map((edge) => graph.node(edge.from).name).join('→');
}

export function isClosed(edges: readonly Edge<unknown>[]): boolean {
  return edges.length > 0 && edges.every((edge, i) => edges.at(i - 1)!.to === edge.from);
}

/** Which nodes reach which, by at least one arc. */
export function reachability(nodeCount: number, arcs: Iterable<readonly [number, number]>): boolean[][] {
  const reaches = Array.from({ length: nodeCount }, () => Array.from({ length: nodeCount }, () => false));
  for (const [from, to] of arcs) reaches[from]![to] = true;
  for (let via = 0; via < nodeCount; via++)
    for (let from = 0; from < nodeCount; from++)
      for (let to = 0; to < nodeCount; to++)
        reaches[from]![to] ||= reaches[from]![via]! && reaches[via]![to]!;
  return reaches;
}
