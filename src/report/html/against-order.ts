/**
 * Which edges of a circle go against the order. Locks that are taken in a circle have none, but most of the
 * program follows one: so few edges as can be, and those that were seen seldom, are drawn upwards, and all
 * others down. That is a minimum feedback arc set, found by the heuristic of Eades, Lin and Smyth (1993)
 * with weights: whoever nobody waits for goes to the end, whoever waits for nobody to the front, and in a
 * circle whoever waits more than he is waited for goes to the front.
 */
import { type Arc, findComponents } from './strong-components.ts';

export interface WeightedArc {
  from: number;
  to: number;
  weight: number;
}

interface Balance {
  /** Weights of what leads out and in, of those that are not placed yet. */
  out: number;
  in: number;
  arcs: WeightedArc[];
}

function createBalances(members: readonly number[], arcs: readonly WeightedArc[]): Map<number, Balance> {
  const balances = new Map(members.map((node): [number, Balance] => [node, { out: 0, in: 0, arcs: [] }]));
  for (const arc of arcs) {
    const [from, to] = [balances.get(arc.from)!, balances.get(arc.to)!];
    from.out += arc.weight;
    to.in += arc.weight;
    from.arcs.push(arc);
    to.arcs.push(arc);
  }
  return balances;
}

function placeNode(node: number, balances: Map<number, Balance>): number[] {
  const { arcs } = balances.get(node)!;
  balances.delete(node);
  const changed: number[] = [];
  for (const { from, to, weight } of arcs) {
    const source = to === node ? balances.get(from) : undefined;
    const target = from === node ? balances.get(to) : undefined;
    if (source !== undefined) source.out -= weight;
    if (target !== undefined) target.in -= weight;
    changed.push(from === node ? to : from);
  }
  return changed;
}

function findBusiest(balances: Map<number, Balance>): number | undefined {
  let best: number | undefined;
  let most = -Infinity;
  for (const [node, balance] of balances) {
    if (balance.out - balance.in <= most) continue;
    most = balance.out - balance.in;
    best = node;
  }
  return best;
}

/** Orders the nodes of one component. */
function sequence(members: readonly number[], arcs: readonly WeightedArc[]): number[] {
  const balances = createBalances(members, arcs);
  const [front, back]: [number[], number[]] = [[], []];
  const loose: number[] = [];
  while (balances.size > 0) {
    const node = loose.pop() ?? findBusiest(balances)!;
    const balance = balances.get(node);
    if (balance === undefined) continue;
    if (balance.out === 0) back.push(node);
    else front.push(node);
    for (const each of placeNode(node, balances)) {
      const changed = balances.get(each);
      if (changed !== undefined && (changed.out === 0 || changed.in === 0)) loose.push(each);
    }
  }
  return [...front, ...back.reverse()];
}

/** Finds the arcs without which no circle is left. Arcs from a node to itself are left out of it. */
export function findAgainst(nodeCount: number, arcs: readonly WeightedArc[]): Set<WeightedArc> {
  const plain = arcs.filter(({ from, to }) => from !== to);
  const components = findComponents(
    nodeCount,
    plain.map(({ from, to }): Arc => [from, to]),
  );
  const componentOf = new Map(components.flatMap((members, index) => members.map((node) => [node, index])));
  const inside = new Map<number, WeightedArc[]>();
  for (const arc of plain) {
    const component = componentOf.get(arc.from)!;
    if (componentOf.get(arc.to) !== component) continue;
    const others = inside.get(component);
    if (others === undefined) inside.set(component, [arc]);
    else others.push(arc);
  }
  const against = new Set<WeightedArc>();
  for (const [component, ofIt] of inside) {
    const positions = new Map(sequence(components[component]!, ofIt).map((node, index) => [node, index]));
    for (const arc of ofIt) if (positions.get(arc.from)! > positions.get(arc.to)!) against.add(arc);
  }
  return against;
}
