/**
 * The shortest strong cycle through an edge.
 *
 * Breadth first from the head of the edge to its tail, over (node, label) as Linux lockdep does it over
 * classes (`__bfs`, kernel/locking/lockdep.c); the label says how the node was reached, see path-label.ts.
 * Departures: a node is looked at again when it is reached with fewer restrictions. And what is asked for
 * is a *simple* cycle, but what this finds is a closed walk: it may go round a detour to lose a restriction
 * (a gate, a weak arrival), and then it describes no deadlock of its own, for the detour alone is a cycle.
 * As a rule the walk found is simple, and then no simple cycle is better or shorter. Otherwise simple paths
 * are enumerated, shortest first, within a bound: to find a simple one is NP-hard.
 */
import type { Edge } from './edge.ts';
import { type Gate, findExclusion } from './exclusion.ts';
import { PathRules, RANKS } from './path-label.ts';

/** What a search needs of a graph. */
export interface SearchSpace<Data> {
  /** Edges out of a node, oldest first. */
  edgesFrom(node: number): readonly Edge<Data>[];
  isFair(node: number): boolean;
  isPerCpu(node: number): boolean;
  /** Units there are. */
  capacity(node: number): number;
  /** Whether a cycle may lead through both nodes. */
  areConnected(a: number, b: number): boolean;
}

export interface Cycle<Data> {
  /** A closed path: each edge starts where the one before it ends, the first where the last one ends. */
  readonly edges: readonly Edge<Data>[];
  /** Gates that keep it from happening, if there are any; see exclusion.ts. */
  readonly gates: readonly Gate[];
  /** All edges are simultaneous, and all nodes fair. */
  readonly isSimultaneousOnly: boolean;
}

export interface CycleOptions<Data> {
  /** Lets only some edges through; by default all active ones. */
  readonly accepts?: (edge: Edge<Data>) => boolean;
}

/** A path by its last edge; paths share their beginnings. */
interface Step<Data> {
  readonly edge: Edge<Data>;
  readonly label: number;
  readonly previous: Step<Data> | undefined;
}

interface Outcome<Data> {
  readonly rank: number;
  readonly last: Step<Data> | undefined;
  /** The bound was reached before everything had been looked at. */
  readonly isCut: boolean;
}

/** Edges that the enumeration of simple paths looks at, at most: about 10 ms. */
const MAX_SIMPLE_LOOKS = 50_000;

/**
 * Returns a shortest cycle that begins with `first`: a real one if there is any, else one of simultaneous
 * edges alone, else one under a gate. Of equally short ones, that with the oldest edges.
 */
export function findShortestCycle<Data>(
  space: SearchSpace<Data>,
  first: Edge<Data>,
  options: CycleOptions<Data> = {},
): Cycle<Data> | undefined {
  const { accepts } = options;
  const mayPass = (edge: Edge<Data>): boolean =>
    edge.isSearched &&
    edge.isActive &&
    space.areConnected(first.from, edge.to) &&
    (accepts === undefined || accepts(edge));
  if (!mayPass(first)) return undefined;
  const rules = new PathRules(first, space);
  const exclusionOf = (last: Step<Data>): readonly Gate[] => findExclusion(edgesOf(last), space, mayPass);
  if (first.from === first.to) {
    const last = { edge: first, label: rules.start(), previous: undefined };
    return describe(rules, last, exclusionOf(last));
  }
  const walk = search(space, rules, first, mayPass, newOnly(), Infinity, () => true);
  if (walk.last === undefined) return undefined;
  const exclusion = exclusionOf(walk.last);
  const isWalkSimple = isSimple(walk.last);
  if (isWalkSimple && (exclusion.length === 0 || walk.rank === RANKS.gated))
    return describe(rules, walk.last, exclusion);
  const isPossible = (last: Step<Data>): boolean => exclusionOf(last).length === 0;
  const simple = search(space, rules, first, mayPass, isNotBack, MAX_SIMPLE_LOOKS, isPossible);
  if (!simple.isCut || simple.rank === RANKS.real)
    return simple.last && describe(rules, simple.last, exclusionOf(simple.last));
  // To the letter the rule speaks of closed walks: where we cannot tell, rather report that than less.
  return describe(rules, walk.last, isWalkSimple ? exclusion : []);
}

/** Goes on from each step that `keeps` lets in, first in, first out; stops at the first real cycle. */
function search<Data>(
  space: SearchSpace<Data>,
  rules: PathRules<Data>,
  first: Edge<Data>,
  mayPass: (edge: Edge<Data>) => boolean,
  keeps: (step: Step<Data>) => boolean,
  maxLooks: number,
  isPossible: (last: Step<Data>) => boolean,
): Outcome<Data> {
  let rank: number = RANKS.none;
  let last: Step<Data> | undefined;
  let looks = 0;
  const steps: Step<Data>[] = [{ edge: first, label: rules.start(), previous: undefined }];
  for (const step of steps) {
    for (const edge of space.edgesFrom(step.edge.to)) {
      if (++looks > maxLooks) return { rank, last, isCut: true };
      if (edge.to === first.to || !rules.allows(step.label, edge) || !mayPass(edge)) continue;
      const next: Step<Data> = { edge, label: rules.after(step.label, edge), previous: step };
      if (edge.to !== first.from) {
        if (keeps(next)) steps.push(next);
        continue;
      }
      let found = rules.rank(next.label);
      if (found < RANKS.gated && !isPossible(next)) found = RANKS.gated;
      if (found >= rank) continue;
      rank = found;
      last = next;
      if (rank === RANKS.real) return { rank, last, isCut: false };
    }
  }
  return { rank, last, isCut: false };
}

/** Lets a step in unless its node was reached before with no more restrictions. */
function newOnly<Data>(): (step: Step<Data>) => boolean {
  const labels = new Map<number, number[]>();
  return ({ edge, label }) => {
    const known = labels.get(edge.to);
    if (known === undefined) labels.set(edge.to, [label]);
    else if (known.some((other) => (other & ~label) === 0)) return false;
    else known.push(label);
    return true;
  };
}

/** Lets a step in unless it comes back to a node of its own path. */
function isNotBack<Data>({ edge, previous }: Step<Data>): boolean {
  for (let step = previous; step !== undefined; step = step.previous)
    if (step.edge.to === edge.to) return false;
  return true;
}

function isSimple<Data>(last: Step<Data>): boolean {
  const nodes = new Set<number>();
  let length = 0;
  for (let step: Step<Data> | undefined = last; step !== undefined; step = step.previous) {
    nodes.add(step.edge.to);
    length++;
  }
  return nodes.size === length;
}

/** The edges of a path, the first one first. */
function edgesOf<Data>(last: Step<Data>): Edge<Data>[] {
  const edges: Edge<Data>[] = [];
  for (let step: Step<Data> | undefined = last; step !== undefined; step = step.previous)
    edges.push(step.edge);
  return edges.reverse();
}

function describe<Data>(
  rules: PathRules<Data>,
  last: Step<Data>,
  gates: readonly Gate[],
): Cycle<Data> | undefined {
  if (rules.rank(last.label) === RANKS.none) return undefined;
  return { edges: edgesOf(last), gates, isSimultaneousOnly: rules.isSimultaneousOnly(last.label) };
}
