import { Grant } from '../causality/grant.ts';
import type { Clock } from '../causality/clock.ts';
import {
  EXCLUSIVE,
  type LockClass,
  RECURSIVE,
  type Row,
  SHARED,
  TRY,
  TRY_SHARED,
  WAIT,
} from './lock-class.ts';
import type { LazyStack, RawStack, Transition } from './stack-trace.ts';

/** Kept apart, since every field of an obligation is paid for at every acquisition. */
export class Rare {
  /** It is a job of an executor. */
  isJob = false;
  /** The job is a flow that accepted a parcel: it ends with what was in it. */
  isParcel = false;
  /** Asked for under it and over before it, by key: arrows of nested evidence, unless a path is seen. */
  inner: Map<number, Obligation> | null = null;
  /** The job that must discharge it, and where it was handed over. */
  custodian: Obligation | null = null;
  handedAt: RawStack | null = null;
  /** When it was asked for and granted, if it is sampled; milliseconds. */
  askedMs = 0;
  grantedMs = 0;
}

/**
 * Something that some later action must discharge: a lock that is held, a permit, a read-side section, a
 * job of an executor. It is requested, granted, discharged; who does it does not matter. It never points
 * to a lock, a hold or a promise.
 */
export class Obligation extends Grant {
  /** Where its arrows start; `null` for a mere wait, which holds nothing. */
  readonly row: Row | null;
  readonly lockClass: LockClass;
  readonly transition: Transition;
  /** The clock behind the request; dropped at the discharge. */
  clock: Clock = null;
  stack: LazyStack | undefined;
  /** Asked for and neither granted nor given up. */
  isWaiting = true;
  /** Its discharge is bound to the callback of `run`, so requests beside it are not needed for it. */
  isScoped = false;
  /** What few obligations have. */
  rare: Rare | null = null;
  newer: Obligation | null = null;
  older: Obligation | null = null;

  constructor(lockClass: LockClass, code: number, instance: number, owner: number, transition: Transition) {
    super(lockClass.key + code, instance, owner);
    this.lockClass = lockClass;
    this.transition = transition;
    this.row = isWait(code) ? null : isSharedHold(code) ? lockClass.shared : lockClass.exclusive;
    this.isExclusive = (code === EXCLUSIVE || code === TRY) && lockClass.permits === 1;
  }
}

/** Makes room for what few obligations have. */
export function rareOf(obligation: Obligation): Rare {
  return (obligation.rare ??= new Rare());
}

/** The low bits of a key: how it was asked for. */
export function codeOf(key: number): number {
  return key & 7;
}

/** It waited and took nothing. */
export function isWait(code: number): boolean {
  return code >= WAIT && code !== TRY_SHARED;
}

export function isTry(code: number): boolean {
  return code === TRY || code === TRY_SHARED;
}

function isSharedHold(code: number): boolean {
  return code === SHARED || code === RECURSIVE || code === TRY_SHARED;
}
