/** A table of lock statistics: who is waited for most comes first. */
import type { Snapshot, SnapshotClass, SnapshotTimes } from '../validator/snapshot-format.ts';
import { measureText, padText } from './columns.ts';
import { escapeText, formatName } from './escape.ts';

const HEAD = ['', 'taken', 'waited', 'wait p50', 'p95', 'p99', 'max', 'hold p50', 'p95', 'p99', 'max'];

function formatMs(ms: number | undefined): string {
  if (ms === undefined) return '-';
  return ms < 10 ? ms.toFixed(3) : ms < 1000 ? ms.toFixed(1) : ms.toFixed(0);
}

function formatTimes({ p50, p95, p99, max }: SnapshotTimes): string[] {
  return [p50, p95, p99, p50 === undefined ? undefined : max].map(formatMs);
}

function totalWait({ waitMs, acquisitions }: SnapshotClass): number {
  return waitMs.mean * acquisitions;
}

function formatRow(lockClass: SnapshotClass): string[] {
  const { name, acquisitions, contentions, waitMs, holdMs } = lockClass;
  return [
    formatName(name),
    String(acquisitions),
    String(contentions),
    ...formatTimes(waitMs),
    ...formatTimes(holdMs),
  ];
}

function listPlaces({ waitMs, holdMs }: SnapshotClass): string[] {
  return [
    ...(waitMs.at === undefined || waitMs.count === 0
      ? []
      : [`    longest wait at ${escapeText(waitMs.at)}`]),
    ...(holdMs.at === undefined ? [] : [`    longest hold since ${escapeText(holdMs.at)}`]),
  ];
}

/** Formats the classes that have statistics, in milliseconds; ends with a line break. */
export function formatStatistics({ classes }: Snapshot): string {
  const known = classes.filter(({ waitMs, holdMs }) => (waitMs.count ?? holdMs.count) !== undefined);
  const sorted = known.toSorted((a, b) => totalWait(b) - totalWait(a) || (a.name < b.name ? -1 : 1));
  const rows = [HEAD, ...sorted.map(formatRow)];
  const widths = HEAD.map((_, i) => Math.max(...rows.map((row) => measureText(row[i] ?? ''))));
  const format = (row: readonly string[]): string =>
    row
      .map((cell, i) => (i === 0 ? padText(cell, widths[0]!) : cell.padStart(widths[i]!)))
      .join('  ')
      .trimEnd();
  const lines = sorted.flatMap((each, i) => [`  ${format(rows[i + 1]!)}`, ...listPlaces(each)]);
  return `${['Lock statistics, in milliseconds', '', `  ${format(HEAD)}`, ...lines].join('\n')}\n`;
}
