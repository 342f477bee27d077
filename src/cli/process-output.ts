/** What a watched process needs only when it prints or saves: `console.ts` loads it then, and not before. */
import { fillFindingSources } from '../report/source-lines.ts';
import { formatFinding } from '../report/finding-text.ts';
import { formatState } from '../report/state-text.ts';
import type { LiveState } from '../validator/live-state.ts';
import type { Snapshot, SnapshotFinding } from '../validator/snapshot-format.ts';
import { createReadLines } from './read-lines.ts';
import { hasColor, measureWidth } from './terminal.ts';
import { writeWholeFile } from './write-file.ts';

/** Formats a finding for stderr; the paths in it start from `folder`. */
export function formatForTerminal(finding: SnapshotFinding, snapshot: Snapshot, folder: string): string {
  const filled = fillFindingSources(finding, snapshot, createReadLines({ folder }));
  const { stderr } = process;
  return formatFinding(filled.finding, filled.snapshot, {
    width: measureWidth(stderr),
    color: hasColor(stderr),
  });
}

/** Formats all that is held and waits for stderr; the paths in it start from `folder`. */
export function formatStateForTerminal(state: LiveState, folder: string): string {
  const { stderr } = process;
  const options = { width: measureWidth(stderr), color: hasColor(stderr) };
  return formatState(state, createReadLines({ folder }), options);
}

/** Saves a snapshot whole or not at all. Throws what the file system throws. */
export function saveSnapshot(file: string, snapshot: Snapshot): void {
  // The validator gives its keys in their order; source lines are filled in by whoever renders it.
  writeWholeFile(file, `${JSON.stringify(snapshot, undefined, 2)}\n`);
}
