/** A dependency graph made of the plain data of a snapshot. */
import { DependencyGraph } from '../graph/dependency-graph.ts';
import type { Edge } from '../graph/edge.ts';
import type { Gate } from '../graph/exclusion.ts';
import { ClassRegistry } from '../validator/class-registry.ts';
import type { EdgePlaces, LockClass, LockKind } from '../validator/lock-class.ts';
import type { SnapshotClass, SnapshotEdge } from '../validator/snapshot-format.ts';

type LockEdge = Edge<EdgePlaces>;

/** Edges name their classes, so classes of one name and several kinds are one node here. */
export class LoadedGraph {
  readonly graph: DependencyGraph<EdgePlaces> = new DependencyGraph<EdgePlaces>();
  readonly #registry = new ClassRegistry(this.graph, () => []);
  readonly #byName = new Map<string, LockClass>();
  readonly #gates = new Map<string, Gate>();
  /** Where the edges stand in the snapshot. */
  readonly indices: Map<LockEdge, number> = new Map<LockEdge, number>();

  constructor(classes: readonly SnapshotClass[], edges: readonly SnapshotEdge[]) {
    for (const each of classes) {
      if (this.#byName.has(each.name)) continue;
      const permits = each.unlimited === true ? Infinity : (each.permits ?? 1);
      const lockClass = this.#registry.classOf(each.name, {
        kind: each.kind as LockKind,
        permits,
        isFair: each.fair === true,
        isSerial: each.serial === true,
        isExempt: each.exempt === true,
        isPerCpu: each.perCpu === true,
      });
      this.#byName.set(each.name, lockClass);
    }
    for (const [index, edge] of edges.entries()) this.#load(edge, index);
  }

  get classes(): readonly LockClass[] {
    return this.#registry.classes;
  }

  #load(edge: SnapshotEdge, index: number): void {
    const [from, to] = [this.#nodeOf(edge.from), this.#nodeOf(edge.to)];
    if (edge.declared === true) this.graph.declare(from, to);
    if (edge.declared !== true || edge.count > 0) this.#observe(from, to, edge);
    const loaded = this.graph.edgeBetween(from, to, edge.kind, edge.fromMode, edge.toMode);
    if (loaded !== undefined) this.indices.set(loaded, index);
  }

  #nodeOf(name: string): number {
    const lockClass = this.#byName.get(name) ?? this.#registry.classOf(name, {});
    this.#byName.set(name, lockClass);
    return lockClass.node;
  }

  #gateOf(name: string): Gate {
    const known = this.#gates.get(name) ?? this.#gates.size + 1;
    this.#gates.set(name, known);
    return known;
  }

  /** One sighting for each custody that it was seen in, and one for none. */
  #observe(from: number, to: number, edge: SnapshotEdge): void {
    const { kind, fromMode, toMode, custodians = [] } = edge;
    const shared = (edge.sharedGates ?? []).map((gate) => -this.#gateOf(gate));
    const observation = {
      evidence: edge.evidence,
      isBreakable: edge.breakable,
      isSimultaneous: edge.simultaneous,
      isProvisional: edge.provisional,
      isWaiting: false,
      gates: [...shared, ...edge.gates.map((gate) => this.#gateOf(gate))].sort((a, b) => a - b),
    };
    const places = (): EdgePlaces => ({
      held: [],
      requested: [],
      isHeldApproximate: false,
      isRequestedApproximate: false,
      isSameInstance: edge.sameInstance === true,
    });
    const isOutside = custodians.length === 0 || edge.outsideCustody === true;
    for (const name of custodians) {
      const custody = { ...observation, custodian: this.#nodeOf(name) };
      this.graph.observe(from, to, kind, fromMode, toMode, custody, places);
    }
    if (isOutside) this.graph.observe(from, to, kind, fromMode, toMode, observation, places);
  }
}
