import { Grant } from '../causality/grant.ts';
import type { LockClass, RequestKind, Row } from './lock-class.ts';
import type { LazyStack, RawStack, Transition } from './stack-trace.ts';

/** Kept apart, since every field of an obligation is paid for at every acquisition. */
export class Rare {
  /** It is a job of an executor. */
  isJob = false;
  /** A job that ends with the last of the holds it was handed: how many of them it still has. Else 0. */
  holdsIn = 0;
  /** It is owed anew: what was owed before it has been done. */
  isRenewed = false;
  /** Asked for under it and over before it, by key: arrows of nested evidence, unless a path is seen. */
  inner: Map<number, Obligation> | null = null;
  /** The job that must discharge it, and where it was handed over. */
  custodian: Obligation | null = null;
  handedAt: RawStack | null = null;
  /** The place of the hand-over in the order of all waits and grants. */
  handedSeq = 0;
  /** It was said already that nobody took it up. */
  isToldAtEnd = false;
  /** The outer hold that serialises nestings of the class, as the request said. */
  nestedIn: Obligation | null = null;
  /** Asked for together, all or none: nobody holds one of them while it waits for another. */
  group: object | null = null;
  /** The lock, as long as it is held, for classes that have an ordering function. */
  subject: object | null = null;
  /** What the program calls the flow that this is. */
  flow: string | undefined = undefined;
  /** The flow is a test of a test runner. */
  isTest = false;
  /** When it was asked for and granted, if it is sampled; milliseconds. */
  askedMs = 0;
  grantedMs = 0;
  /** Units of a counted resource, or the number of a group. */
  units = 1;
  /** Somebody waits for it since then; `waitOrder` is its place in the order of all waits and grants. */
  waitsSinceMs = 0;
  waitOrder = 0;
  /** Who waits for the same lock just before it and just after it; see live/waiting-room.ts. */
  waitsAfter: Obligation | null = null;
  waitsBefore: Obligation | null = null;
  /** How many handles of it were made; see locks/lost-holds.ts. */
  handles = 0;
  /** When it was first seen open, if nobody took the time before. */
  seenMs = 0;
  /** What it waits for is owed by somebody. */
  debt: Owing | null = null;
  /** How many callbacks of `run` the stacks show, if those were read; see awaited-scopes.ts. */
  returnedScopes = -1;
  awaitedScopes = -1;
  /** Somebody awaited it, or put a handler on it. */
  isConsumed = false;
  /** A function awaits it by itself, if that was read; see awaited-scopes.ts. */
  isAwaitedAlone = false;
  /** A wait for what is queued only, as the barrier of an executor is. */
  isPastReaders = false;
}

/** What somebody owes to those who wait, as it stands. It leads to no lock, and to nobody who waits. */
export interface Owing {
  readonly owed: Obligation;
  /** Nothing was ever done of it since it began. */
  readonly isUnpaid: boolean;
}

/**
 * Something that some later action must discharge: a lock that is held, a permit, a read-side section, a
 * job of an executor. It is requested, granted, discharged; who does it does not matter. It never points
 * to a lock, a hold or a promise.
 */
export class Obligation extends Grant {
  declare readonly key: RequestKind;
  readonly transition: Transition;
  stack: LazyStack | undefined = undefined;
  /** A hash of what was open behind the request, and how long it says that of what still is; see cover.ts. */
  cover = 0;
  disorders = 0;
  /** Its discharge is bound to the callback of `run`, so requests beside it are not needed for it. */
  isScoped = false;
  /** What few obligations have. */
  rare: Rare | null = null;
  newer: Obligation | null = null;
  older: Obligation | null = null;

  constructor(key: RequestKind, instance: number, owner: number, transition: Transition) {
    super(key, instance, owner);
    this.transition = transition;
  }

  get lockClass(): LockClass {
    return this.key.lockClass;
  }

  get row(): Row | null {
    return this.key.row;
  }
}

/** One of the holds that a job was handed is gone; returns whether the job ends with it. */
export function takeHoldFrom(job: Obligation): boolean {
  const { rare } = job;
  return job.isOpen && rare !== null && rare.holdsIn > 0 && --rare.holdsIn === 0;
}

/** Makes room for what few obligations have. */
export function rareOf(obligation: Obligation): Rare {
  return (obligation.rare ??= new Rare());
}
