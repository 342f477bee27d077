/**
 * The event loop has drained, and requests wait for an open holder that waits for nothing we know of, or for a
 * completion that was owed and never came. A wait for a signal of which there were some already is none: a worker
 * that has done its work waits for the next. Who is on a cycle has a finding of its own, and so has who waits behind it.
 */
import type { Engine } from '../validator/engine.ts';
import { framesOf } from '../validator/arrows.ts';
import { type Finding, fingerprintOf, formatMessage, printableName } from '../validator/finding.ts';
import type { Obligation } from '../validator/obligation.ts';
import type { SnapshotParticipant } from '../validator/snapshot-format.ts';
import { lastSeenOf } from './dump-state.ts';
import { LockNames, nameOf, requestModeOf, stackOf } from './live-finding.ts';
import type { WaitForGraph } from './wait-for-graph.ts';

interface Stall {
  /** Those who wait for the lock itself first, then those who wait for them. */
  readonly waiting: Obligation[];
  readonly holders: Set<Obligation>;
}

/** One for each lock class; `isNews` says whether a wait was not told of before. */
export function createStallFindings(
  engine: Engine,
  graph: WaitForGraph,
  isNews: (request: Obligation) => boolean,
): Finding[] {
  const stalls = new Map<string, Stall>();
  const indirect: Obligation[] = [];
  for (const request of graph.waiting) {
    if (graph.isStuck(request)) continue;
    const holders = graph.holdersOf(request).filter((open) => !graph.isNeeding(open));
    if (holders.length > 0 || request.rare?.debt?.isUnpaid === true)
      addTo(stalls, nameOf(engine, request), request, holders);
    else indirect.push(request);
  }
  for (const request of indirect) {
    const root = rootOf(graph, request, new Set());
    if (root !== undefined) addTo(stalls, nameOf(engine, root), request, []);
  }
  const news = [...stalls].filter(([, { waiting }]) => waiting.some(isNews));
  return news.map(([name, stall]) => toFinding(engine, name, stall));
}

function addTo(
  stalls: Map<string, Stall>,
  name: string,
  request: Obligation,
  holders: readonly Obligation[],
): void {
  const stall = stalls.get(name) ?? { waiting: [], holders: new Set() };
  stall.waiting.push(request);
  for (const open of holders) stall.holders.add(open);
  stalls.set(name, stall);
}

/** Whose wait it is that holds up `request`, by way of others. */
function rootOf(graph: WaitForGraph, request: Obligation, seen: Set<Obligation>): Obligation | undefined {
  if (seen.has(request)) return undefined;
  seen.add(request);
  for (const open of graph.holdersOf(request)) {
    if (!graph.isNeeding(open)) return request;
    for (const needed of graph.needsOf(open)) {
      if (needed.rare?.debt?.isUnpaid === true) return needed;
      const root = rootOf(graph, needed, seen);
      if (root !== undefined) return root;
    }
  }
  return undefined;
}

function toFinding(engine: Engine, name: string, { waiting, holders }: Stall): Finding {
  const [first] = waiting;
  const names = new LockNames(engine, [...waiting, ...holders]);
  const isOwed = holders.size === 0;
  const subject = isOwed
    ? 'is waited for and was never completed, and nothing is left that could do so'
    : 'is waited for and still held, and nothing is left that could release it';
  return {
    code: 'stalled-wait',
    fingerprint: fingerprintOf('stalled-wait', [name], []),
    certainty: 'certain',
    severity: 'error',
    chain: [name],
    edges: [],
    flows: 0,
    count: 1,
    message: formatMessage('stalled-wait', 'certain', `"${printableName(name)}" ${subject}`),
    stack: framesOf(first!) ?? first!.transition.samples[0] ?? [],
    participants: [
      ...[...holders].map((open) => toHolder(open, names)),
      ...waiting.map((each) => toWaiter(each, names)),
    ],
  };
}

function toHolder(open: Obligation, names: LockNames): SnapshotParticipant {
  const lastSeen = lastSeenOf(open);
  return {
    holds: names.of(open),
    holdsMode: open.row?.mode ?? 'exclusive',
    heldSince: stackOf(open),
    ...(lastSeen === undefined ? {} : { lastSeen }),
  };
}

function toWaiter(request: Obligation, names: LockNames): SnapshotParticipant {
  return {
    waitsFor: names.of(request),
    waitsMode: requestModeOf(request),
    waitsSince: stackOf(request),
    ...(request.key.isWait ? { isWait: true } : {}),
  };
}
