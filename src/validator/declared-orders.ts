/**
 * Orders that the program declares: arrows that are there before anybody has taken a lock. A class may be
 * made long after the declaration that names it, so declarations are kept, and bound as classes come.
 */
import type { DependencyGraph } from '../graph/dependency-graph.ts';
import type { Edge } from '../graph/edge.ts';
import type { ClassRegistry } from './class-registry.ts';
import type { EdgePlaces, LockClass } from './lock-class.ts';

export class DeclaredOrders {
  readonly #graph: DependencyGraph<EdgePlaces>;
  readonly #classes: ClassRegistry;
  readonly #onEdge: (edge: Edge<EdgePlaces>) => void;
  readonly #orders: (readonly string[])[] = [];

  /** `onEdge` is told of each arrow that a declaration makes. */
  constructor(
    graph: DependencyGraph<EdgePlaces>,
    classes: ClassRegistry,
    onEdge: (edge: Edge<EdgePlaces>) => void,
  ) {
    this.#graph = graph;
    this.#classes = classes;
    this.#onEdge = onEdge;
  }

  declare(names: readonly string[]): void {
    const order = [...names];
    this.#orders.push(order);
    for (const name of order)
      for (const lockClass of this.#classes.named(name)) this.#bindIn(order, lockClass, name);
  }

  /** A class with a name is new. */
  bind(lockClass: LockClass, name: string): void {
    for (const order of this.#orders) this.#bindIn(order, lockClass, name);
  }

  /** The graph was emptied. */
  bindAll(): void {
    for (const order of this.#orders)
      for (const name of order)
        for (const lockClass of this.#classes.named(name)) this.#bindIn(order, lockClass, name);
  }

  /** All pairs, since a class in the middle may never be made. */
  #bindIn(order: readonly string[], lockClass: LockClass, name: string): void {
    const position = order.indexOf(name);
    if (position === -1) return;
    for (const [i, other] of order.entries()) {
      if (i === position) continue;
      for (const { node } of this.#classes.named(other)) {
        const [from, to] = i < position ? [node, lockClass.node] : [lockClass.node, node];
        const edge = this.#graph.declare(from, to);
        if (edge !== undefined) this.#onEdge(edge);
      }
    }
  }
}
