/**
 * Baselines: a file of findings that are known, each with the reason why it may stay. They do not fail. An
 * entry is found again by its fingerprint, which does not change when lines move.
 */
import { formatCount } from '../report/count.ts';
import type { KnownFindings } from '../report/failing.ts';
import { sortFindings } from '../report/order.ts';
import type { Snapshot } from '../validator/snapshot-format.ts';
import { formatFileError } from './file-error.ts';
import { readText } from './read-text.ts';
import { ShapeError, fields, list, optional, text } from './shape.ts';
import { UsageError } from './usage-error.ts';

/** The version of the format. */
const VERSION = 1;
/** The reason of an entry that nobody has given one. */
const UNEXPLAINED = 'unexplained';

interface BaselineEntry {
  fingerprint: string;
  /** For whoever reads the file; only the fingerprint is compared. */
  code?: string;
  message?: string;
  reason: string;
}

export interface Baseline {
  file: string;
  entries: readonly BaselineEntry[];
}

/** What a baseline makes of a run. */
export interface BaselineOutcome {
  known: KnownFindings;
  /** What to tell, one line each. */
  remarks: string[];
}

const shape = fields({
  findings: list(fields({ fingerprint: text, code: optional(text), message: optional(text), reason: text })),
});

function readFile(file: string, mayBeMissing: boolean): string | undefined {
  try {
    return readText(file);
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (isMissing && mayBeMissing) return undefined;
    const hint = isMissing ? '; --update-baseline makes one' : '';
    throw new UsageError(`Expected a baseline, got ${file}, ${formatFileError(error)}${hint}`);
  }
}

function parseBaseline(json: string, file: string): readonly BaselineEntry[] {
  let value: unknown;
  try {
    value = JSON.parse(json.replace(/^\uFEFF/, ''));
  } catch {
    throw new UsageError(`Expected ${file} to be a baseline, got text that is not JSON`);
  }
  const version =
    typeof value === 'object' && value !== null && 'version' in value ? value.version : undefined;
  if (version !== VERSION) {
    const got = version === undefined ? 'JSON without a "version"' : `version ${JSON.stringify(version)}`;
    throw new UsageError(`Expected ${file} to be a baseline of version ${VERSION}, got ${got}`);
  }
  try {
    shape(value, '');
  } catch (error) {
    if (error instanceof ShapeError)
      throw new UsageError(`Expected ${file} to be a baseline with ${error.message}`);
    throw error;
  }
  return (value as { findings: BaselineEntry[] }).findings;
}

/** Reads a baseline. Throws `UsageError` when it is none; one that is to be made may be missing. */
export function readBaseline(file: string, { mayBeMissing }: { mayBeMissing: boolean }): Baseline {
  const json = readFile(file, mayBeMissing);
  return { file, entries: json === undefined ? [] : parseBaseline(json, file) };
}

function listKnown(entries: readonly BaselineEntry[]): KnownFindings {
  return new Map(entries.map(({ fingerprint, reason }) => [fingerprint, reason]));
}

function remarkUnexplained({ file, entries }: Baseline): string[] {
  const count = entries.filter(({ reason }) => isUnexplained(reason)).length;
  if (count === 0) return [];
  return [
    `${formatCount(count, 'entry', 'entries')} of ${file} unexplained; --update-baseline --reason TEXT explains`,
  ];
}

function isUnexplained(reason: string): boolean {
  return reason.trim() === '' || reason === UNEXPLAINED;
}

/** Compares a run with its baseline. */
export function compareBaseline(baseline: Baseline, { findings }: Snapshot): BaselineOutcome {
  const found = new Set(findings.map(({ fingerprint }) => fingerprint));
  const stale = baseline.entries.filter(({ fingerprint }) => !found.has(fingerprint)).length;
  const remarks = remarkUnexplained(baseline);
  if (stale > 0)
    remarks.unshift(
      `${formatCount(stale, 'entry', 'entries')} of ${baseline.file} not found again; --update-baseline drops ${stale === 1 ? 'it' : 'them'}`,
    );
  return { known: listKnown(baseline.entries), remarks };
}

/** Makes the baseline of a run: reasons that were given stay, and a new one explains whatever has none. */
export function updateBaseline(
  { file, entries }: Baseline,
  { findings }: Snapshot,
  reason: string = UNEXPLAINED,
): BaselineOutcome & { text: string } {
  const reasons = listKnown(entries);
  const updated = new Map<string, BaselineEntry>();
  for (const { fingerprint, code, message } of sortFindings(findings)) {
    const given = reasons.get(fingerprint) ?? UNEXPLAINED;
    updated.set(fingerprint, { fingerprint, code, message, reason: isUnexplained(given) ? reason : given });
  }
  const kept = entries.filter(({ fingerprint }) => updated.has(fingerprint)).length;
  const list = [...updated.values()];
  return {
    known: listKnown(list),
    remarks: [
      `${file}: ${list.length - kept} added, ${kept} kept, ${entries.length - kept} dropped`,
      ...remarkUnexplained({ file, entries: list }),
    ],
    text: `${JSON.stringify({ version: VERSION, findings: list }, undefined, 2)}\n`,
  };
}
