import type { SnapshotEdge, SnapshotFrame } from '../validator/snapshot-format.ts';
import { escapeText } from './escape.ts';

/**
 * Finds the frame that tells a place of an arrow from the others: its caller where the place itself is
 * a helper that takes several of the locks, else the place.
 */
export function findTellingFrame(
  edge: SnapshotEdge,
  role: 'held' | 'requested',
  edges: readonly SnapshotEdge[],
): SnapshotFrame | undefined {
  const [top, caller] = edge[role].frames;
  if (top === undefined || caller === undefined) return top;
  const partner = edge[role === 'held' ? 'requested' : 'held'];
  // Both places of a hand-over are the hand-over.
  if (edge.kind !== 'handoff' && partner.frames[0]?.at === top.at) return caller;
  const isShared = edges.some((other) => {
    const [otherTop, otherCaller] = other[role].frames;
    return otherTop?.at === top.at && otherCaller?.at !== caller.at;
  });
  return isShared ? caller : top;
}

/** Formats a frame for a sentence: ` at src/a.ts:3`, or nothing where none is known. */
export function formatPlace(frame: SnapshotFrame | undefined, preposition = 'at'): string {
  if (frame === undefined) return '';
  return ` ${preposition} ${escapeText(frame.at.replace(/(:\d+):\d+$/, '$1'))}`;
}
