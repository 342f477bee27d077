import { SnapshotMerger } from '../merge/merger.ts';
import type { Snapshot } from '../validator/snapshot-format.ts';
import { readSnapshot } from './read-snapshot.ts';
import { UsageError } from './usage-error.ts';

/** Merges snapshots, one in memory at a time. Throws `UsageError` at the first that is none. */
export function mergeSnapshots(files: readonly string[]): Snapshot {
  const merger = new SnapshotMerger();
  for (const file of files) merger.add(readSnapshot(file), file);
  return merger.snapshot();
}

/** Reads the snapshots that a command was given: one as it is, several merged. */
export function readSnapshots(files: readonly string[], command: string): Snapshot {
  const [first, ...others] = files;
  if (first === undefined)
    throw new UsageError(`Expected a snapshot, got none; see lockdep ${command} --help`);
  return others.length === 0 ? readSnapshot(first) : mergeSnapshots(files);
}
