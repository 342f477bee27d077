import type { Edge } from './edge.ts';

/** Up to so many edges are looked through; more are mapped. */
const MAX_SCANNED = 24;

/** The edges out of one node. A small one is two short lists, which fit into what a processor has at hand. */
export class Adjacency<Data> {
  /** Oldest first. */
  readonly edges: Edge<Data>[] = [];
  readonly #keys: number[] = [];
  #byKey: Map<number, Edge<Data>> | undefined;

  find(key: number): Edge<Data> | undefined {
    if (this.#byKey !== undefined) return this.#byKey.get(key);
    const index = this.#keys.indexOf(key);
    return index === -1 ? undefined : this.edges[index];
  }

  add(key: number, edge: Edge<Data>): void {
    this.edges.push(edge);
    this.#keys.push(key);
    if (this.#byKey !== undefined) this.#byKey.set(key, edge);
    else if (this.edges.length > MAX_SCANNED)
      this.#byKey = new Map(this.#keys.map((each, i) => [each, this.edges[i]!]));
  }
}
