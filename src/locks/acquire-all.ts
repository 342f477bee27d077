/**
 * Several locks in one call, all or none. Whoever waits for one of them holds none of the others: it waits in
 * the queue of a lock that is taken, and gives that back if another one is taken by then, to wait for that
 * (`std::lock` of C++ does so). So no order of the list can close a circle with any other.
 */
import { rejectArgument } from '../validator/errors.ts';
import { EXCLUSIVE } from '../validator/lock-class.ts';
import { type Obligation, rareOf } from '../validator/obligation.ts';
import type { Hold } from './hold.ts';
import { Lock } from './lock.ts';
import { type WaitOptions, isBreakable, refusalOf } from './wait-options.ts';

/** Taken before anybody patches it: standing back is nobody's hand-over. */
const plainSetImmediate = setImmediate;

/** One of the locks: what is asked of it, and the hold once there is one. */
interface Part {
  readonly lock: Lock;
  asked: Obligation | null;
  hold: Hold | undefined;
}

/**
 * Acquires all of `locks`, exclusively (a read/write lock for writing, one unit of a semaphore), in whatever
 * order it is free to. Resolves with their holds in the order of the list.
 * @throws LockdepError `ERR_INVALID_ARGUMENT`, as a rejection, for a bad list or option; else it rejects as
 * `options` say, and holds nothing then.
 * @example
 * const [from, to] = await acquireAll([source.lock, target.lock]);
 */
export async function acquireAll(locks: readonly Lock[], options?: WaitOptions): Promise<Hold[]> {
  checkLocks(locks);
  const refusal = refusalOf(options);
  if (refusal !== undefined) return refusal;
  const group = {};
  const parts = locks.map((lock): Part => ({ lock, asked: ask(lock, group, options), hold: undefined }));
  const startMs = performance.now();
  for (let round = 0; ; round++) {
    // Whoever has waited its turn for one of them may overtake in the queues of the others.
    const blocked = parts.find(({ lock, hold }) => hold === undefined && !lock.isFree(round > 0));
    if (blocked === undefined) break;
    for (const part of parts) giveBack(part, group, options);
    try {
      await standBack(round);
      blocked.hold = await blocked.lock.waitFor(blocked.asked, remaining(options, startMs));
    } catch (error) {
      for (const part of parts) giveUp(part);
      throw error;
    }
  }
  return parts.map((part) => (part.hold ??= part.lock.takeFree(part.asked)));
}

function checkLocks(locks: readonly Lock[]): void {
  if (!Array.isArray(locks)) rejectArgument('locks', 'an array of locks', locks);
  for (const lock of locks) {
    if (!(lock instanceof Lock && lock.isExclusive))
      rejectArgument('locks', 'an array of mutexes, read/write locks and semaphores', lock);
  }
  if (new Set(locks).size !== locks.length)
    rejectArgument('locks', 'an array of different locks', 'the same lock twice');
}

function ask({ watch }: Lock, group: object, options: WaitOptions | undefined): Obligation | null {
  if (watch === null) return null;
  const asked = watch.engine.ask(watch.lockClass, EXCLUSIVE, watch.instance, isBreakable(options));
  rareOf(asked).group = group;
  return asked;
}

/** Before it waits for another one, and asks for this one again. */
function giveBack(part: Part, group: object, options: WaitOptions | undefined): void {
  if (part.hold === undefined) return;
  part.hold.release();
  part.hold = undefined;
  part.asked = ask(part.lock, group, options);
}

function giveUp({ lock, asked }: Part): void {
  if (asked !== null && asked.isWaiting) lock.watch!.engine.cancel(asked);
}

/** Turns of the loop that somebody stands back for, at most. */
const MAX_TURNS = 8;

/** Two who give back to each other would do so for ever, and let nobody else run. */
async function standBack(round: number): Promise<void> {
  if (round < 2) return;
  const turns = Math.ceil(Math.random() * Math.min(round, MAX_TURNS));
  for (let i = 0; i < turns; i++) await new Promise<void>((resolve) => void plainSetImmediate(resolve));
}

/** One time for all the waits together. */
function remaining(options: WaitOptions | undefined, startMs: number): WaitOptions | undefined {
  if (options?.timeoutMs === undefined) return options;
  return { ...options, timeoutMs: Math.max(0, options.timeoutMs - (performance.now() - startMs)) };
}
