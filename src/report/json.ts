import type { Snapshot } from '../validator/snapshot-format.ts';

/** The keys of a snapshot, of all its objects, in the order of the contract. */
const KEYS = [
  'version tool runtime inputs id runs classes code certainty severity chain edges flows findings',
  'name from to kind fromMode toMode evidence breakable simultaneous provisional instances',
  'acquisitions contentions count message fingerprint waitMs holdMs max mean site permits gates',
  'custodians held requested stack breakableBy frames approximate at fn source',
]
  .join(' ')
  .split(' ');

const RANKS: ReadonlyMap<string, number> = new Map(KEYS.map((key, rank) => [key, rank]));

function compareKeys(a: string, b: string): number {
  const order = (RANKS.get(a) ?? KEYS.length) - (RANKS.get(b) ?? KEYS.length);
  if (order !== 0) return order;
  return a < b ? -1 : 1;
}

function orderKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(orderKeys);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => compareKeys(a, b));
  return Object.fromEntries(entries.map(([key, item]) => [key, orderKeys(item)]));
}

/** Formats a snapshot as JSON that reads back as the same snapshot; its keys stand in one order always. */
export function formatJson(snapshot: Snapshot): string {
  return `${JSON.stringify(orderKeys(snapshot), undefined, 2)}\n`;
}
