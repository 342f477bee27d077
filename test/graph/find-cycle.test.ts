import { describe, expect, test } from 'vitest';
import { chain, draw, type Nodes } from './support.ts';

/** What is seen, the edges, the cycle that the last edge closes. */
type Case = readonly [string, string, string];

const NODES: Nodes = { serial: ['RCU', 'Q'], loose: ['timer'], unfair: ['U'] };

function closing(text: string): string {
  const { graph, edges } = draw(text, NODES);
  const cycle = graph.findCycle(edges.at(-1)!);
  if (cycle === undefined) return 'none';
  const gates = cycle.gates.length > 0 ? ` under ${cycle.gates.join(',')}` : '';
  return chain(cycle.edges, graph) + gates + (cycle.isSimultaneousOnly ? ' simultaneous' : '');
}

describe('plain orders', () => {
  test.each<Case>([
    ['one order is no cycle', 'A EE B', 'none'],
    ['two orders are', 'A EE B; B EE A', 'B→A→B'],
    ['an edge on itself is', 'A EE A', 'A→A'],
    ['a long way round is', 'A EE B; B EE C; C EE D; D EE A', 'D→A→B→C→D'],
    ['the same order again is none', 'A EE B; B EE C; A EE C', 'none'],
    ['the shortest way wins', 'A EE B; B EE C; A EE C; C EE A', 'C→A→C'],
    ['of equally short ways the oldest wins', 'A EE C; A EE B; C EE D; B EE D; D EE A', 'D→A→C→D'],
    ['a cycle elsewhere is not reported again', 'A EE B; B EE A; B EE C', 'none'],
    ['a cycle elsewhere is no detour', 'A EE B; B EE A; C EE A; B EE C', 'B→C→A→B'],
    ['two edges between the same classes may differ', 'A EE B; A ES B; B EE A', 'B→A→B'],
  ])('%s', (_, text, expected) => expect(closing(text)).toBe(expected));
});

describe('readers', () => {
  test.each<Case>([
    ['recursive readers alone block nobody', 'A SR B; B SR A', 'none'],
    ['queued readers do, behind a writer', 'A SS B; B SS A', 'B→A→B'],
    ['a recursive request before an exclusive hold blocks', 'A ER B; B ER A', 'B→A→B'],
    ['a recursive request before a shared hold does not', 'A ER B; B SE A', 'none'],
    ['nor does it at the join', 'B SE A; A ER B', 'none'],
    ['a shared hold asked for recursively does not wait for itself', 'A SR A', 'none'],
    ['a shared hold asked for as a queued reader does', 'A SS A', 'A→A'],
    ['an exclusive hold asked for recursively does', 'A ER A', 'A→A'],
    ['a class reached weakly first is searched again', 'S ER X; S EE Y; Y EE X; X SE T; T EE S', 'T→S→Y→X→T'],
    ['a weak way is left for a longer strong one', 'A ER B; B SE C; A EE D; D EE B; C EE A', 'C→A→D→B→C'],
    ['a detour does not make an arrival strong', 'S ER X; X EE P; P EE X; X SE T; T EE S', 'none'],
  ])('%s', (_, text, expected) => expect(closing(text)).toBe(expected));
});

describe('gates', () => {
  test.each<Case>([
    [
      'one lock over all edges makes the cycle impossible',
      'A EE B gates=1; B EE A gates=1,2',
      'B→A→B under 1',
    ],
    ['different locks do not', 'A EE B gates=1; B EE A gates=2', 'B→A→B'],
    [
      'one lock over two edges of three does, too',
      'A EE B gates=1; B EE C; C EE A gates=1',
      'C→A→B→C under 1',
    ],
    ['one edge without makes it real', 'A EE B gates=1; B EE A', 'B→A→B'],
    ['a lock held shared keeps readers in', 'A EE B gates=-1; B EE A gates=-1', 'B→A→B'],
    ['and a writer out', 'A EE B gates=-1; B EE A gates=1', 'B→A→B under 1'],
    ['a longer real cycle is preferred', 'A EE B gates=1; A EE C; C EE B; B EE A gates=1', 'B→A→C→B'],
    [
      'of several gates each is followed',
      'A EE B gates=1; B EE C gates=2; A EE C gates=1,2; C EE A gates=1,2',
      'C→A→C under 1,2',
    ],
    ['a detour does not lose a gate', 'A EE B gates=1; B EE C; C EE B; B EE A gates=1', 'B→A→B under 1'],
    [
      'nor do two cycles under different gates make a real one',
      'A EE B gates=1; B EE A gates=1; B EE C gates=2; C EE B gates=2',
      'C→B→C under 2',
    ],
    ['an edge on itself needs no second flow to be kept out', 'A EE A gates=3', 'A→A'],
    ['one observation without is enough', 'A EE B gates=1; A EE B; B EE A gates=1', 'B→A→B'],
  ])('%s', (_, text, expected) => expect(closing(text)).toBe(expected));

  test('more gates than labels follow still count', () => {
    const gates = Array.from({ length: 17 }, (_, i) => i + 1);
    expect(closing(`A EE B gates=17; B EE A gates=${gates.join(',')}`)).toBe('B→A→B under 17');
    expect(closing(`A EE B gates=15; B EE A gates=${gates.join(',')}`)).toBe('B→A→B under 15');
  });
});

describe('simultaneous requests', () => {
  test.each<Case>([
    ['of fair locks alone are a note', 'A EE B sim; B EE A sim', 'B→A→B simultaneous'],
    ['are real when the lock at the end is unfair', 'U EE B sim; B EE U sim', 'B→U→B'],
    ['are real when the lock at the start is unfair', 'A EE U sim; U EE A sim', 'U→A→U'],
    ['are real when a lock between is unfair', 'A EE U sim; U EE C sim; C EE A sim', 'C→A→U→C'],
    ['are real with an edge that is not', 'A EE B; B EE A sim', 'B→A→B'],
    ['give way to a longer real cycle', 'A EE B sim; A EE C; C EE B; B EE A sim', 'B→A→C→B'],
    [
      'are preferred to a cycle under a gate',
      'A EE B gates=1; A EE C sim; C EE B sim; B EE A sim gates=1',
      'B→A→C→B simultaneous',
    ],
    ['can be under a gate as well', 'A EE B sim gates=1; B EE A sim gates=1', 'B→A→B under 1 simultaneous'],
    ['are not made real by a detour', 'A EE B sim; B EE C; C EE B; B EE A sim', 'B→A→B simultaneous'],
    ['of one class alone are a note', 'A EE A sim', 'A→A simultaneous'],
  ])('%s', (_, text, expected) => expect(closing(text)).toBe(expected));
});

describe('executors', () => {
  test.each<Case>([
    [
      'a wait for a serial executor that has the lock closes',
      'A EE RCU handoff; RCU EE C; C EE RCU wait',
      'C→RCU→C',
    ],
    ['a hand-over to a serial one is a wait', 'RCU EE C; C EE A; A EE RCU handoff', 'A→RCU→C→A'],
    ['a hand-over to a loose one is not', 'timer EE C; C EE A; A EE timer handoff', 'none'],
    ['custody is no way', 'RCU EE A custody; A EE RCU handoff', 'none'],
    ['custody closes nothing', 'A EE RCU handoff; RCU EE A custody', 'none'],
    ['hand-overs alone close nothing', 'Q EE RCU handoff; RCU EE Q handoff', 'none'],
    ['a hand-over to itself closes nothing', 'Q EE Q handoff', 'none'],
    ['an order among hand-overs closes', 'Q EE RCU handoff; RCU EE Q; Q EE RCU handoff', 'Q→RCU→Q'],
    [
      'a detour is not the order that is wanted',
      'RCU EE Q handoff; Q EE C; C EE Q; Q EE RCU handoff',
      'none',
    ],
  ])('%s', (_, text, expected) => expect(closing(text)).toBe(expected));
});

describe('what is let through', () => {
  test('a longer cycle of accepted edges is found when the shorter is not accepted', () => {
    const { graph, edges } = draw('A EE B nested; A EE C; C EE B; B EE A');
    const cycle = graph.findCycle(edges[3]!, { accepts: (edge) => edge.evidence === 'proven' });
    expect(chain(cycle!.edges, graph)).toBe('B→A→C→B');
  });

  test('an edge that is not accepted itself closes nothing', () => {
    const { graph, edges } = draw('A EE B; B EE A');
    expect(graph.findCycle(edges[1]!, { accepts: (edge) => edge !== edges[1] })).toBeUndefined();
  });

  test('a provisional edge counts in its pass alone', () => {
    const { graph, edges } = draw('A EE B; B EE A provisional');
    expect(graph.findCycle(edges[0]!)).toBeDefined();
    graph.beginPass();
    expect(graph.findCycle(edges[0]!)).toBeUndefined();
    expect(graph.findCycle(edges[1]!)).toBeUndefined();
  });
});

test('a dense graph that hides no simple cycle from the enumeration ends in the closed walk', () => {
  const names = Array.from({ length: 9 }, (_, i) => `N${i}`);
  const knot = names.flatMap((from) =>
    names.filter((to) => to !== from).map((to) => `${from} EE ${to} gates=1`),
  );
  const { graph, edges } = draw(
    [...knot, 'N1 EE X', 'X EE N1', 'N8 EE V gates=1', 'V EE N0 gates=1'].join(';'),
  );
  const cycle = graph.findCycle(edges.at(-1)!);
  expect(chain(cycle!.edges, graph)).toBe('V→N0→N1→X→N1→N8→V');
  expect(cycle!.gates).toEqual([]);
});

test('a search through a very long cycle needs no deep stack', () => {
  const length = 30_000;
  const lines = Array.from({ length }, (_, i) => `N${i} EE N${(i + 1) % length}`);
  const { graph, edges } = draw(lines.join(';'));
  expect(graph.findCycle(edges.at(-1)!)!.edges).toHaveLength(length);
});
