/** Where the edges of merged snapshots come from. */
import type { SnapshotEdge } from '../validator/snapshot-format.ts';
import type { FindingContext } from './context.ts';
import { formatName } from './escape.ts';

/** Formats which input an edge comes from, or how many; nothing where all have it. */
export function formatOrigin({ counts }: SnapshotEdge, { inputs }: FindingContext): string | undefined {
  const numbers = counts?.filter((_, position) => position % 2 === 0) ?? [];
  const [first] = numbers;
  if (first === undefined || numbers.length >= inputs.length) return undefined;
  if (numbers.length > 1) return `in ${numbers.length} of ${inputs.length} inputs`;
  const name = inputs[first]?.name;
  // Ids are random, and no report shows them.
  return name === undefined ? `in input ${first + 1}` : `in ${formatName(name)}`;
}

/** Says of a finding that no input has by itself that this is so. */
export function formatJoint({ finding, inputs }: FindingContext): string | undefined {
  if (inputs.length < 2) return undefined;
  if (finding.asSeen !== undefined) return 'The inputs together make it graver than it is in each.';
  return finding.counts === undefined ? 'No single input has all of it; they have it together.' : undefined;
}
