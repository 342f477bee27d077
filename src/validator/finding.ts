import type { Edge } from '../graph/edge.ts';
import type { EdgePlaces } from './lock-class.ts';
import type { Certainty, FindingCode, Severity, SnapshotParticipant } from './snapshot-format.ts';
import type { RawStack } from './stack-trace.ts';

/** A finding as the validator keeps it; `Snapshot` has the plain form. */
export interface Finding {
  readonly code: FindingCode;
  readonly fingerprint: string;
  certainty: Certainty;
  severity: Severity;
  /** Class names; begins and ends with the same class when it is a cycle. */
  chain: readonly string[];
  edges: readonly Edge<EdgePlaces>[];
  /** How many concurrent flows it takes to hang. */
  flows: number;
  count: number;
  /** One line that stands alone. */
  message: string;
  /** Where it happened, for findings without arrows. */
  stack?: RawStack;
  /** Who holds and waits for what now, in the order of the chain. */
  participants?: readonly SnapshotParticipant[];
}

const TITLES: Readonly<Record<FindingCode, string>> = {
  'circular-dependency': 'deadlock',
  'recursive-acquisition': 'self-deadlock',
  'upgrade-deadlock': 'upgrade deadlock',
  'nested-capacity': 'exhaustion deadlock',
  'unsatisfiable-request': 'request that can never be granted',
  'context-inversion': 'context inversion',
  'inconsistent-context': 'inconsistent context',
  'invalid-wait-context': 'invalid wait context',
  'nested-lock-not-held': 'nesting lock not held',
  'order-violation': 'order violation',
  'bad-release': 'bad release',
  'not-held': 'lock not held',
  'destroyed-while-held': 'lock destroyed while held',
  'held-at-end': 'lock held at the end',
  'leaked-hold': 'leaked hold',
  'live-deadlock': 'live deadlock',
  'stalled-wait': 'stalled wait',
};

/** All codes there are. */
export const FINDING_CODES: readonly FindingCode[] = Object.keys(TITLES) as FindingCode[];

/** Line 1 of every report: `Potential deadlock: orders → users → orders [circular-dependency]`. */
export function formatMessage(code: FindingCode, certainty: Certainty, subject: string): string {
  const title = TITLES[code];
  const start = certainty === 'potential' ? `Potential ${title}` : title[0]!.toUpperCase() + title.slice(1);
  return `${start}: ${subject} [${code}]`;
}

/** Names in one line: no control characters, whatever the program calls its locks. */
export function printableName(name: string): string {
  return name.replace(
    /[\p{Cc}\u2028\u2029]/gu,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Stays the same when lines move: made of the code, the class names and the kinds of the arrows only. */
export function fingerprintOf(
  code: FindingCode,
  chain: readonly string[],
  edges: readonly Edge<EdgePlaces>[],
): string {
  const text = JSON.stringify([code, chain, edges.map(({ kind }) => kind)]);
  // FNV-1a, twice 32 bits: no secret is kept, and a hash library would be loaded by every program.
  let low = 0x811c9dc5;
  let high = 0xc9dc5118;
  for (let i = 0; i < text.length; i++) {
    low = Math.imul(low ^ text.charCodeAt(i), 0x01000193);
    high = Math.imul(high ^ (text.charCodeAt(i) + i), 0x01000193);
  }
  return [high, low].map((half) => (half >>> 0).toString(16).padStart(8, '0')).join('');
}
