import type { Snapshot } from '../validator/snapshot-format.ts';
import { formatFileError } from './file-error.ts';
import { readText } from './read-text.ts';
import { ShapeError } from './shape.ts';
import { snapshotShape } from './snapshot-shape.ts';
import { UsageError } from './usage-error.ts';

/** The version of the format that this build reads. */
const VERSION = 1;

function parseJson(text: string, name: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    throw new UsageError(`Expected ${name} to be a snapshot, got text that is not JSON`);
  }
}

function checkEdgeIndices({ edges, findings }: Snapshot): void {
  for (const [index, finding] of findings.entries()) {
    const verdicts = [finding, finding.asSeen];
    const wanted = verdicts.flatMap((verdict) => [...(verdict?.edges ?? []), verdict?.breakableBy ?? -1]);
    const wrong = wanted.find((edge) => edge >= edges.length);
    if (wrong !== undefined) {
      throw new ShapeError(`findings[${index}] to refer to one of ${edges.length} edges, got edge ${wrong}`);
    }
  }
}

/** Parses a saved snapshot; `name` is how a fault calls it. Throws `UsageError` when it is none. */
function parseSnapshot(text: string, name: string): Snapshot {
  const value = parseJson(text, name);
  const version =
    typeof value === 'object' && value !== null && 'version' in value ? value.version : undefined;
  if (version === undefined)
    throw new UsageError(`Expected ${name} to be a snapshot, got JSON without a "version"`);
  if (version !== VERSION) {
    const got = JSON.stringify(version);
    throw new UsageError(
      `Expected ${name} to be a snapshot of version ${VERSION}, which this lockdep reads, got version ${got}`,
    );
  }
  try {
    snapshotShape(value, '');
    checkEdgeIndices(value as Snapshot);
  } catch (error) {
    if (error instanceof ShapeError)
      throw new UsageError(`Expected ${name} to be a snapshot with ${error.message}`);
    throw error;
  }
  return value as Snapshot;
}

/** Reads a snapshot from a file. Throws `UsageError` when it cannot be read or is none. */
export function readSnapshot(file: string): Snapshot {
  let text: string;
  try {
    text = readText(file);
  } catch (error) {
    throw new UsageError(`Expected a snapshot, got ${file}, ${formatFileError(error)}`);
  }
  return parseSnapshot(text, file);
}
