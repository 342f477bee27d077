/** A cycle of waits as a finding: who holds what since where, and waits for what since where. */
import { hasRace } from '../causality/races.ts';
import type { RequestMode } from '../graph/vocabulary.ts';
import { flowOf, framesOf } from '../validator/arrows.ts';
import type { Engine } from '../validator/engine.ts';
import { type Finding, fingerprintOf, formatMessage, printableName } from '../validator/finding.ts';
import type { Obligation } from '../validator/obligation.ts';
import type { SnapshotParticipant, SnapshotStack } from '../validator/snapshot-format.ts';
import { toSnapshotStack } from '../validator/source-position.ts';
import type { Reason } from './wait-for-graph.ts';

/** Somebody on a cycle. */
interface Waiter {
  readonly open: Obligation;
  readonly request: Obligation;
  /** Who stands before it in the queue, and waits for the next one. */
  behind: Obligation | undefined;
}

/** More names than this in a first line help nobody. */
const MOST_NAMES = 8;

export function nameOf({ arrows }: Engine, { lockClass }: Obligation): string {
  return arrows.graph.node(lockClass.node).name;
}

/** Where it was asked for. */
export function stackOf(obligation: Obligation): SnapshotStack {
  const frames = framesOf(obligation);
  const usual = obligation.transition.samples[0] ?? [];
  return toSnapshotStack(frames ?? usual, frames === undefined && usual.length > 0, flowOf(obligation));
}

export function requestModeOf({ key }: Obligation): RequestMode {
  const mode = key.code & 3;
  return mode === 1 ? 'shared' : mode === 2 ? 'recursive' : 'exclusive';
}

/** Names of locks; with numbers where there are several of one class. */
export class LockNames {
  readonly #engine: Engine;
  readonly #instances = new Map<string, number[]>();

  constructor(engine: Engine, locks: Iterable<Obligation>) {
    this.#engine = engine;
    for (const lock of locks) {
      const name = nameOf(engine, lock);
      const known = this.#instances.get(name) ?? [];
      if (!known.includes(lock.instance)) known.push(lock.instance);
      this.#instances.set(name, known);
    }
  }

  of(lock: Obligation): string {
    const name = nameOf(this.#engine, lock);
    const instances = this.#instances.get(name) ?? [];
    return instances.length > 1 ? `${name}#${instances.indexOf(lock.instance) + 1}` : name;
  }
}

/** The waiters of a cycle, each holding what the one before waits for. */
function listWaiters(cycle: readonly Reason[]): Waiter[] {
  const waiters: Waiter[] = [];
  const first = cycle.findIndex(({ open }) => open !== null);
  for (const { by, open } of [...cycle.slice(first), ...cycle.slice(0, first)]) {
    if (open === null) waiters.at(-1)!.behind = by;
    else waiters.push({ open, request: by, behind: undefined });
  }
  return waiters;
}

/** A deadlock of now. */
export interface Deadlock {
  /** Once round. */
  readonly cycle: readonly Reason[];
  /** All who wait for each other, with what each holds that another one of them waits for. */
  readonly knot: ReadonlyMap<Obligation, Obligation | null>;
  readonly isCertain: boolean;
}

export function createLiveFinding(engine: Engine, { cycle, knot, isCertain }: Deadlock): Finding {
  const round = rotate(listWaiters(cycle), (waiter) => nameOf(engine, waiter.open));
  const names = round.map(({ open }) => nameOf(engine, open));
  const onCycle = new Set(cycle.map(({ by }) => by));
  const others = [...knot].flatMap(([request, open]): Waiter[] =>
    open === null || onCycle.has(request) ? [] : [{ open, request, behind: undefined }],
  );
  const waiters = [...round, ...others];
  const chain = closeChain(names);
  const certainty = isCertain ? 'certain' : 'potential';
  const locks = new LockNames(
    engine,
    waiters.map(({ open }) => open),
  );
  return {
    code: 'live-deadlock',
    fingerprint: fingerprintOf('live-deadlock', chain, []),
    certainty,
    severity: isCertain ? 'error' : 'warning',
    chain,
    edges: [],
    flows: waiters.reduce((flows, { behind }) => flows + (behind === undefined ? 1 : 2), 0),
    count: 1,
    message: formatMessage('live-deadlock', certainty, formatChain(chain)),
    participants: waiters.map((waiter) => toParticipant(waiter, locks)),
  };
}

function toParticipant({ open, request, behind }: Waiter, locks: LockNames): SnapshotParticipant {
  const isHandedOver = open.rare?.custodian === request;
  const heldSince = isHandedOver ? toSnapshotStack(open.rare?.handedAt ?? [], false) : stackOf(open);
  return {
    holds: locks.of(open),
    holdsMode: open.row?.mode ?? 'exclusive',
    heldSince,
    waitsFor: locks.of(request),
    waitsMode: requestModeOf(request),
    waitsSince: stackOf(request),
    ...(request.key.isWait ? { isWait: true } : {}),
    ...(isHandedOver ? { isHandedOver: true } : {}),
    ...(request.isBreakable
      ? { wayOut: 'timeout-or-signal' as const }
      : hasRace(open)
        ? { wayOut: 'race' as const }
        : {}),
    ...(behind === undefined ? {} : { behind: stackOf(behind) }),
  };
}

/** The least of all rotations, so that a cycle reads the same wherever it was met. */
function rotate<T>(ring: readonly T[], nameOf: (item: T) => string): T[] {
  const names = ring.map(nameOf);
  let best = 0;
  for (let start = 1; start < ring.length; start++) if (isLess(names, start, best)) best = start;
  return [...ring.slice(best), ...ring.slice(0, best)];
}

function isLess(names: readonly string[], a: number, b: number): boolean {
  for (let i = 0; i < names.length; i++) {
    const [one, other] = [names[(a + i) % names.length]!, names[(b + i) % names.length]!];
    if (one !== other) return one < other;
  }
  return false;
}

/** Classes, once round: five philosophers with forks of one class make `fork → fork`. */
function closeChain(names: readonly string[]): string[] {
  const { length } = names;
  for (let period = 1; ; period++) {
    if (length % period !== 0 || names.some((name, i) => name !== names[i % period])) continue;
    return [...names.slice(0, period), names[0]!];
  }
}

function formatChain(chain: readonly string[]): string {
  const names = chain.map(printableName);
  if (names.length <= MOST_NAMES) return names.join(' → ');
  const left = names.length - MOST_NAMES + 1;
  return [...names.slice(0, MOST_NAMES - 2), `(${left} more)`, names.at(-1)].join(' → ');
}
