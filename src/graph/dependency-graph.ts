/**
 * The dependency graph: lock classes, and what each must wait for.
 *
 * It is kept twice. graphology has it as data, for whatever walks it at leisure, and gets what is new when
 * somebody asks for it: a worker that saves a snapshot need not wait for the library. Lists of edges and the
 * components of component-order.ts serve the search, and a search that finds nothing mostly ends at two look-ups:
 * nothing closes a cycle between two components. What is provisional is an overlay, renewed in passes: components
 * keep the arcs of edges that were active once, which costs a search some time and changes no answer.
 */
import type { MultiDirectedGraph } from 'graphology';
import { Adjacency } from './adjacency.ts';
import { ComponentOrder } from './component-order.ts';
import { Edge, type Observation } from './edge.ts';
import { loadGraphology } from './graphology.ts';
import { type Level, sortIntoLevels } from './levels.ts';
import { type Cycle, type CycleOptions, findShortestCycle } from './strong-path.ts';
import type { EdgeKind, HoldMode, RequestMode } from './vocabulary.ts';

export interface NodeAttributes {
  readonly name: string;
  /** Units there are; 1 for a mutex. */
  readonly capacity: number;
  /** First come, first served: no priorities, no barging. */
  readonly isFair: boolean;
  readonly isExecutor: boolean;
  /** An executor whose jobs wait for each other. */
  readonly isSerial: boolean;
  /** An executor with places for some jobs at a time, more than one. */
  readonly isBounded?: boolean;
  /** Its edges are kept and never searched. */
  readonly isExempt?: boolean;
  /** Private to one processor: no cycle by way of an execution context leads through it. */
  readonly isPerCpu?: boolean;
}

export interface Observed<Data> {
  readonly edge: Edge<Data>;
  readonly isNew: boolean;
  /** Something changed that a search or its presentation may depend on. */
  readonly isChanged: boolean;
}

/** Node ids stay below this, so that the key of an edge is a small integer. */
const MAX_NODES = 2 ** 25;
const KINDS: Readonly<Record<EdgeKind, number>> = { order: 0, custody: 1, handoff: 2, wait: 3, context: 4 };
/** Two ways to hold, three to ask. */
const MODES = 6;
const VARIANTS = 5 * MODES;
const REQUEST_MODES: Readonly<Record<RequestMode, number>> = { exclusive: 0, shared: 1, recursive: 2 };

/** What tells an edge from all others out of the same node. */
function edgeKey(to: number, kind: EdgeKind, fromMode: HoldMode, toMode: RequestMode): number {
  const variant = KINDS[kind] * MODES + (fromMode === 'shared' ? 3 : 0) + REQUEST_MODES[toMode];
  return to * VARIANTS + variant;
}

/** The graph as graphology has it: nodes and edges have their ids and indices as keys. */
export type GraphData<Data> = MultiDirectedGraph<{ attributes: NodeAttributes }, { edge: Edge<Data> }>;

export class DependencyGraph<Data> {
  #data: GraphData<Data> | undefined;
  readonly #nodes: NodeAttributes[] = [];
  /** By the node they leave from. */
  readonly #outgoing: Adjacency<Data>[] = [];
  #edgeCount = 0;
  readonly #overlay = new Set<Edge<Data>>();
  #order = new ComponentOrder();

  /** Adds a class; returns its id: 0, 1, 2 and so on. */
  addNode(attributes: NodeAttributes): number {
    if (this.#nodes.length >= MAX_NODES) throw new RangeError(`Expected at most ${MAX_NODES} nodes.`);
    const id = this.#order.addNode();
    this.#nodes.push(attributes);
    this.#outgoing.push(new Adjacency());
    return id;
  }

  node(id: number): NodeAttributes {
    const attributes = this.#nodes[id];
    if (attributes === undefined) throw new RangeError(`Expected the id of a node, got ${id}.`);
    return attributes;
  }

  /** Attributes by id. */
  get nodes(): readonly NodeAttributes[] {
    return this.#nodes;
  }

  /** Returns the edge, active or not. */
  edgeBetween(
    from: number,
    to: number,
    kind: EdgeKind,
    fromMode: HoldMode,
    toMode: RequestMode,
  ): Edge<Data> | undefined {
    return this.#outgoing[from]?.find(edgeKey(to, kind, fromMode, toMode));
  }

  /** Returns the edges out of a node, oldest first, active or not. */
  edgesFrom(id: number): readonly Edge<Data>[] {
    return this.#outgoing[id]?.edges ?? [];
  }

  /** Iterates over the active edges, oldest first. */
  *edges(): IterableIterator<Edge<Data>> {
    yield* this.#listEdges(({ isActive }) => isActive);
  }

  /** The whole graph, edges that are not active included; the same object each time, brought up to date. */
  get data(): GraphData<Data> {
    const data = (this.#data ??= new (loadGraphology().MultiDirectedGraph)());
    for (let id = data.order; id < this.#nodes.length; id++)
      data.addNode(id, { attributes: this.#nodes[id]! });
    const known = data.size;
    if (known < this.#edgeCount)
      for (const edge of this.#listEdges((each) => each.index >= known))
        data.addDirectedEdgeWithKey(edge.index, edge.from, edge.to, { edge });
    return data;
  }

  /** Adds one observation to its edge. `makeData` is called at once, if this is the strongest so far. */
  observe(
    from: number,
    to: number,
    kind: EdgeKind,
    fromMode: HoldMode,
    toMode: RequestMode,
    observation: Observation,
    makeData?: () => Data,
  ): Observed<Data> {
    const known = this.edgeBetween(from, to, kind, fromMode, toMode);
    const edge = known ?? this.#createEdge(from, to, kind, fromMode, toMode);
    const isChanged = edge.absorb(observation, makeData);
    if (isChanged && observation.isProvisional) this.#overlay.add(edge);
    return { edge, isNew: known === undefined, isChanged };
  }

  /** Adds an edge that nobody has seen yet; returns it, or undefined if it had been declared before. */
  declare(from: number, to: number): Edge<Data> | undefined {
    const edge =
      this.edgeBetween(from, to, 'order', 'exclusive', 'exclusive') ??
      this.#createEdge(from, to, 'order', 'exclusive', 'exclusive');
    return edge.declare() ? edge : undefined;
  }

  /** Takes back what is provisional. What still is so must be observed again, and counts as changed then. */
  beginPass(): void {
    for (const edge of this.#overlay) edge.endPass();
    this.#overlay.clear();
  }

  /**
   * Returns a shortest strong cycle that begins with `edge`, see strong-path.ts; constant time where there
   * is none for lack of a way back.
   */
  findCycle(edge: Edge<Data>, options?: CycleOptions<Data>): Cycle<Data> | undefined {
    const order = this.#order;
    if (order.find(edge.from) !== order.find(edge.to)) return undefined;
    return findShortestCycle(this.#space, edge, options);
  }

  /** Returns the lock order over active edges, top level first. Takes time in proportion to the graph. */
  levels(): Level[] {
    const arcs: [number, number][] = [];
    let order = this.#order;
    let hasInactive = false;
    for (const { attributes } of this.data.edgeEntries()) {
      const { edge } = attributes;
      if (!edge.isSearched) continue;
      if (edge.isActive) arcs.push([edge.from, edge.to]);
      else hasInactive = true;
    }
    if (hasInactive) order = this.#orderOf(arcs);
    return sortIntoLevels(this.#nodes.length, arcs, (node) => order.find(node));
  }

  /** Forgets everything; ids start from 0 again, and edges handed out before are of no use any more. */
  clear(): void {
    this.#data?.clear();
    this.#nodes.length = 0;
    this.#outgoing.length = this.#edgeCount = 0;
    this.#overlay.clear();
    this.#order = new ComponentOrder();
  }

  readonly #space = {
    edgesFrom: (node: number): readonly Edge<Data>[] => this.#outgoing[node]!.edges,
    isFair: (node: number): boolean => this.#nodes[node]!.isFair,
    capacity: (node: number): number => this.#nodes[node]!.capacity,
    isPerCpu: (node: number): boolean => this.#nodes[node]!.isPerCpu === true,
    areConnected: (a: number, b: number): boolean => this.#order.find(a) === this.#order.find(b),
  };

  /** Oldest first. */
  #listEdges(isWanted: (edge: Edge<Data>) => boolean): Edge<Data>[] {
    const wanted = this.#outgoing.flatMap(({ edges }) => edges.filter(isWanted));
    return wanted.sort((a, b) => a.index - b.index);
  }

  #createEdge(from: number, to: number, kind: EdgeKind, fromMode: HoldMode, toMode: RequestMode): Edge<Data> {
    const source = this.node(from);
    const target = this.node(to);
    const isSearched =
      kind !== 'custody' &&
      (kind !== 'handoff' || !target.isExecutor || target.isSerial) &&
      source.isExempt !== true &&
      target.isExempt !== true;
    const edge = new Edge<Data>(
      from,
      to,
      kind,
      fromMode,
      toMode,
      this.#edgeCount++,
      isSearched,
      kind === 'context' && source.isExecutor,
    );
    this.#outgoing[from]!.add(edgeKey(to, kind, fromMode, toMode), edge);
    if (isSearched) this.#order.insert(from, to);
    return edge;
  }

  #orderOf(arcs: readonly (readonly [number, number])[]): ComponentOrder {
    const order = new ComponentOrder();
    for (const _ of this.#nodes) order.addNode();
    for (const [from, to] of arcs) order.insert(from, to);
    return order;
  }
}
