/** Everything that is held or waited for at this moment, like the kernel's `debug_show_all_locks`. */
import type { Engine } from '../validator/engine.ts';
import { flowOf, framesOf } from '../validator/arrows.ts';
import type { LiveHold, LiveState, LiveWait } from '../validator/live-state.ts';
import { Borrowed } from '../causality/grant.ts';
import { type Obligation, rareOf } from '../validator/obligation.ts';
import type { SnapshotStack } from '../validator/snapshot-format.ts';
import { toSnapshotStack } from '../validator/source-position.ts';
import { excludes } from './exclusion.ts';
import { LockNames, nameOf, requestModeOf, stackOf } from './live-finding.ts';
import { nowMs } from '../validator/now.ts';

export function dumpState(engine: Engine): LiveState {
  const all: Obligation[] = [];
  for (let each = engine.newest; each !== null; each = each.older)
    if (each.lockClass.kind !== 'flow') all.push(each);
  all.reverse();
  const names = new LockNames(engine, all);
  const waiting = all.filter(({ isWaiting }) => isWaiting);
  const open = all.filter(({ isOpen }) => isOpen);
  const now = nowMs();
  return {
    held: open.map((each) => toHold(engine, each, names, waiting, now)),
    waiting: waiting.map((each) => toWait(each, names, now)),
  };
}

/** Times what nobody timed, so that the next look can say for how long at least. */
export function noteSeen(engine: Engine): void {
  const now = nowMs();
  for (let each = engine.newest; each !== null; each = each.older) {
    const rare = rareOf(each);
    if (rare.askedMs === 0 && rare.waitsSinceMs === 0 && rare.seenMs === 0) rare.seenMs = now;
  }
}

/** Where whoever has it asked for something last, if that is known. */
export function lastSeenOf({ lastAsked }: Obligation): SnapshotStack | undefined {
  if (lastAsked === null) return undefined;
  const last = lastAsked as Obligation;
  const frames = framesOf(last);
  return frames === undefined || frames.length === 0
    ? undefined
    : toSnapshotStack(frames, false, flowOf(last));
}

function toHold(
  engine: Engine,
  open: Obligation,
  names: LockNames,
  waiting: readonly Obligation[],
  now: number,
): LiveHold {
  const lastSeen = lastSeenOf(open);
  const custodian = open.rare?.custodian;
  const grantedMs = open.rare === null ? 0 : open.rare.grantedMs;
  return {
    lock: names.of(open),
    kind: open.lockClass.kind,
    mode: open.row?.mode ?? 'exclusive',
    ...ageOf(open, grantedMs, now),
    since: stackOf(open),
    ...(lastSeen === undefined ? {} : { lastSeen }),
    ...(custodian == null ? {} : { custodian: nameOf(engine, custodian) }),
    waiters: waiting.filter((each) => excludes(open, each)).length,
  };
}

function toWait(asked: Obligation, names: LockNames, now: number): LiveWait {
  const holding: string[] = [];
  for (let cell = asked.under; cell !== null; cell = cell.under) {
    const cover = cell.grant as Obligation;
    const isHeld = cover.isOpen && !(cell instanceof Borrowed);
    if (isHeld && cover.owner === asked.owner && cover.lockClass.isAwaited) holding.push(names.of(cover));
  }
  return {
    lock: names.of(asked),
    kind: asked.lockClass.kind,
    mode: requestModeOf(asked),
    ...ageOf(asked, asked.rare?.waitsSinceMs || asked.rare?.askedMs || 0, now),
    since: stackOf(asked),
    ...(asked.key.isWait ? { isWait: true } : {}),
    ...(asked.isBreakable ? { isBreakable: true } : {}),
    holding,
  };
}

function ageOf(
  obligation: Obligation,
  sinceMs: number,
  now: number,
): { ageMs: number; isAgeAtLeast?: boolean } {
  const since = sinceMs || obligation.rare?.seenMs || 0;
  const ageMs = since === 0 ? 0 : Math.max(0, Math.round(now - since));
  return sinceMs === 0 ? { ageMs, isAgeAtLeast: true } : { ageMs };
}
