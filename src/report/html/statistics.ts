import type { Snapshot, SnapshotClass, SnapshotTimes } from '../../validator/snapshot-format.ts';
import { formatName } from '../escape.ts';
import { escapeHtml } from './escape-html.ts';

/** A column: a number is aligned right and sorted as one. */
interface Column {
  title: string;
  valueOf: (lockClass: SnapshotClass) => string | number;
}

/** Milliseconds as a reader wants them: three digits are enough. */
function formatValue(value: string | number): string {
  if (typeof value === 'string') return value;
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(3)));
}

function readTime(times: SnapshotTimes, key: string): number {
  return (times as unknown as Readonly<Record<string, number | undefined>>)[key] ?? 0;
}

/** Times are what the snapshot has: mean and max always, percentiles (`p50`, `p99`) where somebody counted them. */
function listTimeColumns(
  classes: readonly SnapshotClass[],
  title: string,
  field: 'waitMs' | 'holdMs',
): Column[] {
  const percentiles = new Set(
    classes.flatMap((each) => Object.keys(each[field]).filter((key) => /^p\d+$/.test(key))),
  );
  const ordered = [...percentiles].sort((a, b) => Number(a.slice(1)) - Number(b.slice(1)));
  return ['mean', ...ordered, 'max'].map((key) => ({
    title: `${title} ${key}, ms`,
    valueOf: (each) => readTime(each[field], key),
  }));
}

function listColumns(classes: readonly SnapshotClass[]): Column[] {
  return [
    { title: 'kind', valueOf: ({ kind }) => kind },
    { title: 'instances', valueOf: ({ instances }) => instances },
    { title: 'acquisitions', valueOf: ({ acquisitions }) => acquisitions },
    { title: 'contentions', valueOf: ({ contentions }) => contentions },
    ...listTimeColumns(classes, 'wait', 'waitMs'),
    ...listTimeColumns(classes, 'hold', 'holdMs'),
    { title: 'made at', valueOf: ({ name, site = '' }) => (site === name ? '' : site) },
  ];
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** What is waited for most stands first. */
function sortClasses(classes: readonly SnapshotClass[]): SnapshotClass[] {
  return [...classes].sort(
    (a, b) => b.contentions - a.contentions || b.acquisitions - a.acquisitions || compareText(a.name, b.name),
  );
}

function formatCell(value: string | number): string {
  if (typeof value === 'string') return `<td>${value === '' ? '' : `<code>${escapeHtml(value)}</code>`}</td>`;
  return `<td class="number" data-value="${value}">${formatValue(value)}</td>`;
}

/** Formats the table of lock classes: how often each was taken, and how long it was waited for and held. */
export function formatStatistics({ classes }: Snapshot): string {
  if (classes.length === 0) return '';
  const columns = listColumns(classes);
  const heads = [{ title: 'class' }, ...columns].map(({ title }) => `<th scope="col">${title}</th>`);
  const rows = sortClasses(classes).map(
    (each) =>
      `<tr><th scope="row"><code>${escapeHtml(formatName(each.name))}</code></th>${columns.map(({ valueOf }) => formatCell(valueOf(each))).join('')}</tr>`,
  );
  return [
    '<section id="locks" aria-labelledby="locks-title">',
    '<h2 id="locks-title">Lock classes</h2>',
    '<p class="hint">A contention is an acquisition that had to wait. Times may be sampled.</p>',
    '<div class="scroll" tabindex="0" role="region" aria-labelledby="locks-title">',
    `<table class="sortable"><thead><tr>${heads.join('')}</tr></thead>`,
    `<tbody>${rows.join('\n')}</tbody></table></div>`,
    '</section>',
  ].join('\n');
}
