/**
 * An edge over all inputs, summed up as one validator sums up its sightings (graph/edge.ts): evidence only
 * grows; breakable, simultaneous and gates can only be lost; what is settled in any input makes what is
 * provisional in others count for nothing. Each of these is the same in whatever order, and twice.
 */
import { compareEvidence } from '../graph/edge.ts';
import { compareText } from '../validator/snapshot.ts';
import type { SnapshotEdge, SnapshotStack } from '../validator/snapshot-format.ts';
import { type InputCounts, absorbCounts, listInputs, sumCounts, writeCounts } from './input-counts.ts';

/** Of the strongest sighting, so that its evidence is that of the edge. */
type Places = Pick<SnapshotEdge, 'evidence' | 'held' | 'requested' | 'sameInstance'>;

export function keyOfEdge({ from, to, kind, fromMode, toMode }: SnapshotEdge): string {
  return [from, to, kind, fromMode, toMode].join('\u0000');
}

/** The frame with a source line first. */
function compareOptional(a: string | undefined, b: string | undefined): number {
  if (a === b) return 0;
  if (a === undefined || b === undefined) return a === undefined ? 1 : -1;
  return compareText(a, b);
}

function compareStacks({ frames: a }: SnapshotStack, { frames: b }: SnapshotStack): number {
  for (const [index, frame] of a.entries()) {
    const other = b[index];
    if (other === undefined) return -1;
    const order =
      compareText(frame.at, other.at) ||
      compareOptional(frame.fn, other.fn) ||
      compareOptional(frame.source, other.source);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

/** How little is known of the places: one that is missing is worse than one that was guessed. */
function countGaps({ held, requested }: Places): number {
  return [held, requested].reduce(
    (gaps, { frames, approximate }) => gaps + (frames.length === 0 ? 3 : 0) + (approximate === true ? 1 : 0),
    0,
  );
}

/** Orders the places that inputs have of an edge: those of the strongest sighting first. */
function comparePlaces(a: Places, b: Places): number {
  return (
    compareEvidence(b.evidence, a.evidence) ||
    Number(b.sameInstance === true) - Number(a.sameInstance === true) ||
    countGaps(a) - countGaps(b) ||
    compareStacks(a.held, b.held) ||
    compareStacks(a.requested, b.requested)
  );
}

/** Gates by name; whether each was held exclusively every time. */
type Gates = ReadonlyMap<string, boolean>;

const NO_CUSTODIANS: ReadonlySet<string> = new Set();
const NO_GATES: Gates = new Map();

function readGates({ gates, sharedGates = [] }: SnapshotEdge): Gates {
  if (gates.length === 0 && sharedGates.length === 0) return NO_GATES;
  return new Map([
    ...sharedGates.map((gate) => [gate, false] as const),
    ...gates.map((gate) => [gate, true] as const),
  ]);
}

function intersectGates(a: Gates, b: Gates): Gates {
  if (a.size === 0) return a;
  return new Map([...a].filter(([gate]) => b.has(gate)).map(([gate, own]) => [gate, own && b.get(gate)!]));
}

export class MergedEdge {
  readonly key: string;
  readonly #first: SnapshotEdge;
  #counts: InputCounts;
  #places: Places;
  #gates: Gates;
  #custodians: ReadonlySet<string>;
  #isOutsideCustody: boolean;
  #isBreakable: boolean;
  #isSimultaneous: boolean;
  #isDeclared: boolean;
  isProvisional: boolean;

  constructor(first: SnapshotEdge, counts: InputCounts) {
    this.key = keyOfEdge(first);
    this.#first = first;
    this.#counts = counts;
    this.#places = pickPlaces(first);
    this.#gates = readGates(first);
    this.#custodians = first.custodians === undefined ? NO_CUSTODIANS : new Set(first.custodians);
    this.#isOutsideCustody = this.#custodians.size === 0 || first.outsideCustody === true;
    this.#isBreakable = first.breakable;
    this.#isSimultaneous = first.simultaneous;
    this.#isDeclared = first.declared === true;
    this.isProvisional = first.provisional;
  }

  /** Inputs that have it. */
  get inputs(): number[] {
    return listInputs(this.#counts);
  }

  /** Adds what another input has of it; returns the edge to go on with, a new one if this one came to nothing. */
  absorb(other: SnapshotEdge, counts: InputCounts): MergedEdge {
    if (this.isProvisional && !other.provisional) return new MergedEdge(other, counts);
    if (!this.isProvisional && other.provisional) return this;
    this.#counts = absorbCounts(this.#counts, counts);
    if (comparePlaces(other, this.#places) < 0) this.#places = pickPlaces(other);
    this.#gates = intersectGates(this.#gates, readGates(other));
    if (other.custodians !== undefined)
      this.#custodians = new Set([...this.#custodians, ...other.custodians]);
    this.#isOutsideCustody ||= other.custodians === undefined || other.outsideCustody === true;
    this.#isBreakable &&= other.breakable;
    this.#isSimultaneous &&= other.simultaneous;
    this.#isDeclared ||= other.declared === true;
    return this;
  }

  toSnapshot(numbers: readonly number[]): SnapshotEdge {
    const { from, to, kind, fromMode, toMode } = this.#first;
    const { evidence, held, requested, sameInstance } = this.#places;
    const gatesOf = (isExclusive: boolean): string[] =>
      [...this.#gates.keys()].filter((gate) => this.#gates.get(gate) === isExclusive).sort(compareText);
    const shared = gatesOf(false);
    const custodians = [...this.#custodians].sort(compareText);
    return {
      from,
      to,
      kind,
      fromMode,
      toMode,
      evidence,
      breakable: this.#isBreakable,
      simultaneous: this.#isSimultaneous,
      provisional: this.isProvisional,
      ...(this.#isDeclared ? { declared: true } : {}),
      count: sumCounts(this.#counts),
      gates: gatesOf(true),
      ...(shared.length === 0 ? {} : { sharedGates: shared }),
      ...(custodians.length === 0 ? {} : { custodians }),
      ...(custodians.length > 0 && this.#isOutsideCustody ? { outsideCustody: true } : {}),
      ...(sameInstance === true ? { sameInstance } : {}),
      held,
      requested,
      counts: writeCounts(this.#counts, numbers),
    };
  }
}

function pickPlaces({ evidence, held, requested, sameInstance }: Places): Places {
  return { evidence, held, requested, ...(sameInstance === true ? { sameInstance } : {}) };
}
