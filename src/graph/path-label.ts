/**
 * What a search must remember of the path behind it, as a set of bits. Every bit is a restriction: a path
 * whose bits are a subset of another's can go on wherever the other can, and closes at least as well. So a
 * search may drop an arrival at a node when an earlier one there had a subset of its bits. Keyed on the
 * node alone it would lose cycles, as the kernel's does (a class first reached by a recursive read is not
 * looked at again): design section 3, "Readers".
 */
import type { Edge } from './edge.ts';

/** The last edge asked as a recursive reader, so that no edge out of a shared hold may follow. */
const WEAK = 1;
/** Hand-overs only, so far: they never close a cycle by themselves. */
const HANDED_OVER = 2;
/** Simultaneous edges on fair nodes only, so far. */
const SIMULTANEOUS = 4;
/** Led through an execution context, and through what is private to one processor: never both. */
const VIA_CONTEXT = 8;
const VIA_PER_CPU = 16;
const FIRST_GATE = 32;

/**
 * Gates of the first edge that are followed, for the common case that one lock is over all edges; what else
 * keeps a path from happening is looked at when it closes, see exclusion.ts. The price of each gate is that
 * a node can be worth visiting more often.
 */
const MAX_GATES = 16;

/** How good a finding a closed path makes, best first; `none` is not a cycle. */
export const RANKS = { real: 0, simultaneousOnly: 1, gated: 2, none: 3 } as const;

/** What the rules ask of a node. */
export interface NodeTraits {
  isFair(node: number): boolean;
  isPerCpu(node: number): boolean;
}

/** What an interrupt asks for is asked for by whoever it interrupted, who still has all his gates. */
function isInterrupted<Data>(edge: Edge<Data>): boolean {
  return edge.kind === 'context' && edge.isFromContext;
}

/**
 * The rules of one search: where labels start, how an edge changes them, and what they are worth at the
 * end.
 */
export class PathRules<Data> {
  readonly #first: Edge<Data>;
  readonly #nodes: NodeTraits;
  readonly #gates: readonly number[];

  constructor(first: Edge<Data>, nodes: NodeTraits) {
    this.#first = first;
    this.#nodes = nodes;
    this.#gates = first.gates.filter((gate) => gate > 0).slice(0, MAX_GATES);
  }

  /** Returns the label of the path that is the first edge alone. */
  start(): number {
    const allGates = FIRST_GATE * (2 ** this.#gates.length - 1);
    const origin = this.#nodes.isPerCpu(this.#first.from) ? VIA_PER_CPU : 0;
    return this.after(HANDED_OVER | SIMULTANEOUS | origin | allGates, this.#first);
  }

  /** Returns whether a path with this label may go on through `edge` and still be strong. */
  allows(label: number, edge: Edge<Data>): boolean {
    return (label & WEAK) === 0 || edge.fromMode !== 'shared';
  }

  /** Returns the label of the path with `edge` at its end. */
  after(label: number, edge: Edge<Data>): number {
    let next = (edge.toMode === 'recursive' ? WEAK : 0) | (label & (VIA_CONTEXT | VIA_PER_CPU));
    if (edge.kind === 'context') next |= VIA_CONTEXT;
    if (this.#nodes.isPerCpu(edge.to)) next |= VIA_PER_CPU;
    if (label <= WEAK) return next;
    if (edge.kind === 'handoff') next |= label & HANDED_OVER;
    if (edge.isSimultaneous && this.#nodes.isFair(edge.to)) next |= label & SIMULTANEOUS;
    if (label < FIRST_GATE) return next;
    if (isInterrupted(edge)) return next | (label & ~(FIRST_GATE - 1));
    if (edge.gates.length === 0) return next;
    for (let i = 0; i < this.#gates.length; i++) {
      const bit = FIRST_GATE << i;
      if ((label & bit) !== 0 && edge.gates.includes(this.#gates[i]!)) next |= bit;
    }
    return next;
  }

  /** Returns what a path with this label is worth when it ends where the first edge begins. */
  rank(label: number): number {
    if ((label & HANDED_OVER) !== 0 || !this.allows(label, this.#first)) return RANKS.none;
    if ((label & VIA_CONTEXT) !== 0 && (label & VIA_PER_CPU) !== 0) return RANKS.none;
    if (label >= FIRST_GATE) return RANKS.gated;
    return this.isSimultaneousOnly(label) ? RANKS.simultaneousOnly : RANKS.real;
  }

  isSimultaneousOnly(label: number): boolean {
    return (label & SIMULTANEOUS) !== 0;
  }
}
