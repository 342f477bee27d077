import type { Snapshot } from '../validator/snapshot-format.ts';

/** The keys of a snapshot, of all its objects, in the order of the contract. */
const KEYS = [
  'version tool runtime inputs id runs classes code certainty severity chain edges flows findings',
  'name from to kind fromMode toMode evidence breakable simultaneous provisional instances',
  'acquisitions contentions count message fingerprint waitMs holdMs max mean p50 p95 p99 site permits unlimited fair',
  'serial exempt perCpu gates sharedGates custodians outsideCustody sameInstance held requested stack',
  'participants holds holdsMode heldSince lastSeen waitsFor waitsMode waitsSince isWait isHandedOver wayOut',
  'behind breakableBy frames approximate at fn source asSeen input counts perInput',
]
  .join(' ')
  .split(' ');

const RANKS: ReadonlyMap<string, number> = new Map(KEYS.map((key, rank) => [key, rank]));

/** As long as there are inputs, and read by nobody: on one line each. */
const COMPACT_KEYS: ReadonlySet<string> = new Set(['counts', 'perInput']);
/** Long enough that what is written at once is worth it. */
const CHUNK_LENGTH = 1 << 16;

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

/** Writes a list, its brackets around what `writeItem` gives for each, or nothing in them. */
function* formatList<T>(
  items: readonly T[],
  brackets: string,
  indent: string,
  formatItem: (item: T) => Iterable<string>,
): Generator<string> {
  yield brackets[0]!;
  for (const [index, item] of items.entries()) {
    yield `${index === 0 ? '' : ','}\n${indent}  `;
    yield* formatItem(item);
  }
  yield items.length === 0 ? brackets[1]! : `\n${indent}${brackets[1]!}`;
}

function* formatValue(value: unknown, indent: string): Generator<string> {
  if (Array.isArray(value)) {
    yield* formatList(value, '[]', indent, (item) => formatValue(item, `${indent}  `));
  } else if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).filter(([, item]) => item !== undefined);
    entries.sort(([a], [b]) => compareKeys(a, b));
    yield* formatList(entries, '{}', indent, ([key, item]) => formatEntry(key, item, `${indent}  `));
  } else {
    yield JSON.stringify(value);
  }
}

function* formatEntry(key: string, value: unknown, indent: string): Generator<string> {
  yield `${JSON.stringify(key)}: `;
  if (COMPACT_KEYS.has(key)) yield JSON.stringify(orderKeys(value));
  else yield* formatValue(value, indent);
}

/** Formats a snapshot as `formatJson` does, in parts: a merged one can be longer than memory is large. */
export function* formatJsonParts(snapshot: Snapshot): Generator<string> {
  let chunk = '';
  for (const part of formatValue(snapshot, '')) {
    chunk += part;
    if (chunk.length < CHUNK_LENGTH) continue;
    yield chunk;
    chunk = '';
  }
  yield `${chunk}\n`;
}

/** Formats a snapshot as JSON that reads back as the same snapshot; its keys stand in one order always. */
export function formatJson(snapshot: Snapshot): string {
  return [...formatJsonParts(snapshot)].join('');
}
