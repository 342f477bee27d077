import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ComponentOrder } from '../../src/graph/component-order.ts';
import { reachability } from './support.ts';

type Arc = readonly [number, number];

function orderOf(nodeCount: number): ComponentOrder {
  const order = new ComponentOrder();
  for (let node = 0; node < nodeCount; node++) order.addNode();
  return order;
}

/** Components are those of mutual reachability, and arcs between them go up. */
function faults(order: ComponentOrder, nodeCount: number, arcs: readonly Arc[]): string[] {
  const reaches = reachability(nodeCount, arcs);
  const found: string[] = [];
  for (let a = 0; a < nodeCount; a++)
    for (let b = 0; b < nodeCount; b++) {
      const isMutual = a === b || (reaches[a]![b]! && reaches[b]![a]!);
      if ((order.find(a) === order.find(b)) !== isMutual) found.push(`component of ${a} and ${b}`);
      if ((order.compare(a, b) === 0) !== isMutual) found.push(`place of ${a} and ${b}`);
      if (reaches[a]![b]! && !isMutual && order.compare(a, b) > 0) found.push(`${a} before ${b}`);
    }
  return found;
}

function expectOrderedThroughout(nodeCount: number, arcs: readonly Arc[]): void {
  const order = orderOf(nodeCount);
  arcs.forEach(([from, to], i) => {
    const wasOne = order.find(from) === order.find(to);
    const hasMerged = order.insert(from, to);
    expect(hasMerged).toBe(!wasOne && order.find(from) === order.find(to));
    expect(faults(order, nodeCount, arcs.slice(0, i + 1))).toEqual([]);
  });
}

test.each<readonly [string, readonly Arc[]]>([
  ['an arc upwards', [[0, 1]]],
  ['an arc downwards', [[1, 0]]],
  ['an arc to itself', [[0, 0]]],
  [
    'two arcs against each other',
    [
      [0, 1],
      [1, 0],
    ],
  ],
  [
    'a chain built from its end',
    [
      [3, 4],
      [2, 3],
      [1, 2],
      [0, 1],
    ],
  ],
  [
    'a chain closed at last',
    [
      [0, 1],
      [1, 2],
      [2, 3],
      [3, 4],
      [4, 0],
    ],
  ],
  [
    'a chain closed in the middle',
    [
      [0, 1],
      [1, 2],
      [2, 3],
      [3, 4],
      [3, 1],
    ],
  ],
  [
    'two cycles joined to one',
    [
      [0, 1],
      [1, 0],
      [2, 3],
      [3, 2],
      [1, 2],
      [3, 0],
    ],
  ],
  [
    'two cycles in a row',
    [
      [2, 3],
      [3, 2],
      [0, 1],
      [1, 0],
      [3, 0],
    ],
  ],
  [
    'a cycle that leaves its neighbours out',
    [
      [0, 2],
      [2, 1],
      [1, 3],
      [4, 1],
      [1, 2],
    ],
  ],
])('components are in order after each arc of %s', (_, arcs) => expectOrderedThroughout(5, arcs));

test('components are in order after each of any arcs', () => {
  const arcsOf = (nodeCount: number, max: number): fc.Arbitrary<[number, Arc[]]> => {
    const node = fc.nat({ max: nodeCount - 1 });
    return fc.tuple(fc.constant(nodeCount), fc.array(fc.tuple(node, node), { maxLength: max, size: 'max' }));
  };
  const sizes = fc.oneof(arcsOf(4, 10), arcsOf(8, 20), arcsOf(14, 30));
  fc.assert(
    fc.property(sizes, ([nodeCount, arcs]) => expectOrderedThroughout(nodeCount, arcs)),
    { numRuns: 600 },
  );
});

test('components are in order after each arc of an order that is learnt at random', () => {
  const nodeCount = 12;
  const all = Array.from({ length: nodeCount }, (_, i) => i).flatMap((a) =>
    Array.from({ length: a }, (_, b): Arc => [a, b]),
  );
  const orders = fc.shuffledSubarray(all, { maxLength: 40 });
  fc.assert(
    fc.property(orders, (arcs) => expectOrderedThroughout(nodeCount, arcs)),
    { numRuns: 300 },
  );
});

test('components are right in a large graph, whatever the arcs', () => {
  const nodeCount = 400;
  const node = fc.nat({ max: nodeCount - 1 });
  const sparse = fc.array(fc.tuple(node, node), { minLength: 300, maxLength: 700, size: 'max' });
  const near = fc.array(fc.tuple(node, fc.integer({ min: -2, max: 12 })), {
    minLength: 400,
    maxLength: 1500,
    size: 'max',
  });
  const local = near.map((pairs) =>
    pairs.map(([from, by]): Arc => [from, Math.min(nodeCount - 1, Math.max(0, from + by))]),
  );
  const agrees = (arcs: readonly Arc[]): void => {
    const order = orderOf(nodeCount);
    for (const [from, to] of arcs) order.insert(from, to);
    for (const [from, to] of arcs) expect(order.compare(from, to)).toBeLessThanOrEqual(0);
    const components = tarjan(nodeCount, arcs);
    for (let a = 0; a < nodeCount; a++) expect(order.find(a)).toBe(order.find(components[a]!));
    expect(new Set(components).size).toBe(new Set(components.map((a) => order.find(a))).size);
  };
  fc.assert(fc.property(fc.oneof(sparse, local), agrees), { numRuns: 60 });
});

/** Names each node's component by one of its nodes (Tarjan 1972). */
function tarjan(nodeCount: number, arcs: readonly Arc[]): number[] {
  const heads: number[][] = Array.from({ length: nodeCount }, () => []);
  for (const [from, to] of arcs) heads[from]!.push(to);
  const visited = new Map<number, number>();
  const low = new Map<number, number>();
  const component: number[] = [];
  const stack: number[] = [];
  const visit = (node: number): void => {
    visited.set(node, visited.size);
    low.set(node, visited.get(node)!);
    stack.push(node);
    for (const head of heads[node]!) {
      if (!visited.has(head)) visit(head);
      if (component[head] === undefined) low.set(node, Math.min(low.get(node)!, low.get(head)!));
    }
    if (low.get(node) !== visited.get(node)) return;
    for (let member = stack.pop()!; ; member = stack.pop()!) {
      component[member] = node;
      if (member === node) break;
    }
  };
  for (let node = 0; node < nodeCount; node++) if (!visited.has(node)) visit(node);
  return component;
}
