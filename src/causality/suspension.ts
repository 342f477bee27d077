/**
 * What an async function takes before its first `await`, by a try, is behind its own continuation, and not behind
 * whoever called it and goes on beside it. No hook tells when a call returns. But at an `await` V8 makes a promise with
 * the function on top of the stack, and all that was taken in the same call of it was taken above the same callers.
 *
 * A stack costs microseconds, so so many a second are looked at; of the rest the caller has too much behind it,
 * which was so for all before.
 */
import type { Clock } from './clock.ts';

interface Taken {
  /** The clock before it was taken. */
  readonly before: Clock;
  readonly run: number;
  /** What ran, innermost first. */
  readonly calls: readonly Call[];
  readonly outer: Taken | null;
}

/** Only text and numbers: a call site keeps functions alive. */
interface Call {
  readonly fn: string;
  readonly place: string;
}

/** What was taken in the run that goes on, the newest first. */
export const suspending: { taken: Taken | null } = { taken: null };

/** Deeper calls are left as they are. */
const FRAMES = 100;
const LOOKS_A_SECOND = 256;
/** Without a look these many pass before the clock is read again. */
const SKIPS = 1023;
let left = LOOKS_A_SECOND;
let skips = 0;
let sinceMs = 0;

function mayLook(): boolean {
  if (left > 0) {
    left--;
    return true;
  }
  if (skips-- > 0) return false;
  skips = SKIPS;
  const now = performance.now();
  if (now - sinceMs < 1000) return false;
  sinceMs = now;
  left = LOOKS_A_SECOND;
  return true;
}

/** Something was taken at once, in the synchronous run `run`. */
export function noteTaken(before: Clock, run: number): void {
  const outer = suspending.taken;
  suspending.taken = null;
  const calls = mayLook() ? readCalls(FRAMES, noteTaken) : undefined;
  if (calls === undefined || calls.length === FRAMES) return;
  suspending.taken = { before, run, calls, outer: outer?.run === run ? outer : null };
}

/**
 * A promise was chained to another one, by `caller`. Where that is an `await`, returns the clock of whoever goes
 * on in this run, `clock` without what the suspended call had taken.
 */
export function clockBeside(clock: Clock, run: number, caller: Chaining): Clock {
  if (suspending.taken!.run !== run) {
    suspending.taken = null;
    return clock;
  }
  // On top of a call of `then` is that.
  const [top] = readCalls(1, caller) ?? [];
  if (top === undefined || top.place === '') return clock;
  const calls = mayLook() ? readCalls(FRAMES, caller) : undefined;
  if (calls === undefined || calls.length === FRAMES) {
    suspending.taken = null;
    return clock;
  }
  let beside = clock;
  for (let each = suspending.taken; each !== null && isWithin(each.calls, calls); each = suspending.taken) {
    beside = each.before;
    suspending.taken = each.outer;
  }
  return beside;
}

type Chaining = (promise: object, parent: object | undefined) => void;

/** Whether `inner` was reached by the same call of the function on top of `calls`. */
function isWithin(inner: readonly Call[], calls: readonly Call[]): boolean {
  const above = inner.length - calls.length;
  if (above < 0 || inner[above]!.fn !== calls[0]!.fn) return false;
  for (let i = 1; i < calls.length; i++) if (inner[above + i]!.place !== calls[i]!.place) return false;
  return true;
}

/** Whether a place is in Node's own code that calls hooks one after the other, where others follow promises, too. */
export function isOfHooks(place: string): boolean {
  return place.startsWith('node:internal/promise_hooks:');
}

/** Returns undefined where the program froze `Error`. */
function readCalls(count: number, below: (...args: never[]) => unknown): Call[] | undefined {
  const { stackTraceLimit, prepareStackTrace } = Error;
  const holder: { stack?: unknown } = {};
  try {
    Error.stackTraceLimit = count + 1;
    Error.prepareStackTrace = (_, sites) => sites.map(toCall);
    Error.captureStackTrace(holder, below);
    const calls = holder.stack as Call[];
    if (calls[0] !== undefined && isOfHooks(calls[0].place)) calls.shift();
    return calls.slice(0, count);
  } catch {
    return undefined;
  } finally {
    restore(stackTraceLimit, prepareStackTrace);
  }
}

function restore(limit: typeof Error.stackTraceLimit, prepare: typeof Error.prepareStackTrace): void {
  try {
    Error.stackTraceLimit = limit;
    Error.prepareStackTrace = prepare;
  } catch {
    // It was not changed either.
  }
}

function toCall(site: NodeJS.CallSite): Call {
  const script = site.getScriptNameOrSourceURL() ?? '';
  return {
    fn: `${script} ${site.getFunctionName() ?? ''}`,
    place: script === '' ? '' : `${script}:${site.getPosition()}`,
  };
}
