import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DependencyGraph } from '../../src/graph/dependency-graph.ts';
import type { Edge, Observation } from '../../src/graph/edge.ts';
import type { EdgeKind, HoldMode, RequestMode } from '../../src/graph/vocabulary.ts';
import { attributesOf, isClosed, PLAIN } from './support.ts';

interface Arrow {
  from: number;
  to: number;
  kind: EdgeKind;
  fromMode: HoldMode;
  toMode: RequestMode;
  observation: Observation;
}

const NODES = ['A', 'B', 'C', 'D', 'serial', 'loose', 'unfair'];
const KINDS = { serial: ['serial'], loose: ['loose'], unfair: ['unfair'] };

function arrows(options: {
  kinds: EdgeKind[];
  gates: number[];
  sim: boolean;
  nodes: number;
  max: number;
}): fc.Arbitrary<Arrow[]> {
  const node = fc.nat({ max: options.nodes - 1 });
  const arrow = fc.record({
    from: node,
    to: node,
    kind: fc.constantFrom(...options.kinds),
    fromMode: fc.constantFrom<HoldMode>('exclusive', 'shared'),
    toMode: fc.constantFrom<RequestMode>('exclusive', 'shared', 'recursive'),
    observation: fc.record({
      evidence: fc.constantFrom('nested' as const, 'proven' as const),
      isBreakable: fc.boolean(),
      isSimultaneous: options.sim ? fc.boolean() : fc.constant(false),
      isProvisional: fc.boolean(),
      isWaiting: fc.boolean(),
      gates: fc
        .subarray(options.gates)
        .map((gates) => gates.filter((gate, i) => !gates.slice(0, i).includes(-gate)))
        .map((gates) => gates.toSorted((a, b) => a - b)),
    }),
  });
  return fc.array(arrow, { minLength: 1, maxLength: options.max });
}

function build(list: readonly Arrow[]): DependencyGraph<number> {
  const graph = new DependencyGraph<number>();
  for (const name of NODES) graph.addNode(attributesOf(name, KINDS));
  for (const { from, to, kind, fromMode, toMode, observation } of list)
    graph.observe(from, to, kind, fromMode, toMode, observation);
  return graph;
}

function searched(graph: DependencyGraph<number>, accepts: (edge: Edge<number>) => boolean): Edge<number>[] {
  return [...graph.edges()].filter((edge) => {
    const { isExecutor, isSerial } = graph.node(edge.to);
    return edge.kind !== 'custody' && !(edge.kind === 'handoff' && isExecutor && !isSerial) && accepts(edge);
  });
}

function isStrong(edges: readonly Edge<number>[]): boolean {
  return edges.every((edge, i) => edges.at(i - 1)!.toMode !== 'recursive' || edge.fromMode !== 'shared');
}

/** Two flows with one lock in hand, one of them exclusively, are never in a deadlock together. */
function isImpossible(edges: readonly Edge<number>[]): boolean {
  return edges.some((a, i) =>
    edges.some((b, j) => i < j && a.gates.some((g) => b.gates.some((h) => g === -h || (g === h && g > 0)))),
  );
}

function isSimultaneousOnly(edges: readonly Edge<number>[], graph: DependencyGraph<number>): boolean {
  return edges.every((edge) => edge.isSimultaneous && graph.node(edge.from).isFair);
}

/** 0 real, 1 simultaneous alone, 2 gated, 3 none: straight from design section 3. */
function worth(edges: readonly Edge<number>[], graph: DependencyGraph<number>): number {
  if (!isClosed(edges) || !isStrong(edges) || edges.every((edge) => edge.kind === 'handoff')) return 3;
  if (isImpossible(edges)) return 2;
  return isSimultaneousOnly(edges, graph) ? 1 : 0;
}

/** Every simple closed path that begins with `first`. */
function* cyclesThrough(
  first: Edge<number>,
  among: readonly Edge<number>[],
  path: Edge<number>[] = [first],
): Generator<Edge<number>[]> {
  const last = path.at(-1)!;
  if (last.to === first.from) {
    yield path;
    return;
  }
  for (const edge of among) {
    if (edge.from !== last.to || path.some((other) => other.to === edge.to)) continue;
    yield* cyclesThrough(first, among, [...path, edge]);
  }
}

function agreesWithEnumeration(
  list: readonly Arrow[],
  accepts: (edge: Edge<number>) => boolean = () => true,
): void {
  const graph = build(list);
  const among = searched(graph, accepts);
  for (const first of graph.edges()) {
    const all = among.includes(first) ? [...cyclesThrough(first, among)] : [];
    const best = Math.min(3, ...all.map((cycle) => worth(cycle, graph)));
    const shortest = Math.min(
      ...all.filter((cycle) => worth(cycle, graph) === best).map((cycle) => cycle.length),
    );
    const cycle = graph.findCycle(first, { accepts });
    expect(cycle === undefined ? 3 : worth(cycle.edges, graph)).toBe(best);
    if (cycle === undefined) continue;
    expect(cycle.edges[0]).toBe(first);
    expect(cycle.edges.every((edge) => among.includes(edge))).toBe(true);
    expect(cycle.edges).toHaveLength(shortest);
    expect(new Set(cycle.edges.map((edge) => edge.from)).size).toBe(shortest);
    expect(cycle.gates.length > 0).toBe(isImpossible(cycle.edges));
    expect(cycle.isSimultaneousOnly).toBe(isSimultaneousOnly(cycle.edges, graph));
  }
}

const EVERYTHING = {
  kinds: ['order', 'order', 'wait', 'handoff', 'custody'] as EdgeKind[],
  gates: [1, 2, -2, 3],
  sim: true,
  nodes: 7,
  max: 18,
};

test('a search finds a shortest cycle of the best sort, as enumeration does', () => {
  fc.assert(
    fc.property(arrows(EVERYTHING), (list) => agreesWithEnumeration(list)),
    { numRuns: 1500 },
  );
});

test('it does so with few classes and many gates', () => {
  const options = {
    kinds: ['order', 'handoff'] as EdgeKind[],
    gates: [1, 2, -2, 3, 4, -5],
    sim: true,
    nodes: 5,
    max: 16,
  };
  fc.assert(
    fc.property(arrows(options), (list) => agreesWithEnumeration(list)),
    { numRuns: 1500 },
  );
});

test('it does so among readers', () => {
  const options = { kinds: ['order'] as EdgeKind[], gates: [], sim: false, nodes: 6, max: 16 };
  fc.assert(
    fc.property(arrows(options), (list) => agreesWithEnumeration(list)),
    { numRuns: 1500 },
  );
});

test('it does so over the edges that are let through', () => {
  fc.assert(
    fc.property(arrows(EVERYTHING), (list) =>
      agreesWithEnumeration(list, (edge) => edge.evidence === 'proven' && !edge.isBreakable),
    ),
    { numRuns: 500 },
  );
});

test('it does so after a pass has taken edges away', () => {
  const twoPasses = fc.tuple(arrows(EVERYTHING), arrows(EVERYTHING));
  const agrees = ([before, after]: [Arrow[], Arrow[]]): void => {
    const graph = build(before);
    graph.beginPass();
    for (const { from, to, kind, fromMode, toMode, observation } of after)
      graph.observe(from, to, kind, fromMode, toMode, observation);
    const fresh = build([...before.filter(({ observation }) => !observation.isProvisional), ...after]);
    const found = (made: DependencyGraph<number>): (readonly [number, number] | undefined)[] =>
      [...made.edges()]
        .toSorted((a, b) => key(a).localeCompare(key(b)))
        .map((edge) => made.findCycle(edge))
        .map((cycle) => cycle && ([worth(cycle.edges, made), cycle.edges.length] as const));
    expect(found(graph)).toEqual(found(fresh));
  };
  fc.assert(fc.property(twoPasses, agrees), { numRuns: 500 });
});

function key(edge: Edge<number>): string {
  return [edge.from, edge.to, edge.kind, edge.fromMode, edge.toMode].join();
}

/**
 * What is lost by asking for simple cycles: nothing, for a closed walk that is none falls apart into one
 * that is.
 */
test('wherever there is a strong closed walk, there is a strong cycle', () => {
  const options = { kinds: ['order', 'wait'] as EdgeKind[], gates: [], sim: false, nodes: 6, max: 14 };
  const agrees = (list: Arrow[]): void => {
    const graph = build(list.map((arrow) => ({ ...arrow, observation: PLAIN })));
    const edges = [...graph.edges()];
    const follows = (a: Edge<number>, b: Edge<number>): boolean =>
      a.to === b.from && (a.toMode !== 'recursive' || b.fromMode !== 'shared');
    const onWalk = edges.some((start) => {
      const reached = new Set(edges.filter((edge) => follows(start, edge)));
      for (const edge of reached) for (const next of edges) if (follows(edge, next)) reached.add(next);
      return reached.has(start);
    });
    expect(edges.some((edge) => graph.findCycle(edge) !== undefined)).toBe(onWalk);
  };
  fc.assert(fc.property(arrows(options), agrees), { numRuns: 1500 });
});
