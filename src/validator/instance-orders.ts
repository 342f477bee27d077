/**
 * The orders of locks within one class, for classes of locks by key: nesting two of them is no finding, as
 * long as the orders that were seen do not contradict each other. A graph of its own, with locks for nodes.
 */
import { DependencyGraph } from '../graph/dependency-graph.ts';
import type { Edge, Observation } from '../graph/edge.ts';
import { compareEvidence } from '../graph/edge.ts';
import type { EdgeKind, Evidence, HoldMode, RequestMode } from '../graph/vocabulary.ts';

/** Keys come and go: beyond so many orders the oldest knowledge is given up, all at once. */
const MAX_ORDERS = 65_536;

/** What is said of a nesting that contradicts another: as sure as the weakest order on the circle. */
export interface Contradiction {
  readonly evidence: Evidence;
  readonly isBreakable: boolean;
}

interface Order {
  readonly held: number;
  readonly asked: number;
  readonly kind: EdgeKind;
  readonly fromMode: HoldMode;
  readonly toMode: RequestMode;
}

/** No lock has the number 0. */
const NONE: Order = { held: 0, asked: 0, kind: 'order', fromMode: 'exclusive', toMode: 'exclusive' };

export class InstanceOrders {
  /** It may turn out to be unfair later. */
  readonly #lockClass: { readonly isFair: boolean };
  #graph = new DependencyGraph<undefined>();
  readonly #nodes = new Map<number, number>();
  #count = 0;
  /** Orders of which no other sighting could say more, by both nodes and the modes. */
  readonly #settled = new Set<number>();
  readonly #onForgotten: () => void;
  /** The one that was asked about last and was settled; programs repeat a few. */
  #last = NONE;

  /** `onForgotten` is called when what was settled is so no more. */
  constructor(lockClass: { readonly isFair: boolean }, onForgotten: () => void) {
    this.#lockClass = lockClass;
    this.#onForgotten = onForgotten;
  }

  /** Whether this order was seen as strongly as can be, so that another sighting of it changes nothing. */
  isSettled(held: number, asked: number, kind: EdgeKind, fromMode: HoldMode, toMode: RequestMode): boolean {
    if (this.#settled.size === 0) return false;
    const last = this.#last;
    if (
      last.held === held &&
      last.asked === asked &&
      last.kind === kind &&
      last.fromMode === fromMode &&
      last.toMode === toMode
    )
      return true;
    const from = this.#nodes.get(held);
    const to = this.#nodes.get(asked);
    if (from === undefined || to === undefined) return false;
    if (!this.#settled.has(settledKey(from, to, kind, fromMode, toMode))) return false;
    this.#last = { held, asked, kind, fromMode, toMode };
    return true;
  }

  /** A lock was asked for while another was held. Returns what that contradicts. */
  observe(
    held: number,
    asked: number,
    kind: EdgeKind,
    fromMode: HoldMode,
    toMode: RequestMode,
    observation: Observation,
  ): Contradiction | undefined {
    if (this.#count >= MAX_ORDERS) this.forget();
    const from = this.#nodeOf(held);
    const to = this.#nodeOf(asked);
    const { edge, isNew, isChanged } = this.#graph.observe(from, to, kind, fromMode, toMode, observation);
    if (isNew) this.#count++;
    const isStrongest =
      edge.evidence === 'proven' &&
      !edge.isBreakable &&
      !edge.isSimultaneous &&
      !edge.isProvisional &&
      edge.gates.length === 0;
    const contradiction = isChanged ? this.#findContradiction(edge) : undefined;
    if (isStrongest && contradiction === undefined)
      this.#settled.add(settledKey(from, to, kind, fromMode, toMode));
    return contradiction;
  }

  /** Takes back what is provisional. */
  beginPass(): void {
    this.#graph.beginPass();
  }

  forget(): void {
    this.#graph = new DependencyGraph();
    this.#nodes.clear();
    this.#settled.clear();
    this.#last = NONE;
    this.#count = 0;
    this.#onForgotten();
  }

  /** Among proven orders first: evidence is never mixed. */
  #findContradiction(edge: Edge<undefined>): Contradiction | undefined {
    const isProven = (each: Edge<undefined>): boolean => each.evidence === 'proven' && !each.isBreakable;
    for (const accepts of [isProven, () => true]) {
      if (!accepts(edge)) continue;
      const cycle = this.#graph.findCycle(edge, { accepts });
      if (cycle === undefined || cycle.gates.length > 0 || cycle.isSimultaneousOnly) continue;
      const grades = cycle.edges.map(({ evidence }) => evidence);
      return {
        evidence: grades.reduce((a, b) => (compareEvidence(a, b) <= 0 ? a : b)),
        isBreakable: cycle.edges.some(({ isBreakable }) => isBreakable),
      };
    }
    return undefined;
  }

  #nodeOf(instance: number): number {
    let node = this.#nodes.get(instance);
    if (node === undefined) {
      const lockClass = this.#lockClass;
      node = this.#graph.addNode({
        name: '',
        capacity: 1,
        get isFair(): boolean {
          return lockClass.isFair;
        },
        isExecutor: false,
        isSerial: false,
      });
      this.#nodes.set(instance, node);
    }
    return node;
  }
}

/** Nodes are few enough: see `MAX_ORDERS`. */
function settledKey(
  from: number,
  to: number,
  kind: EdgeKind,
  fromMode: HoldMode,
  toMode: RequestMode,
): number {
  const modes = (fromMode === 'shared' ? 3 : 0) + (toMode === 'exclusive' ? 0 : toMode === 'shared' ? 1 : 2);
  return (from * 2 ** 20 + to) * 12 + modes * 2 + (kind === 'wait' ? 1 : 0);
}
