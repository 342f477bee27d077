/**
 * Which callbacks of `run` surely wait for a request: by the stack where its promise was awaited. On top stands who
 * awaits it. Below the first `await` V8 writes the chain of those who await what runs (`at async …`), up to our
 * `runAs`, which awaits the callback. Of a function that was merely called one cannot tell whether its caller
 * awaits it, so there the chain ends; and so it does at a timer, and at a function that nobody awaits.
 *
 * `Promise.race` leaves no mark in the chain; see causality/races.ts.
 */
import { fileURLToPath } from 'node:url';
import { runInThisContext } from 'node:vm';
import {
  type Consumption,
  consumptionsOf,
  expected,
  forgetConsumption,
  isChainedAtOnce,
} from '../causality/consumption.ts';
import { isOfHooks } from '../causality/suspension.ts';
import { type Obligation, rareOf } from './obligation.ts';
import { type LazyStack, ownRoots } from './stack-trace.ts';

const LINE = /^\s+at (async )?(?:(.*?) \()?(.+?)\)?$/;
const RUN = /(?:^|[.#])runAs$/;
const COMBINED = /^(?:Promise|Function)\.(?:all|allSettled)$/;

/** Counts the callbacks of `run` that surely wait for a request, from the innermost on. */
export function countAwaitedScopes(asked: Obligation): number {
  const known = asked.rare === null ? -1 : asked.rare.awaitedScopes;
  if (known >= 0) return known;
  const counts = consumptionsOf(asked).map((consumption) => countConsumed(asked, consumption));
  const count = Math.max(0, ...counts);
  // To read a stack takes long; once nobody is asked any more what becomes of its promise, it was for good.
  if (expected.promises === null) keepCount(asked, count);
  return count;
}

/** Reads the stacks for good, so that they keep nothing alive. Not in the turn in which it was asked for. */
export function settleAwaitedScopes(asked: Obligation): void {
  keepCount(asked, countAwaitedScopes(asked));
}

function keepCount(asked: Obligation, count: number): void {
  const rare = rareOf(asked);
  rare.isAwaitedAlone = isAwaitedAlone(asked);
  rare.isConsumed = isConsumed(asked);
  rare.awaitedScopes = count;
  forgetConsumption(asked);
}

/** Whether somebody awaited the promise of the request, or put a handler on it, as far as it was asked. */
export function isConsumed(asked: Obligation): boolean {
  return asked.rare?.isConsumed === true || consumptionsOf(asked).length > 0;
}

/**
 * Whether a function awaits the promise of the request by itself, as soon as it was made: so it had nothing yet of what
 * was asked for beside it, and goes on without. As far as it was asked.
 */
export function isAwaitedAlone(asked: Obligation): boolean {
  if (asked.rare?.isAwaitedAlone === true) return true;
  const consumptions = consumptionsOf(asked);
  // The callback of `run` goes on by itself where nobody takes its promise.
  if (consumptions.length === 0) return asked.isScoped && asked.rare?.isConsumed !== true;
  return isChainedAtOnce(asked) && consumptions.every((each) => each instanceof Error && isAwait(each));
}

/** Whether it was an `await`, and no handler that was put on it, nor a function that returned it. */
function isAwait(consumption: Error): boolean {
  for (const line of readLines(consumption)) {
    const place = LINE.exec(line)?.[3] ?? '';
    if (isOwn(place) || isOfHooks(place)) continue;
    return place !== '' && !place.startsWith('<') && !place.startsWith('node:');
  }
  return false;
}

function countConsumed({ rare, stack }: Obligation, consumption: Consumption): number {
  if (consumption instanceof Error) return countScopes(readLines(consumption));
  // An async function has returned it, so whoever awaits that function awaits it; it is the one that asked.
  const known = rare === null ? -1 : rare.returnedScopes;
  return known < 0 ? countReturnedScopes(stack) : known;
}

/** The same, by the stack where it was asked for. */
export function countReturnedScopes(stack: LazyStack | undefined): number {
  return stack instanceof Error ? countScopes(readLines(stack)) : 0;
}

function countScopes(lines: readonly string[]): number {
  let scopes = 0;
  let hasAwaiter = false;
  for (const [i, line] of lines.entries()) {
    const match = LINE.exec(line);
    if (match === null) return scopes;
    const [, async, fn = '', place = ''] = match;
    if (isOwn(place)) {
      if (!RUN.test(fn)) continue;
      scopes++;
      hasAwaiter = true;
    } else if (place.startsWith('node:')) continue;
    else if (async !== undefined) {
      if (place.startsWith('index ') && !COMBINED.test(fn)) return scopes;
      hasAwaiter = true;
    } else if (hasAwaiter) return scopes;
    else if (place.startsWith('<')) {
      // A handler was put on it, by the program or for one of several that are awaited together.
      if (!isCombining(fn, lines[i + 1])) return scopes;
    } else hasAwaiter = true;
  }
  return scopes;
}

/** Whether a built-in frame is, or is called by, `Promise.all`. */
function isCombining(fn: string, below: string | undefined): boolean {
  const caller = below === undefined ? null : LINE.exec(below);
  return COMBINED.test(fn) || COMBINED.test(caller?.[2] ?? '');
}

function isOwn(place: string): boolean {
  const file = place.startsWith('file://') ? place.slice(0, place.search(/:\d+:\d+$/)) : place;
  const plain = file.startsWith('file://') ? fileURLToPath(file) : file;
  return ownRoots.some((root) => plain.startsWith(root));
}

/** The lines of a stack as V8 writes them: whoever formats stacks for the program may leave `async` out. */
function readLines(error: Error): string[] {
  let lines: string[] | undefined;
  const { prepareStackTrace: own } = Error;
  // In a `vm` context that has no format of its own, that of the main one counts.
  const format = own ?? (runInThisContext('Error') as ErrorConstructor).prepareStackTrace;
  try {
    Error.prepareStackTrace = (of, sites) => {
      // oxlint-disable-next-line typescript/no-base-to-string -- a call site has a text of its own
      lines = sites.map((site) => `    at ${String(site)}`);
      const text: unknown = format?.(of, sites);
      return text ?? [String(of), ...lines].join('\n');
    };
    const text: unknown = error.stack;
    lines ??= typeof text === 'string' ? text.split('\n').slice(1) : [];
  } catch {
    return []; // The program has frozen `Error`.
  } finally {
    if (Error.prepareStackTrace !== own) Error.prepareStackTrace = own;
  }
  return lines;
}
