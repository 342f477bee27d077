import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalRotation } from '../../src/graph/canonical-rotation.ts';
import { showCustody } from '../../src/graph/custody-path.ts';
import { chain, draw, isClosed, type Nodes } from './support.ts';

const NODES: Nodes = { serial: ['RCU', 'Q'], loose: ['timer', 'tick'] };

/** What is seen, the edges, the chain that is printed for the cycle that the last edge closes. */
type Case = readonly [string, string, string];

function shown(text: string): string {
  const { graph, edges } = draw(text, NODES);
  const cycle = graph.findCycle(edges.at(-1)!)!;
  const path = showCustody(cycle.edges, graph);
  expect(isClosed(path)).toBe(true);
  return chain(canonicalRotation(path, graph), graph);
}

const HANDED = 'A EE RCU handoff; RCU EE A custody';

describe('out of an executor, the path goes through the obligation in its custody', () => {
  test.each<Case>([
    [
      'as in the case from the mailing list',
      `${HANDED}; A EE C in=RCU; RCU EE C; C EE RCU wait`,
      'C→RCU→A→C',
    ],
    ['whichever edge came last', `C EE RCU wait; ${HANDED}; A EE C in=RCU; RCU EE C`, 'C→RCU→A→C'],
    ['but not when that was seen in no custody', `${HANDED}; A EE C; RCU EE C; C EE RCU wait`, 'C→RCU→C'],
    ['nor when it was in that of another', `${HANDED}; A EE C in=Q; RCU EE C; C EE RCU wait`, 'C→RCU→C'],
    [
      'nor when the evidence is weaker',
      `${HANDED}; A EE C in=RCU nested; RCU EE C; C EE RCU wait`,
      'C→RCU→C',
    ],
    ['nor when it is breakable', `${HANDED}; A EE C in=RCU breakable; RCU EE C; C EE RCU wait`, 'C→RCU→C'],
    ['unless both are', `${HANDED}; A EE C in=RCU breakable; RCU EE C breakable; C EE RCU wait`, 'C→RCU→A→C'],
    ['nor when it asked in another way', `${HANDED}; A ER C in=RCU; RCU EE C; C EE RCU wait`, 'C→RCU→C'],
    [
      'nor when the path has been there',
      `${HANDED}; A EE C in=RCU; RCU EE C nested; C EE A; RCU EE A; A EE RCU wait`,
      'A→RCU→A',
    ],
    [
      'and the oldest custody wins',
      `${HANDED}; RCU EE B custody; B EE C in=RCU; A EE C in=RCU; RCU EE C; C EE RCU wait`,
      'C→RCU→A→C',
    ],
    [
      'and no other executor that had it is put between',
      `${HANDED}; A EE timer handoff; timer EE C custody; A EE C in=RCU; A EE C in=timer; RCU EE C; C EE RCU wait`,
      'C→RCU→A→C',
    ],
    [
      'and a hand-over is nothing asked for',
      `${HANDED}; A EE Q handoff in=RCU; RCU EE Q; Q EE RCU wait`,
      'Q→RCU→Q',
    ],
    [
      'also where the callback waits for its own executor',
      `${HANDED}; A EE RCU wait in=RCU; RCU EE RCU wait`,
      'A→RCU→A',
    ],
    [
      'and through each executor once',
      `${HANDED}; Q EE B custody; A EE Q in=RCU; B EE RCU in=Q; RCU EE Q; Q EE RCU`,
      'A→Q→B→RCU→A',
    ],
  ])('%s', (_, text, expected) => expect(shown(text)).toBe(expected));
});

describe('out of an obligation, the path goes through the executor that had it', () => {
  test.each<Case>([
    ['a timer', 'A EE timer handoff; timer EE C custody; A EE C in=timer; C EE A', 'A→timer→C→A'],
    ['a serial executor', 'A EE RCU handoff; RCU EE C; A EE C in=RCU; C EE A', 'A→RCU→C→A'],
    [
      'but not when it was seen outside as well',
      'A EE timer handoff; timer EE C custody; A EE C in=timer; A EE C; C EE A',
      'A→C→A',
    ],
    ['nor without the hand-over', 'timer EE C custody; A EE C in=timer; C EE A', 'A→C→A'],
    ['nor without the custody', 'A EE timer handoff; A EE C in=timer; C EE A', 'A→C→A'],
    [
      'the first of several',
      'A EE timer handoff; A EE tick handoff; tick EE C custody; timer EE C custody; A EE C in=tick; A EE C in=timer; C EE A',
      'A→tick→C→A',
    ],
    [
      'the next when the first does not lead there',
      'A EE timer handoff; timer EE C custody; A EE C in=tick; A EE C in=timer; C EE A',
      'A→timer→C→A',
    ],
    [
      'a callback that asks for its own lock',
      'A EE timer handoff; timer EE A custody; A EE A in=timer',
      'A→timer→A',
    ],
  ])('%s', (_, text, expected) => expect(shown(text)).toBe(expected));

  test('not through one whose hand-over has lapsed', () => {
    const { graph, edges } = draw(
      'A EE timer handoff provisional; timer EE C custody; A EE C in=timer; C EE A',
      NODES,
    );
    graph.beginPass();
    expect(showCustody([edges[2]!, edges[3]!], graph)).toEqual([edges[2], edges[3]]);
  });
});

describe('a cycle is read', () => {
  test.each<Case>([
    ['from the smallest name', 'B EE C; C EE A; A EE B', 'A→B→C→A'],
    ['by code units', 'b EE a; a EE B; B EE b', 'B→b→a→B'],
    ['from the lock that waits on the executor', 'RCU EE A; A EE B; B EE C; C EE RCU wait', 'C→RCU→A→B→C'],
    ['from a lock rather than from an executor', 'RCU EE Q; Q EE X; X EE RCU wait', 'X→RCU→Q→X'],
    ['from the smallest of such locks', 'Z EE RCU wait; RCU EE X; X EE Q wait; Q EE Z', 'X→Q→Z→RCU→X'],
  ])('%s', (_, text, expected) => expect(shown(text)).toBe(expected));

  test('alike wherever it is entered', () => {
    const cases = fc.tuple(
      fc.array(fc.constantFrom('A', 'B', 'RCU', 'Q', 'timer', 'C'), { minLength: 1, maxLength: 6 }),
      fc.nat({ max: 5 }),
    );
    const agrees = ([names, turn]: [string[], number]): void => {
      const { graph, edges } = draw(
        names.map((name, i) => `${name} EE ${names[(i + 1) % names.length]}`).join(';'),
        NODES,
      );
      const by = turn % edges.length;
      const turned = [...edges.slice(by), ...edges.slice(0, by)];
      const read = canonicalRotation(edges, graph);
      expect(isClosed(read)).toBe(true);
      expect(canonicalRotation(turned, graph).map((edge) => edge.index)).toEqual(
        read.map((edge) => edge.index),
      );
    };
    fc.assert(fc.property(cases, agrees), { numRuns: 500 });
  });
});

test('whatever is put between, the path stays closed and simple', () => {
  const names = ['A', 'B', 'C', 'RCU', 'Q', 'timer'];
  const line = fc
    .record({
      from: fc.constantFrom(...names),
      to: fc.constantFrom(...names),
      kind: fc.constantFrom('order', 'order', 'custody', 'custody', 'handoff', 'wait'),
      custodian: fc.constantFrom('', 'in=RCU', 'in=Q', 'in=timer'),
    })
    .map(({ from, to, kind, custodian }) => `${from} EE ${to} ${kind} ${custodian}`);
  const holds = (lines: string[]): void => {
    const { graph, edges } = draw(lines.join(';'), NODES);
    for (const edge of edges) {
      const cycle = graph.findCycle(edge);
      if (cycle === undefined) continue;
      const path = showCustody(cycle.edges, graph);
      expect(isClosed(path)).toBe(true);
      expect(new Set(path.map((part) => part.from)).size).toBe(path.length);
      for (const { from } of cycle.edges) expect(path.some((part) => part.from === from)).toBe(true);
    }
  };
  fc.assert(fc.property(fc.array(line, { minLength: 2, maxLength: 20 }), holds), { numRuns: 1000 });
});
