import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DependencyGraph } from '../../src/graph/dependency-graph.ts';
import type { Edge, Observation } from '../../src/graph/edge.ts';
import type { Evidence } from '../../src/graph/vocabulary.ts';
import { attributesOf, draw, PLAIN } from './support.ts';

function describeEdge(edge: Edge<unknown>): string {
  const words = [
    edge.evidence,
    edge.isBreakable && 'breakable',
    edge.isSimultaneous && 'sim',
    edge.isProvisional && 'provisional',
    edge.isWaiting && 'waiting',
    !edge.isActive && 'inactive',
    edge.gates.length > 0 && `gates=${edge.gates.join(',')}`,
    `${edge.count}x`,
    edge.isSettled && 'settled',
  ];
  return words.filter(Boolean).join(' ');
}

/** What is seen of A → B, what the edge is then, and the observation whose data it keeps. */
type Case = readonly [string, string, string, number];

describe('an edge sums up its observations', () => {
  test.each<Case>([
    ['one', 'proven', 'proven 1x settled', 0],
    ['two alike', 'proven; proven', 'proven 2x settled', 0],
    ['the strongest evidence counts', 'nested; signalled; proven; nested', 'proven 4x settled', 2],
    ['breakable only if all are', 'proven breakable; proven breakable', 'proven breakable 2x', 0],
    ['one that is not breakable', 'proven breakable; proven', 'proven 2x settled', 1],
    ['breakable and stronger', 'nested; proven breakable', 'proven 2x settled', 1],
    ['simultaneous only if all are', 'proven sim; proven sim', 'proven sim 2x', 0],
    ['one that is not simultaneous', 'proven; proven sim', 'proven 2x settled', 0],
    ['gates of all', 'proven gates=1,2,3; proven gates=2,3,4', 'proven gates=2,3 2x', 1],
    ['one without gates', 'proven gates=1; proven', 'proven 2x settled', 1],
    ['weaker and freer keeps the data of the stronger', 'proven gates=1; nested', 'proven 2x settled', 0],
    ['in custody alone is not settled', 'proven in=RCU', 'proven 1x', 0],
    ['in custody and out of it', 'proven in=RCU; proven', 'proven 2x settled', 0],
    ['provisional alone', 'nested provisional waiting', 'nested provisional waiting 0x', 0],
    [
      'provisional ones sum up too',
      'nested provisional gates=1,2; proven provisional gates=2',
      'proven provisional gates=2 0x',
      1,
    ],
    [
      'provisional ones count no more once one is settled',
      'proven provisional; nested breakable gates=1',
      'nested breakable gates=1 1x',
      1,
    ],
    ['nor after', 'nested breakable gates=1; proven provisional', 'nested breakable gates=1 1x', 0],
    [
      'a settled edge can be waited for',
      'proven; nested provisional waiting',
      'proven waiting 1x settled',
      0,
    ],
    ['waiting is read of provisional ones alone', 'proven waiting', 'proven 1x settled', 0],
  ])('%s', (_, text, expected, kept) => {
    const lines = text.split(';').map((words) => `A EE B ${words.trim()}`);
    const edge = draw(lines.join(';'), { serial: ['RCU'] }).edges.at(-1)!;
    expect(describeEdge(edge)).toBe(expected);
    expect(edge.data).toBe(lines[kept]);
  });
});

describe('a pass', () => {
  test('takes away what is provisional alone', () => {
    const { graph, edges } = draw('A EE B provisional waiting; B EE A; B EE A provisional waiting');
    graph.beginPass();
    expect(edges.map(describeEdge)).toEqual([
      'proven provisional inactive 0x',
      'proven 1x settled',
      'proven 1x settled',
    ]);
    expect([...graph.edges()]).toEqual([edges[1]]);
  });

  test('starts a provisional edge anew, with new data', () => {
    const { graph, edges } = draw('A EE B provisional waiting');
    graph.beginPass();
    const nested: Observation = {
      ...PLAIN,
      evidence: 'nested',
      isBreakable: true,
      isProvisional: true,
      gates: [7],
    };
    const again = graph.observe(0, 1, 'order', 'exclusive', 'exclusive', nested, () => 'again');
    expect(again).toEqual({ edge: edges[0], isNew: false, isChanged: true });
    expect(describeEdge(again.edge)).toBe('nested breakable provisional gates=7 0x');
    expect(again.edge.data).toBe('again');
  });

  test('leaves an edge that was settled within it', () => {
    const { graph, edges } = draw('A EE B provisional waiting; A EE B');
    expect(describeEdge(edges[0]!)).toBe('proven waiting 1x settled');
    graph.beginPass();
    expect(describeEdge(edges[0]!)).toBe('proven 1x settled');
  });
});

describe('edges', () => {
  test('are one for each pair, kind and modes', () => {
    const { graph, edges } = draw('A EE B; A ES B; A ER B; A SE B; A EE B wait; B EE A; A EE B');
    expect(edges.map((edge) => edge.index)).toEqual([0, 1, 2, 3, 4, 5, 0]);
    expect(edges[6]).toBe(edges[0]);
    expect([...graph.edges()]).toEqual(edges.slice(0, 6));
    expect(graph.edgesFrom(0)).toEqual(edges.slice(0, 5));
    expect(graph.edgeBetween(0, 1, 'order', 'shared', 'exclusive')).toBe(edges[3]);
    expect(graph.edgeBetween(1, 0, 'order', 'shared', 'exclusive')).toBeUndefined();
  });

  test('are in graphology, with the nodes, whenever somebody asks', () => {
    const { graph, edges } = draw('A EE B; B ES C; A EE B wait');
    const listed = (): unknown[] =>
      graph.data.mapEdges((key, { edge }, from, to) => [Number(key), Number(from), Number(to), edge]);
    expect(graph.data.mapNodes((_, { attributes }) => attributes)).toEqual(graph.nodes);
    const before = [
      [0, 0, 1, edges[0]],
      [1, 1, 2, edges[1]],
      [2, 0, 1, edges[2]],
    ];
    expect(listed()).toEqual(before);

    const id = graph.addNode(attributesOf('D'));
    const { edge } = graph.observe(0, id, 'order', 'exclusive', 'exclusive', PLAIN);
    expect(listed()).toEqual([...before, [3, 0, 3, edge]]);
    expect(graph.data.getNodeAttribute(id, 'attributes')).toBe(graph.node(id));
  });

  test('are all forgotten', () => {
    const { graph } = draw('A EE B; B EE A');
    expect(graph.data.size).toBe(2);
    graph.clear();
    expect([graph.data.order, graph.data.size]).toEqual([0, 0]);
    expect([...graph.edges()]).toEqual([]);
    expect(graph.nodes).toEqual([]);
    expect(graph.levels()).toEqual([]);
    const a = graph.addNode(attributesOf('C'));
    const b = graph.addNode(attributesOf('D'));
    const { edge, isNew } = graph.observe(a, b, 'order', 'exclusive', 'exclusive', PLAIN);
    expect([a, b, edge.index, isNew, graph.findCycle(edge)]).toEqual([0, 1, 0, true, undefined]);
  });

  test('need nodes that are there', () => {
    const { graph } = draw('A EE B');
    expect(() => graph.observe(0, 2, 'order', 'exclusive', 'exclusive', PLAIN)).toThrow(
      'Expected the id of a node, got 2.',
    );
    expect(() => graph.node(-1)).toThrow(RangeError);
    expect([...graph.edges()]).toHaveLength(1);
  });
});

type Move = Observation | 'pass';

interface Summary {
  evidence: Evidence;
  isBreakable: boolean;
  isSimultaneous: boolean;
  isProvisional: boolean;
  gates: number[];
  custodians: number[];
  uncustodied: boolean;
  isActive: boolean;
  isWaiting: boolean;
}

const GRADES: readonly Evidence[] = ['nested', 'signalled', 'proven'];

/** The rule to the letter: all observations that count, looked at together. */
function summary(moves: readonly Move[]): Summary | undefined {
  const settled = moves.filter((move) => move !== 'pass').filter((move) => !move.isProvisional);
  const present = moves.slice(moves.lastIndexOf('pass') + 1) as Observation[];
  const provisional = present.filter((move) => move.isProvisional);
  const counted = settled.length > 0 ? settled : provisional;
  if (counted.length === 0) return undefined;
  const custodians = counted.map((move) => move.custodian).filter((custodian) => custodian !== undefined);
  return {
    evidence: GRADES.findLast((grade) => counted.some((move) => move.evidence === grade))!,
    isBreakable: counted.every((move) => move.isBreakable),
    isSimultaneous: counted.every((move) => move.isSimultaneous),
    isProvisional: settled.length === 0,
    gates: counted[0]!.gates.filter((gate) => counted.every((move) => move.gates.includes(gate))),
    custodians: [...new Set(custodians)],
    uncustodied: counted.some((move) => move.custodian === undefined),
    isActive: true,
    isWaiting: provisional.some((move) => move.isWaiting),
  };
}

test('an edge is what its observations say together, and changed when that changed', () => {
  const observation: fc.Arbitrary<Observation> = fc.record(
    {
      evidence: fc.constantFrom(...GRADES),
      isBreakable: fc.boolean(),
      isSimultaneous: fc.boolean(),
      isProvisional: fc.boolean(),
      isWaiting: fc.boolean(),
      gates: fc.subarray([1, 2, 3]),
      custodian: fc.nat({ max: 2 }),
    },
    { requiredKeys: ['evidence', 'isBreakable', 'isSimultaneous', 'isProvisional', 'isWaiting', 'gates'] },
  );
  const move: fc.Arbitrary<Move> = fc.oneof(
    { weight: 5, arbitrary: observation },
    { weight: 1, arbitrary: fc.constant('pass' as const) },
  );
  const agrees = (moves: Move[]): void => {
    const graph = new DependencyGraph<Observation>();
    for (const name of ['A', 'B']) graph.addNode(attributesOf(name));
    moves.forEach((next, i) => {
      const before = summary(moves.slice(0, i));
      const now = summary(moves.slice(0, i + 1));
      if (next === 'pass') return graph.beginPass();
      const { edge, isChanged, isNew } = graph.observe(
        0,
        1,
        'order',
        'exclusive',
        'exclusive',
        next,
        () => next,
      );
      expect(edge).toMatchObject(now!);
      expect(isChanged).toBe(JSON.stringify(before) !== JSON.stringify(now));
      expect(isNew).toBe(moves.slice(0, i).every((other) => other === 'pass'));
      expect(edge.count).toBe(
        moves.slice(0, i + 1).filter((other) => other !== 'pass' && !other.isProvisional).length,
      );
      expect(edge.data!.evidence).toBe(edge.evidence);
    });
  };
  fc.assert(fc.property(fc.array(move, { minLength: 1, maxLength: 12 }), agrees), { numRuns: 1000 });
});

test('nothing without custody changes an edge that is settled, but that it waits', () => {
  const observation = fc.record({
    evidence: fc.constantFrom(...GRADES),
    isBreakable: fc.boolean(),
    isSimultaneous: fc.boolean(),
    isProvisional: fc.constant(false),
    isWaiting: fc.boolean(),
    gates: fc.subarray([1, 2, 3]),
  });
  const holds = (next: Observation): void => {
    const { graph, edges } = draw('A EE B');
    expect(edges[0]!.isSettled).toBe(true);
    const { isChanged } = graph.observe(0, 1, 'order', 'exclusive', 'exclusive', next);
    expect(isChanged).toBe(false);
  };
  fc.assert(fc.property(observation, holds));
});
