import type {
  Snapshot,
  SnapshotClass,
  SnapshotEdge,
  SnapshotFinding,
  SnapshotInput,
  SnapshotParticipant,
} from '../validator/snapshot-format.ts';
import { listLiveArrows } from './participants.ts';

/** One arrow of a chain; `edge` is missing when the snapshot does not hold it. */
export interface Arrow {
  from: string;
  to: string;
  edge: SnapshotEdge | undefined;
  /** Of a hang: whose arrow it is. */
  participant?: SnapshotParticipant;
}

/** A finding together with what its chain refers to. */
export interface FindingContext {
  finding: SnapshotFinding;
  arrows: Arrow[];
  /** The edges of the arrows, in their order. */
  edges: SnapshotEdge[];
  edgeAt: (index: number) => SnapshotEdge | undefined;
  classNamed: (name: string) => SnapshotClass | undefined;
  /** Of a cycle of classes: its locks hang in the same chain now, which is told as well. */
  isToldLive: boolean;
  /** What was merged; a single one needs no mention. */
  inputs: readonly SnapshotInput[];
}

export type ClassesByName = ReadonlyMap<string, SnapshotClass>;

/** Maps the classes of a snapshot by name, once for all findings. */
export function mapClasses(snapshot: Snapshot): ClassesByName {
  return new Map(snapshot.classes.map((lockClass) => [lockClass.name, lockClass]));
}

/** A cycle has no first arrow, so the odd one out opens; one that tells a hand-over keeps its own order. */
function startAtOddOne(arrows: Arrow[], { chain }: SnapshotFinding): Arrow[] {
  if (chain[0] !== chain.at(-1)) return arrows;
  if (arrows.some(({ edge }) => edge === undefined || edge.kind === 'custody' || edge.kind === 'handoff'))
    return arrows;
  const counts = arrows.map(({ edge }) => edge?.count ?? 0);
  const least = Math.min(...counts);
  const start = counts.indexOf(least);
  if (counts.lastIndexOf(least) !== start) return arrows;
  return [...arrows.slice(start), ...arrows.slice(0, start)];
}

/** Resolves what a finding refers to. */
export function createContext(
  finding: SnapshotFinding,
  snapshot: Snapshot,
  classes: ClassesByName,
): FindingContext {
  const chain = finding.edges.map((edgeIndex, index): Arrow => {
    const edge = snapshot.edges[edgeIndex];
    return {
      from: edge?.from ?? finding.chain[index] ?? '?',
      to: edge?.to ?? finding.chain[index + 1] ?? '?',
      edge,
    };
  });
  const arrows = chain.length > 0 ? startAtOddOne(chain, finding) : listLiveArrows(finding);
  return {
    finding,
    arrows,
    edges: arrows.flatMap(({ edge }) => (edge === undefined ? [] : [edge])),
    edgeAt: (index) => snapshot.edges[index],
    // Of several locks of a class, each has a number in a hang.
    classNamed: (name) => classes.get(name) ?? classes.get(name.replace(/#\d+$/, '')),
    isToldLive: snapshot.findings.some((other) => isHangOf(other, finding)),
    inputs: snapshot.inputs,
  };
}

/** Whether `live` says of locks what `finding` says of their classes. */
function isHangOf(live: SnapshotFinding, finding: SnapshotFinding): boolean {
  const { code, chain } = finding;
  if (live.code !== 'live-deadlock' || code === 'live-deadlock') return false;
  if (chain.length < 2 || live.chain.length !== chain.length) return false;
  // Both go round, and may begin anywhere.
  const names = chain.slice(0, -1);
  return names.some((_, start) =>
    names.every((__, i) => live.chain[i] === names[(start + i) % names.length]),
  );
}

/** Lists the gates that keep the flows of a note apart: those of every arrow, else of any two of them. */
export function findGates({ finding, edges, classNamed }: FindingContext): string[] {
  const [first, ...others] = edges;
  if (finding.severity !== 'note' || first === undefined) return [];
  const common = first.gates.filter((gate) => others.every((edge) => holds(edge, gate)));
  if (common.length > 0) return common;
  const pairwise = [...new Set(edges.flatMap((edge) => edge.gates))].filter(
    (gate) => edges.filter((edge) => holds(edge, gate)).length > 1,
  );
  if (pairwise.length > 0) return pairwise;
  // All units of a counted resource must be out, and its holders come one at a time.
  return edges.filter((edge) => (classNamed(edge.from)?.permits ?? 1) > 1).flatMap((edge) => edge.gates);
}

/** Whether whoever waits on the edge holds the gate, if only shared. */
export function holds({ gates, sharedGates = [] }: SnapshotEdge, gate: string): boolean {
  return gates.includes(gate) || sharedGates.includes(gate);
}

/** Tells whether arrows close on themselves, so that whoever is on them waits for himself in the end. */
export function isCycle({ finding, edges }: FindingContext): boolean {
  return edges.length > 0 && finding.chain.length > 1 && finding.chain[0] === finding.chain.at(-1);
}
