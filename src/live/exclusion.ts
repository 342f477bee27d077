/** Who keeps whom out, lock by lock: an open grant a request that waits, and a request another one in its queue. */
import { EXCLUSIVE, RECURSIVE } from '../validator/lock-class.ts';
import type { Obligation } from '../validator/obligation.ts';

/** In the order in which they came to wait; what nobody told us to wait comes in the order of asking. */
export function compareOrder(a: Obligation, b: Obligation): number {
  return (a.rare?.waitOrder ?? 0) - (b.rare?.waitOrder ?? 0);
}

export function unitsOf({ rare }: Obligation): number {
  return rare === null ? 1 : rare.units;
}

/** Several may have it at once, and it blocks when all its units are out. */
export function isCounted({ lockClass }: Obligation): boolean {
  return lockClass.permits > 1 && Number.isFinite(lockClass.permits);
}

/** Whether `waiting` must wait for the discharge of `open`, or of others like it, of the same lock. */
export function excludes(open: Obligation, waiting: Obligation): boolean {
  if (open.instance !== waiting.instance || open.owner !== waiting.owner) return false;
  const { kind } = waiting.lockClass;
  if (kind === 'completion') return waiting.rare !== null && waiting.rare.debt?.owed === open;
  if (!open.lockClass.isAwaited) return false;
  const isShared = open.row?.mode === 'shared';
  const isExclusive = (waiting.key.code & 3) === EXCLUSIVE;
  if (kind === 'grouplock') return unitsOf(open) !== unitsOf(waiting);
  if (kind === 'rcu' && isShared)
    return waiting.rare?.isPastReaders !== true && open.seq < (waiting.rare?.waitOrder || Infinity);
  return isExclusive || !isShared;
}

/** Whether who comes to wait after `ahead` for the same lock stands behind it. */
export function blocksQueue({ key, lockClass }: Obligation): boolean {
  return lockClass.kind === 'rcu' || !key.isWait;
}

/** Whether it stands behind those who came before. */
export function standsInQueue({ key, lockClass, rare }: Obligation): boolean {
  if (lockClass.kind === 'rcu') return true;
  // Where several are asked for at once, each is waited for in its turn; nothing is known of the queue.
  if (rare === null || rare.waitOrder === 0 || !lockClass.isFair) return false;
  return !key.isWait && (key.code & 3) !== RECURSIVE;
}
