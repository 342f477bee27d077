import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findAgainst } from '../../src/report/html/against-order.ts';
import { layOut } from '../../src/report/html/graph-layout.ts';
import { findComponents } from '../../src/report/html/strong-components.ts';

const NODES = 8;
const node = fc.nat(NODES - 1);
const arcs = fc.array(fc.record({ from: node, to: node, weight: fc.integer({ min: 1, max: 9 }) }), {
  maxLength: 30,
});

/** Who can be reached from whom, by trying every way. */
function findReachable(pairs: readonly { from: number; to: number }[]): boolean[][] {
  const reach = Array.from({ length: NODES }, (_, a) => Array.from({ length: NODES }, (_, b) => a === b));
  for (const { from, to } of pairs) reach[from]![to] = true;
  for (let k = 0; k < NODES; k++)
    for (let a = 0; a < NODES; a++)
      for (let b = 0; b < NODES; b++) if (reach[a]![k]! && reach[k]![b]!) reach[a]![b] = true;
  return reach;
}

describe('components', () => {
  test('are the classes of what reaches each other', () => {
    fc.assert(
      fc.property(arcs, (given) => {
        const reach = findReachable(given);
        const expected = new Map<string, number[]>();
        for (let a = 0; a < NODES; a++) {
          const members = [...reach.keys()].filter((b) => reach[a]![b]! && reach[b]![a]!);
          expected.set(members.join(), members);
        }
        const found = findComponents(
          NODES,
          given.map(({ from, to }) => [from, to] as const),
        );
        expect(found.map((members) => members.join()).sort()).toEqual([...expected.keys()].sort());
      }),
    );
  });

  test('of a chain longer than the stack is deep', () => {
    const long = Array.from({ length: 100_000 }, (_, index) => [index, index + 1] as const);
    expect(findComponents(100_001, long)).toHaveLength(100_001);
  });
});

describe('edges against the order', () => {
  test('leave no circle, and are only where there was one', () => {
    fc.assert(
      fc.property(arcs, (given) => {
        const against = findAgainst(NODES, given);
        const rest = given.filter((arc) => !against.has(arc) && arc.from !== arc.to);
        const after = findReachable(rest);
        for (const { from, to } of rest) expect(after[to]![from]).toBe(false);
        const before = findReachable(given);
        for (const { from, to } of against) expect(before[to]![from]).toBe(true);
      }),
    );
  });

  test.for([
    [[2, 1, 9], 1],
    [[9, 2, 1], 2],
    [[1, 9, 9], 0],
  ] as const)('of a circle seen %j times is the one seen least often', ([counts, least]) => {
    const circle = counts.map((weight, index) => ({ from: index, to: (index + 1) % 3, weight }));
    expect([...findAgainst(3, circle)]).toEqual([circle[least]]);
  });
});

describe('the layout', () => {
  test('leads down, gives each class a place of its own, and keeps it in its stripe', () => {
    fc.assert(
      fc.property(arcs, (given) => {
        const { positions, levels, against } = layOut(NODES, given);
        for (const arc of given) {
          if (arc.from === arc.to || against.has(arc)) continue;
          expect(positions[arc.from]!.y).toBeGreaterThan(positions[arc.to]!.y);
          expect(positions[arc.from]!.level).toBeLessThan(positions[arc.to]!.level);
        }
        expect(new Set(positions.map(({ x, y }) => `${x} ${y}`)).size).toBe(NODES);
        for (const { y } of positions)
          expect(levels.filter(({ top, bottom }) => y < top && y > bottom)).toHaveLength(1);
      }),
    );
  });

  test('wraps a level of thousands', () => {
    const star = Array.from({ length: 3000 }, (_, index) => ({ from: 0, to: index + 1, weight: 1 }));
    const { positions } = layOut(3001, star);
    const width = Math.max(...positions.map(({ x }) => x)) - Math.min(...positions.map(({ x }) => x));
    const height = Math.max(...positions.map(({ y }) => y)) - Math.min(...positions.map(({ y }) => y));
    expect(width / height).toBeGreaterThan(0.5);
    expect(width / height).toBeLessThan(3);
  });
});
