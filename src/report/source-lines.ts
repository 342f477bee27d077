import type {
  Snapshot,
  SnapshotEdge,
  SnapshotFinding,
  SnapshotFrame,
  SnapshotParticipant,
  SnapshotStack,
} from '../validator/snapshot-format.ts';
import { parseSite } from './site.ts';

/** Reads the lines of a file; `undefined` where it cannot be read. */
export type ReadLines = (path: string) => readonly string[] | undefined;

/** A line longer than this was written by a tool; only the part around the column is kept. */
const MAX_LENGTH = 300;
const BEFORE_COLUMN = 40;

function findSource(at: string, readLines: ReadLines): string | undefined {
  const site = parseSite(at);
  if (site === undefined) return undefined;
  const text = readLines(site.path)?.[site.line - 1];
  if (text === undefined) return undefined;
  if (text.length <= MAX_LENGTH) return text.trim() || undefined;
  const start = Math.max(0, site.column - 1 - BEFORE_COLUMN);
  return text.slice(start, start + MAX_LENGTH).trim() || undefined;
}

function fillFrame(frame: SnapshotFrame, readLines: ReadLines): SnapshotFrame {
  if (frame.source !== undefined) return frame;
  const source = findSource(frame.at, readLines);
  return source === undefined ? frame : { ...frame, source };
}

/** Fills in the source lines of a stack. */
export function fillStack(stack: SnapshotStack, readLines: ReadLines): SnapshotStack {
  return { ...stack, frames: stack.frames.map((frame) => fillFrame(frame, readLines)) };
}

function fillEdge(edge: SnapshotEdge, readLines: ReadLines): SnapshotEdge {
  return { ...edge, held: fillStack(edge.held, readLines), requested: fillStack(edge.requested, readLines) };
}

function fillFinding(finding: SnapshotFinding, readLines: ReadLines): SnapshotFinding {
  const { stack, participants } = finding;
  return {
    ...finding,
    ...(stack === undefined ? {} : { stack: fillStack(stack, readLines) }),
    ...(participants === undefined
      ? {}
      : { participants: participants.map((each) => fillParticipant(each, readLines)) }),
  };
}

function fillParticipant(participant: SnapshotParticipant, readLines: ReadLines): SnapshotParticipant {
  const filled = { ...participant };
  for (const key of ['heldSince', 'lastSeen', 'waitsSince', 'behind'] as const) {
    const stack = participant[key];
    if (stack !== undefined) filled[key] = fillStack(stack, readLines);
  }
  return filled;
}

/** Fills in the source line of every frame that has none; the snapshot given stays as it is. */
export function fillSources(snapshot: Snapshot, readLines: ReadLines): Snapshot {
  return {
    ...snapshot,
    edges: snapshot.edges.map((edge) => fillEdge(edge, readLines)),
    findings: snapshot.findings.map((finding) => fillFinding(finding, readLines)),
  };
}

/** Keeps of a snapshot one finding and the edges of its chain, with their source lines. */
export function fillFindingSources(
  finding: SnapshotFinding,
  snapshot: Snapshot,
  readLines: ReadLines,
): { finding: SnapshotFinding; snapshot: Snapshot } {
  const wanted = new Set([...finding.edges, finding.breakableBy ?? -1]);
  const edges = snapshot.edges.map((edge, index) => (wanted.has(index) ? fillEdge(edge, readLines) : edge));
  return { finding: fillFinding(finding, readLines), snapshot: { ...snapshot, edges } };
}
