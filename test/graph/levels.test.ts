import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DependencyGraph } from '../../src/graph/dependency-graph.ts';
import { attributesOf, draw, type Nodes, PLAIN, reachability } from './support.ts';

const NODES: Nodes = { serial: ['RCU'], loose: ['timer'] };

/** What is seen, the edges, names by level; those of one component are joined. */
type Case = readonly [string, string, string];

test.each<Case>([
  ['what is taken first is on top', 'B EE C; A EE B', 'A | B | C'],
  ['the longest way counts', 'A EE C; A EE B; B EE C', 'A | B | C'],
  ['what nothing orders shares a level', 'A EE C; B EE C', 'A B | C'],
  ['a cycle is one', 'A EE B; B EE C; C EE B; C EE D', 'A | B+C | D'],
  ['an edge on itself changes nothing', 'A EE A; A EE B', 'A | B'],
  ['custody is no order', 'RCU EE A custody; A EE RCU handoff', 'A | RCU'],
  ['nor is a hand-over to a loose executor', 'A EE timer handoff; timer EE B', 'A timer | B'],
  ['a weak cycle is no order either', 'A SR B; B SR A', 'A+B'],
])('%s', (_, text, expected) => {
  const { graph } = draw(text, NODES);
  expect(render(graph)).toBe(expected);
});

test('provisional edges count in their pass alone', () => {
  const { graph } = draw('A EE B; B EE A provisional; B EE C provisional');
  expect(render(graph)).toBe('A+B | C');
  graph.beginPass();
  expect(render(graph)).toBe('A C | B');
});

test('a graph without nodes has no levels', () => {
  expect(new DependencyGraph().levels()).toEqual([]);
});

test('levels are the lengths of the longest ways through the components', () => {
  const nodeCount = 8;
  const node = fc.nat({ max: nodeCount - 1 });
  const agrees = (arcs: [number, number][]): void => {
    const graph = new DependencyGraph();
    for (let id = 0; id < nodeCount; id++) graph.addNode(attributesOf(`N${id}`));
    for (const [from, to] of arcs) graph.observe(from, to, 'order', 'exclusive', 'exclusive', PLAIN);
    const levels = graph.levels();
    const reaches = reachability(nodeCount, arcs);
    const isOne = (a: number, b: number): boolean => a === b || (reaches[a]![b]! && reaches[b]![a]!);
    const depth = (id: number): number =>
      Math.max(
        0,
        ...Array.from({ length: nodeCount }, (_, a) =>
          reaches[a]![id]! && !isOne(a, id) ? depth(a) + 1 : 0,
        ),
      );
    expect(levels.flat(2).toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: nodeCount }, (_, id) => id),
    );
    levels.forEach((components, level) => {
      const firsts = components.map(([first]) => first!);
      expect(firsts).toEqual(firsts.toSorted((a, b) => a - b));
      for (const component of components) {
        const [first] = component;
        expect(depth(first!)).toBe(level);
        expect(component).toEqual(
          Array.from({ length: nodeCount }, (_, id) => id).filter((id) => isOne(id, first!)),
        );
      }
    });
  };
  fc.assert(fc.property(fc.array(fc.tuple(node, node), { maxLength: 14 }), agrees), { numRuns: 500 });
});

function render(graph: DependencyGraph<string>): string {
  const name = (ids: readonly number[]): string => ids.map((id) => graph.node(id).name).join('+');
  return graph
    .levels()
    .map((level) => level.map(name).toSorted().join(' '))
    .join(' | ');
}
