/**
 * Where the classes of a graph stand: in layers, so that the lock order reads from top to bottom (Sugiyama,
 * Tagawa, Toda 1981). A class stands one level below the lowest of those that are taken before it, edges
 * against the order aside; within a level classes are moved to the middle of their neighbours, which
 * leaves few crossings. A level too long for one row gets several.
 */
import { type WeightedArc, findAgainst } from './against-order.ts';

export interface Layout {
  positions: { x: number; y: number; level: number }[];
  levels: { label: string; top: number; bottom: number }[];
  against: ReadonlySet<WeightedArc>;
}

/** Names are written beside the nodes, so a column is wider than a row is high. */
const COLUMN = 3;
const ROW = 1;
const LEVEL_GAP = 1.5;
const SWEEPS = 4;
/** How wide the whole is in comparison with its height. */
const ASPECT = 1.3;
const MAX_SPREAD = 12;
const MIN_COLUMNS = 5;

/** Levels from 1: the number of nodes on the longest path to a node. The arcs have no circle. */
function findLevels(nodeCount: number, arcs: readonly WeightedArc[]): number[] {
  const levels = Array.from({ length: nodeCount }, () => 1);
  const waiting = Array.from({ length: nodeCount }, () => 0);
  const next = Array.from({ length: nodeCount }, (): number[] => []);
  for (const { from, to } of arcs) {
    waiting[to]!++;
    next[from]!.push(to);
  }
  const ready = [...waiting.keys()].filter((node) => waiting[node] === 0);
  for (const node of ready) {
    for (const to of next[node]!) {
      levels[to] = Math.max(levels[to]!, levels[node]! + 1);
      if (--waiting[to]! === 0) ready.push(to);
    }
  }
  return levels;
}

function groupByLevel(levels: readonly number[]): number[][] {
  const groups: number[][] = [];
  for (const [node, level] of levels.entries()) (groups[level] ??= []).push(node);
  return groups;
}

function listNeighbours(nodeCount: number, arcs: readonly WeightedArc[]): number[][] {
  const lists = Array.from({ length: nodeCount }, (): number[] => []);
  for (const { from, to } of arcs) {
    lists[from]!.push(to);
    lists[to]!.push(from);
  }
  return lists;
}

/** Sorts each level by the middle of its neighbours above, then of those below, and so on. */
function untangle(groups: number[][], levels: readonly number[], neighbours: readonly number[][]): void {
  const place = levels.map(() => 0);
  const spread = (group: readonly number[]): void => {
    for (const [index, node] of group.entries()) place[node] = index - (group.length - 1) / 2;
  };
  groups.forEach(spread);
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const isDown = sweep % 2 === 0;
    for (const group of isDown ? groups : groups.toReversed()) {
      const middles = new Map<number, number>();
      for (const node of group ?? []) {
        const wanted = neighbours[node]!.filter((other) => isDown === levels[other]! < levels[node]!);
        const sum = wanted.reduce((total, other) => total + place[other]!, 0);
        middles.set(node, wanted.length === 0 ? place[node]! : sum / wanted.length);
      }
      group?.sort((a, b) => middles.get(a)! - middles.get(b)! || a - b);
      spread(group ?? []);
    }
  }
}

/** Lays out nodes `0 … nodeCount - 1`. Those without arcs stand below all others. */
export function layOut(nodeCount: number, arcs: readonly WeightedArc[]): Layout {
  const against = findAgainst(nodeCount, arcs);
  const down = arcs.filter((arc) => arc.from !== arc.to && !against.has(arc));
  const levels = findLevels(nodeCount, down);
  const isUsed = new Set(arcs.flatMap(({ from, to }) => [from, to]));
  for (const node of levels.keys()) if (!isUsed.has(node)) levels[node] = 0;
  const groups = groupByLevel(levels);
  const alone = groups[0] ?? [];
  const ordered = groups.slice(1);
  untangle(ordered, levels, listNeighbours(nodeCount, down));

  const columns = Math.max(MIN_COLUMNS, Math.ceil(Math.sqrt((nodeCount * ASPECT) / COLUMN)));
  const positions = levels.map((level) => ({ x: 0, y: 0, level }));
  const stripes: Layout['levels'] = [];
  let y = 0;
  const placeGroup = (group: readonly number[], label: string): void => {
    const rows = Math.ceil(group.length / columns);
    // Neighbours in the order stay neighbours: the rows of a level are filled column by column.
    for (const [index, node] of group.entries()) {
      const row = index % rows;
      const inRow = Math.ceil((group.length - row) / rows);
      const x = Math.floor(index / rows) - (inRow - 1) / 2;
      positions[node] = { x: (x + (row % 2) / 2) * COLUMN, y: -(y + row * ROW), level: levels[node]! };
    }
    const height = (rows - 1) * ROW;
    stripes.push({ label, top: -(y - LEVEL_GAP / 2), bottom: -(y + height + LEVEL_GAP / 2) });
    y += height + LEVEL_GAP;
  };
  for (const [index, group] of ordered.entries()) placeGroup(group, `level ${index + 1}`);
  if (alone.length > 0) placeGroup(alone, 'no order');
  spreadOut(positions, y);
  return { positions, levels: stripes, against };
}

/** Makes a drawing that is high and narrow as wide as the view, since names want room at their right. */
function spreadOut(positions: Layout['positions'], height: number): void {
  const widest = positions.reduce((most, { x }) => Math.max(most, Math.abs(x)), 0);
  const factor = Math.min(MAX_SPREAD, (ASPECT * height) / (2 * widest));
  if (widest === 0 || factor <= 1) return;
  // Rounded, so that the page has the same bytes on every machine, and fewer of them.
  for (const position of positions) position.x = Math.round(position.x * factor * 100) / 100;
}
