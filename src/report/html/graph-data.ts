/** From a snapshot to what the page's script draws and shows. */
import type { Severity, Snapshot, SnapshotEdge, SnapshotFinding } from '../../validator/snapshot-format.ts';
import type { WeightedArc } from './against-order.ts';
import { createBlocks } from '../blocks.ts';
import { type ClassesByName, createContext } from '../context.ts';
import { isExecutorKind } from '../drawing.ts';
import { escapeText, formatName } from '../escape.ts';
import { findCurvatures } from './curvature.ts';
import { listFacts } from './edge-facts.ts';
import type { GraphData, GraphEdge, GraphFinding, TextIndex } from './graph-data-format.ts';
import { type Layout, layOut } from './graph-layout.ts';

/** More than a reader can tell apart, and than a browser opens at once. */
const MAX_DRAWN_EDGES = 20_000;

/** A declared order is the order, however often it was not kept. */
const DECLARED_WEIGHT = 1_000_000_000;

const RANKS: Readonly<Record<Severity, number>> = { note: 0, warning: 1, error: 2 };

class Texts {
  readonly list: string[] = [];
  readonly #indices = new Map<string, TextIndex>();

  indexOf(text: string): TextIndex {
    const known = this.#indices.get(text);
    if (known !== undefined) return known;
    this.#indices.set(text, this.list.length);
    return this.list.push(text) - 1;
  }
}

/** The edges to draw, as indices: those of findings always, and of the others as many as there is room for. */
function selectEdges(
  { edges }: Snapshot,
  findings: readonly SnapshotFinding[],
  max: number = MAX_DRAWN_EDGES,
): number[] {
  if (edges.length <= max) return [...edges.keys()];
  const wanted = new Set(
    findings.flatMap((finding) => finding.edges).filter((index) => index < edges.length),
  );
  const others = [...edges.keys()].filter((index) => !wanted.has(index));
  // Seen often is what the program does; of the rest nobody knows.
  others.sort((a, b) => edges[b]!.count - edges[a]!.count || a - b);
  const kept = [...wanted, ...others.slice(0, Math.max(0, max - wanted.size))];
  return kept.sort((a, b) => a - b);
}

function rate<T>(ratings: Map<T, Severity>, key: T, severity: Severity): void {
  const known = ratings.get(key);
  if (known === undefined || RANKS[severity] > RANKS[known]) ratings.set(key, severity);
}

function isDashed({ kind }: SnapshotEdge): boolean {
  return kind === 'custody' || kind === 'handoff';
}

/** Everything there is about the drawing, besides the texts. */
interface Plan {
  names: string[];
  arcs: WeightedArc[];
  layout: Layout;
  curvatures: number[];
}

function planGraph(snapshot: Snapshot, edges: readonly SnapshotEdge[]): Plan {
  const nodes = new Map<string, number>();
  const nodeOf = (name: string): number => {
    const index = nodes.get(name) ?? nodes.size;
    nodes.set(name, index);
    return index;
  };
  const isWhole = edges.length === snapshot.edges.length;
  if (isWhole) for (const { name } of snapshot.classes) nodeOf(name);
  const arcs = edges.map(({ from, to, count, declared }) => ({
    from: nodeOf(from),
    to: nodeOf(to),
    weight: declared === true ? DECLARED_WEIGHT : Math.max(1, count),
  }));
  const layout = layOut(nodes.size, arcs);
  const curvatures = findCurvatures(
    edges.map((edge, index) => {
      const { from, to } = arcs[index]!;
      const [fromLevel, toLevel] = [layout.positions[from]!.level, layout.positions[to]!.level];
      return { from, to, fromLevel, toLevel, isDashed: isDashed(edge) };
    }),
  );
  return { names: [...nodes.keys()], arcs, layout, curvatures };
}

/** One edge in the words of the reports. */
function describeEdge(
  edge: SnapshotEdge,
  snapshot: Snapshot,
  classes: ClassesByName,
  texts: Texts,
): Pick<GraphEdge, 'title' | 'remark' | 'rows' | 'facts' | 'stacks'> {
  const alone: SnapshotFinding = {
    code: 'circular-dependency',
    certainty: 'potential',
    severity: 'note',
    chain: [edge.from, edge.to],
    edges: [0],
    flows: 0,
    count: edge.count,
    message: '',
    fingerprint: '',
  };
  const [block] = createBlocks(createContext(alone, { ...snapshot, edges: [edge] }, classes));
  const text = (value: string): TextIndex => texts.indexOf(escapeText(value.replaceAll('\t', ' ')));
  const stacks = (['held', 'requested'] as const)
    .map((role) => ({ role, frames: edge[role].frames }))
    .filter(({ frames }) => frames.length > 1);
  return {
    title: text(block?.title ?? ''),
    remark: text(block?.remark ?? ''),
    rows: (block?.rows ?? []).map(({ label, site, source }) => [
      text(label.trim()),
      text(site),
      ...(source === undefined ? ([] as const) : ([text(source)] as const)),
    ]),
    facts: listFacts(edge, snapshot).map(([label, value]) => [text(label), text(value)]),
    stacks: stacks.map(({ role, frames }) => [
      text(role === 'held' ? 'first place, called from' : 'second place, called from'),
      frames.map(({ at, fn }) => text(fn === undefined ? at : `${fn} (${at})`)),
    ]),
  };
}

/** Draws the findings given, in their order, and what else was seen. */
export function createGraphData(
  snapshot: Snapshot,
  findings: readonly SnapshotFinding[],
  classes: ClassesByName,
  maxEdges: number = MAX_DRAWN_EDGES,
): GraphData {
  const indices = selectEdges(snapshot, findings, maxEdges);
  const edges = indices.map((index) => snapshot.edges[index]!);
  const drawnAt = new Map(indices.map((index, drawn) => [index, drawn]));
  const { names, arcs, layout, curvatures } = planGraph(snapshot, edges);
  const nodeAt = new Map(names.map((name, node) => [name, node]));
  const texts = new Texts();

  const edgeRatings = new Map<number, Severity>();
  const nodeRatings = new Map<number, Severity>();
  const found = findings.map((finding): GraphFinding => {
    const drawn = finding.edges.flatMap((index) => drawnAt.get(index) ?? []);
    for (const index of drawn) {
      rate(edgeRatings, index, finding.severity);
      rate(nodeRatings, arcs[index]!.from, finding.severity);
      rate(nodeRatings, arcs[index]!.to, finding.severity);
    }
    const node = nodeAt.get(finding.chain[0] ?? '');
    if (drawn.length > 0 || node === undefined) return { edges: drawn };
    rate(nodeRatings, node, finding.severity);
    return { edges: drawn, node };
  });

  return {
    texts: texts.list,
    nodes: names.map((name, node) => {
      const { x, y, level } = layout.positions[node]!;
      const severity = nodeRatings.get(node);
      const kind = classes.get(name)?.kind ?? 'mutex';
      return {
        name: texts.indexOf(formatName(name)),
        kind: texts.indexOf(escapeText(kind)),
        level,
        x,
        y,
        ...(isExecutorKind(kind) ? { executor: true } : {}),
        ...(severity === undefined ? {} : { severity }),
      };
    }),
    edges: edges.map((edge, index) => {
      const severity = edgeRatings.get(index);
      const { from, to } = arcs[index]!;
      return {
        from,
        to,
        kind: edge.kind,
        curvature: curvatures[index]!,
        ...(layout.against.has(arcs[index]!) ? { against: true } : {}),
        ...(severity === undefined ? {} : { severity }),
        ...describeEdge(edge, snapshot, classes, texts),
      };
    }),
    levels: layout.levels,
    findings: found,
  };
}
