/**
 * One edge of the dependency graph, and how it sums up what was observed of it (design section 3, "An edge").
 *
 * Every field of the summary moves one way only while settled observations come in: evidence up, counts up,
 * custodians grow; breakable, simultaneous and gates can only be lost. That is why "already known" can be
 * tested with one flag, `isSettled`. Provisional observations form an overlay that lasts for one pass: they
 * describe an edge nothing else is known of, and touch no field of the summary of any other.
 */
import type { Gate } from './exclusion.ts';
import type { EdgeKind, Evidence, HoldMode, RequestMode } from './vocabulary.ts';

/** One sighting of an edge. */
export interface Observation {
  readonly evidence: Evidence;
  readonly isBreakable: boolean;
  readonly isSimultaneous: boolean;
  /** The obligation that the edge leaves from is still open. */
  readonly isProvisional: boolean;
  /** Read of provisional observations only: the edge leads to a request that still waits. */
  readonly isWaiting: boolean;
  /** Locks that whoever waited held meanwhile, see exclusion.ts. */
  readonly gates: readonly Gate[];
  /** The executor in whose custody the obligation was. */
  readonly custodian?: number;
}

const STRENGTHS: Readonly<Record<Evidence, number>> = { nested: 0, signalled: 1, proven: 2 };

/** Compares two grades of evidence: negative when `a` says less than `b`. */
export function compareEvidence(a: Evidence, b: Evidence): number {
  return STRENGTHS[a] - STRENGTHS[b];
}

/**
 * The gates of two observations together: a lock that was held in both, exclusively only if it was so in
 * both. Returns `a` itself when nothing is lost.
 */
function intersectGates(a: readonly Gate[], b: readonly Gate[]): readonly Gate[] {
  if (a.every((gate) => b.includes(gate) || (gate < 0 && b.includes(-gate)))) return a;
  return a
    .filter((gate) => b.includes(gate) || b.includes(-gate))
    .map((gate) => (b.includes(gate) ? gate : -Math.abs(gate)));
}

/** Its fields are written here alone; only `count` may be raised by a caller, on its hot path. */
export class Edge<Data> {
  readonly from: number;
  readonly to: number;
  readonly kind: EdgeKind;
  readonly fromMode: HoldMode;
  readonly toMode: RequestMode;
  /** Order of creation. */
  readonly index: number;
  /**
   * Takes part in searches and levels; custody, and a hand-over to an executor that is not serial, do not.
   */
  readonly isSearched: boolean;
  /** Of kind `context`, and leaves the context. */
  readonly isFromContext: boolean;

  evidence: Evidence = 'nested';
  isBreakable = false;
  isSimultaneous = false;
  /** Observations that were not provisional. */
  count = 0;
  gates: readonly Gate[] = [];
  /** Executors that had the obligation in custody when the edge was seen, in the order of first sight. */
  readonly custodians: number[] = [];
  /** Seen at least once outside any custody. */
  uncustodied = false;
  /** Whatever the caller keeps of the strongest observation, the first of its strength. */
  data: Data | undefined = undefined;

  /** The program says that this is its order, whether it was seen or not. */
  isDeclared = false;

  /** Settled, declared, or observed in the present pass. Edges that are not active are not there. */
  isActive = false;
  /** Led to a request that still waits, in the present pass. */
  isWaiting = false;
  /**
   * No settled observation can change anything but `count` any more, unless it has a custodian that is not
   * among `custodians`.
   */
  isSettled = false;

  constructor(
    from: number,
    to: number,
    kind: EdgeKind,
    fromMode: HoldMode,
    toMode: RequestMode,
    index: number,
    isSearched: boolean,
    isFromContext = false,
  ) {
    this.from = from;
    this.to = to;
    this.kind = kind;
    this.fromMode = fromMode;
    this.toMode = toMode;
    this.index = index;
    this.isSearched = isSearched;
    this.isFromContext = isFromContext;
  }

  get isProvisional(): boolean {
    return this.count === 0 && !this.isDeclared;
  }

  /**
   * Adds an observation; returns whether anything but the count changed. `makeData` is called only when the
   * new observation is the strongest.
   */
  absorb(observation: Observation, makeData?: () => Data): boolean {
    const isFirstSettled = this.isProvisional && !observation.isProvisional;
    if (observation.isProvisional && !this.isProvisional) return this.#noteWaiting(observation);
    if (!observation.isProvisional) this.count++;
    if (isFirstSettled || !this.isActive) this.#restart(observation, makeData);
    else if (!this.#sum(observation, makeData)) return false;
    this.isSettled =
      this.count > 0 &&
      this.uncustodied &&
      this.evidence === 'proven' &&
      !this.isBreakable &&
      !this.isSimultaneous &&
      this.gates.length === 0;
    return true;
  }

  /** Takes the overlay away. */
  endPass(): void {
    this.isWaiting = false;
    this.isActive = !this.isProvisional;
  }

  /** Makes it a declared edge, of which nothing can be lost any more. Returns whether it was none before. */
  declare(): boolean {
    if (this.isDeclared) return false;
    this.isDeclared = this.isActive = this.uncustodied = true;
    this.evidence = 'proven';
    this.isBreakable = this.isSimultaneous = false;
    this.gates = [];
    return true;
  }

  /**
   * The summary of an edge that was known provisionally, or in an earlier pass, starts anew: it must owe
   * nothing to what did not come true.
   */
  #restart(observation: Observation, makeData: (() => Data) | undefined): void {
    this.isActive = true;
    this.evidence = observation.evidence;
    this.isBreakable = observation.isBreakable;
    this.isSimultaneous = observation.isSimultaneous;
    this.gates = observation.gates;
    this.custodians.length = 0;
    this.uncustodied = false;
    this.#noteCustody(observation.custodian);
    if (observation.isProvisional) this.#noteWaiting(observation);
    if (makeData !== undefined) this.data = makeData();
  }

  #sum(observation: Observation, makeData: (() => Data) | undefined): boolean {
    const gain = compareEvidence(observation.evidence, this.evidence);
    const gates = intersectGates(this.gates, observation.gates);
    const isFreer =
      (this.isBreakable && !observation.isBreakable) ||
      (this.isSimultaneous && !observation.isSimultaneous) ||
      gates !== this.gates;
    if (gain > 0) this.evidence = observation.evidence;
    this.isBreakable &&= observation.isBreakable;
    this.isSimultaneous &&= observation.isSimultaneous;
    this.gates = gates;
    if (makeData !== undefined && (gain > 0 || (gain === 0 && (isFreer || this.data === undefined))))
      this.data = makeData();
    const isNewCustody = this.#noteCustody(observation.custodian);
    const isNewlyWaiting = observation.isProvisional && this.#noteWaiting(observation);
    return gain > 0 || isFreer || isNewCustody || isNewlyWaiting;
  }

  #noteWaiting(observation: Observation): boolean {
    if (!observation.isWaiting || this.isWaiting) return false;
    this.isWaiting = true;
    return true;
  }

  #noteCustody(custodian: number | undefined): boolean {
    if (custodian === undefined ? this.uncustodied : this.custodians.includes(custodian)) return false;
    if (custodian === undefined) this.uncustodied = true;
    else this.custodians.push(custodian);
    return true;
  }
}
