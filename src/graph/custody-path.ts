/**
 * The path to print for a cycle, by way of custody.
 *
 * The search goes the short way. When A was handed to RCU, and its callback asked for C before it
 * discharged A, what runs on RCU is an obligation too, and C → RCU → C is a cycle. What the reader wants is
 * C → RCU → A → C. So (rule 1) where a path leaves an executor for what a callback asked for, the
 * obligation in its custody is put between; and (rule 2) where a path leaves an obligation for what was
 * only ever asked for in custody, the executor is. See design section 3, "Custody". Which cycles there are
 * is not decided here.
 */
import type { DependencyGraph, NodeAttributes } from './dependency-graph.ts';
import { compareEvidence, type Edge } from './edge.ts';

type Pair<Data> = readonly [Edge<Data>, Edge<Data>];

/** Returns the path to print for a cycle: closed, and without a node twice if `cycle` is. */
export function showCustody<Data>(cycle: readonly Edge<Data>[], graph: DependencyGraph<Data>): Edge<Data>[] {
  const onPath = new Set(cycle.map((edge) => edge.from));
  const isNew = (node: number): boolean => !onPath.has(node);
  const shown = new Set<Edge<Data>>();
  const put = (edge: Edge<Data>, pair: Pair<Data> | undefined): readonly Edge<Data>[] => {
    if (pair === undefined) return [edge];
    onPath.add(pair[1].from);
    for (const part of pair) shown.add(part);
    return pair;
  };
  return cycle
    .flatMap((edge) => put(edge, throughObligation(edge, graph, isNew)))
    .flatMap((edge) => put(edge, shown.has(edge) ? undefined : throughExecutor(edge, graph, isNew)));
}

/**
 * Rule 1: E → Y as E → A → Y, where E has A in custody and A → Y was seen in it, no less certainly.
 * The oldest such edges win.
 */
function throughObligation<Data>(
  edge: Edge<Data>,
  graph: DependencyGraph<Data>,
  isNew: (node: number) => boolean,
): Pair<Data> | undefined {
  if (!isRequest(edge) || !graph.node(edge.from).isExecutor) return undefined;
  for (const custody of graph.edgesFrom(edge.from)) {
    if (custody.kind !== 'custody' || !custody.isActive || !isNew(custody.to)) continue;
    const asked = graph
      .edgesFrom(custody.to)
      .find(
        (other) => asksAlike(other, edge) && other.custodians.includes(edge.from) && isNoWeaker(other, edge),
      );
    if (asked !== undefined) return [custody, asked];
  }
  return undefined;
}

/**
 * Rule 2: A → Y as A → E → Y, where A → Y was seen in the custody of executors alone, E the first of them.
 */
function throughExecutor<Data>(
  edge: Edge<Data>,
  graph: DependencyGraph<Data>,
  isNew: (node: number) => boolean,
): Pair<Data> | undefined {
  if (!isRequest(edge) || edge.uncustodied) return undefined;
  for (const executor of edge.custodians) {
    if (!isNew(executor)) continue;
    const isAwaited = isAwaitedExecutor(graph.node(executor));
    const handoff = graph
      .edgesFrom(edge.from)
      .find((other) => other.kind === 'handoff' && other.isActive && other.to === executor);
    const asked = graph
      .edgesFrom(executor)
      .find((other) =>
        isAwaited
          ? asksAlike(other, edge)
          : other.kind === 'custody' && other.isActive && other.to === edge.to,
      );
    if (handoff !== undefined && asked !== undefined) return [handoff, asked];
  }
  return undefined;
}

/** Somebody may wait for its jobs, so it depends on what they ask for; those of the event loop nobody waits for. */
function isAwaitedExecutor({ isSerial, isBounded }: NodeAttributes): boolean {
  return isSerial || isBounded === true;
}

function isRequest<Data>(edge: Edge<Data>): boolean {
  return edge.kind === 'order' || edge.kind === 'wait';
}

/** The same way of asking: the path stays as strong as it was. */
function asksAlike<Data>(other: Edge<Data>, edge: Edge<Data>): boolean {
  return other.isActive && isRequest(other) && other.to === edge.to && other.toMode === edge.toMode;
}

function isNoWeaker<Data>(other: Edge<Data>, edge: Edge<Data>): boolean {
  return compareEvidence(other.evidence, edge.evidence) >= 0 && (edge.isBreakable || !other.isBreakable);
}
