import { compareText } from '../validator/snapshot.ts';
import type {
  Certainty,
  Severity,
  SnapshotEdge,
  SnapshotFinding,
  SnapshotVerdict,
} from '../validator/snapshot-format.ts';
import { type InputCounts, absorbCounts, sumCounts, writeCounts } from './input-counts.ts';
import { keyOfEdge } from './merged-edge.ts';

const SEVERITIES: Readonly<Record<Severity, number>> = { note: 0, warning: 1, error: 2 };
const CERTAINTIES: Readonly<Record<Certainty, number>> = { potential: 0, certain: 1 };

/** Compares by severity, then by certainty; positive when `a` is graver. */
export function compareGravity(
  a: Pick<SnapshotFinding, 'severity' | 'certainty'>,
  b: Pick<SnapshotFinding, 'severity' | 'certainty'>,
): number {
  return (
    SEVERITIES[a.severity] - SEVERITIES[b.severity] || CERTAINTIES[a.certainty] - CERTAINTIES[b.certainty]
  );
}

/** A finding as the inputs have it by themselves; its edges go by their keys, since indices change. */
interface Seen {
  finding: SnapshotFinding;
  edgeKeys: string[];
  breakableKey: string | undefined;
  /** Decides between two that are equally grave, whatever came first. */
  text: string;
}

function readSeen(saved: SnapshotFinding, edges: readonly SnapshotEdge[]): Seen {
  const { asSeen, counts: _counts, breakableBy: _breakableBy, ...rest } = saved;
  const verdict: SnapshotVerdict = asSeen ?? saved;
  const { breakableBy, ...seen } = verdict;
  const keyAt = (index: number): string => {
    const edge = edges[index];
    return edge === undefined ? '' : keyOfEdge(edge);
  };
  const { certainty, severity, flows, message } = seen;
  const finding = { ...rest, certainty, severity, flows, message, edges: [], count: 0 };
  const edgeKeys = verdict.edges.map(keyAt);
  const breakableKey = breakableBy === undefined ? undefined : keyAt(breakableBy);
  return { finding, edgeKeys, breakableKey, text: JSON.stringify([finding, edgeKeys, breakableKey]) };
}

export class MergedFinding {
  #seen: Seen;
  #counts: InputCounts;

  constructor(saved: SnapshotFinding, edges: readonly SnapshotEdge[], counts: InputCounts) {
    this.#seen = readSeen(saved, edges);
    this.#counts = counts;
  }

  absorb(saved: SnapshotFinding, edges: readonly SnapshotEdge[], counts: InputCounts): void {
    this.#counts = absorbCounts(this.#counts, counts);
    const seen = readSeen(saved, edges);
    const order = compareGravity(seen.finding, this.#seen.finding) || compareText(this.#seen.text, seen.text);
    if (order > 0) this.#seen = seen;
  }

  /** `together` is what the inputs make of it together, if that is graver. */
  toSnapshot(
    indices: ReadonlyMap<string, number>,
    numbers: readonly number[],
    together: SnapshotFinding | undefined,
  ): SnapshotFinding {
    const { finding, edgeKeys, breakableKey } = this.#seen;
    const breakableBy = breakableKey === undefined ? undefined : indices.get(breakableKey);
    const { certainty, severity, flows, message } = finding;
    const verdict: SnapshotVerdict = {
      certainty,
      severity,
      // A chain whose edge the snapshot had not is shown without its arrows.
      edges: edgeKeys.every((key) => indices.has(key)) ? edgeKeys.map((key) => indices.get(key)!) : [],
      flows,
      message,
      ...(breakableBy === undefined ? {} : { breakableBy }),
    };
    const own = { ...finding, ...verdict, count: sumCounts(this.#counts) };
    const counts = writeCounts(this.#counts, numbers);
    if (together === undefined || SEVERITIES[together.severity] <= SEVERITIES[severity])
      return { ...own, counts };
    return { ...together, count: own.count, counts, asSeen: verdict };
  }
}
