import { SnapshotMerger } from '../merge/merger.ts';
import type { Snapshot } from '../validator/snapshot-format.ts';
import { readSnapshot } from './read-snapshot.ts';

/** Merges snapshots, one in memory at a time. Throws `UsageError` at the first that is none. */
export function mergeSnapshots(files: readonly string[]): Snapshot {
  const merger = new SnapshotMerger();
  for (const file of files) merger.add(readSnapshot(file), file);
  return merger.snapshot();
}
