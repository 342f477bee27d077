/**
 * What whoever made a request does with the promise it gets. A function that awaits it is suspended there, and goes on
 * with nothing else; a promise that nobody takes, or that only has a handler put on it, keeps nobody. Who it was
 * is in the stack at that moment, which is read if a deadlock is suspected, and not before.
 *
 * Asked of few promises, those of requests that have to wait and whose stack was taken, and for the turn of the loop in which
 * they were made.
 */
import type { Grant } from './grant.ts';

/** Taken where a promise was chained; or `returned`, by an async function, so that whoever awaits that awaits it. */
export type Consumption = Error | 'returned';

const consumptions = new WeakMap<Grant, Consumption[]>();
let isAnyKept = false;
/** Those whose promise was chained in another synchronous run than it was made in, as far as it was asked. */
const chainedLater = new WeakSet<Grant>();
/** Promises that are asked about in this turn; `null` in nearly all. */
export const expected: { promises: Map<object, Grant> | null } = { promises: null };
let last: object | undefined;

const plainSetImmediate = setImmediate;

/** A promise is mostly awaited once, with a handler or two beside. */
const MOST_CONSUMPTIONS = 4;

/** Ours and the hook's come on top. */
const FRAMES = 20;

/** Says that `promise` is what whoever asked for `grant` gets. Returns it. */
export function expectAwait<T extends object>(promise: T, grant: Grant): T {
  if (expected.promises === null) {
    expected.promises = new Map();
    plainSetImmediate(() => {
      expected.promises = null;
      last = undefined;
    }).unref();
  }
  expected.promises.set(promise, grant);
  last = promise;
  return promise;
}

/** Asks no more about `promise`, if it was the last one asked about; returns what it is of. */
export function takeExpected(promise: object): Grant | undefined {
  if (promise !== last) return undefined;
  const grant = expected.promises?.get(promise);
  expected.promises?.delete(promise);
  return grant;
}

/**
 * A promise is chained to `parent`, by whoever runs now: in a job of the engine's own, where an async function has
 * returned `parent`.
 */
export function noteChained(parent: object, isThenableJob: boolean, run: number): void {
  const grant = expected.promises?.get(parent);
  if (grant === undefined) return;
  if (grant.run !== run) chainedLater.add(grant);
  const known = consumptions.get(grant) ?? [];
  if (known.length >= MOST_CONSUMPTIONS) return;
  known.push(isThenableJob ? 'returned' : captureConsumption());
  consumptions.set(grant, known);
  isAnyKept = true;
}

function captureConsumption(): Error {
  const limit = Error.stackTraceLimit;
  try {
    Error.stackTraceLimit = FRAMES;
    return new Error('consumed');
  } finally {
    Error.stackTraceLimit = limit;
  }
}

/** What became of the promise, as far as it was seen. */
export function consumptionsOf(grant: Grant): readonly Consumption[] {
  return consumptions.get(grant) ?? [];
}

/** Whether its promise was chained in the very run that made it, or not at all. */
export function isChainedAtOnce(grant: Grant): boolean {
  return !chainedLater.has(grant);
}

/** The wait is over: an unread stack must not outlive it. */
export function forgetConsumption(grant: Grant): void {
  if (isAnyKept) consumptions.delete(grant);
}
