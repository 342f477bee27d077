/**
 * Follows flows by `AsyncLocalStorage`, where there are no promise hooks (Bun, Deno) or by choice.
 *
 * It follows where a continuation was registered, and knows nothing of what was waited for: so it gives
 * the open obligations of a request and no clock of a discharge, and all its edges are `nested`. A hold
 * counts only in a later synchronous run than its request, or siblings that are started together would
 * inherit each other's. Known to be wrong: a sibling that awaits something before its own request does
 * inherit; a helper that awaits before it acquires loses its hold on return.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { type Clock, clockOf, join } from './clock.ts';
import type { Grant } from './grant.ts';
import type { CausalTracker } from './tracker.ts';

/** What a flow has asked for, the newest first. */
interface Scope {
  readonly outer: Scope | undefined;
  /** Taken from another flow with all that is behind it. */
  readonly inherited: Clock;
  readonly grant: Grant | undefined;
  readonly run: number;
}

let run = 0;
let isRunEnding = false;
const plainQueueMicrotask = globalThis.queueMicrotask;

function currentRun(): number {
  if (!isRunEnding) {
    isRunEnding = true;
    plainQueueMicrotask(() => {
      run++;
      isRunEnding = false;
    });
  }
  return run;
}

/** The scope without the part in front that is over. */
function liveScope(scope: Scope | undefined): Scope | undefined {
  while (scope?.grant !== undefined && scope.grant.endSeq !== 0) scope = scope.outer;
  return scope;
}

function clockOfScope(scope: Scope | undefined): Clock {
  let clock: Clock = null;
  for (; scope !== undefined; scope = scope.outer) {
    clock = join(clock, scope.inherited);
    if (scope.grant?.isOpen === true && scope.run !== run) clock = join(clock, clockOf(scope.grant));
  }
  return clock;
}

const storage = new AsyncLocalStorage<Scope | undefined>();

export const asyncLocalStorageTracker: CausalTracker = {
  kind: 'async-local-storage',
  strand: 0,
  asked: () => clockOfScope(storage.getStore()),
  reached: () => null,
  currentRun,
  expect(grant) {
    storage.enterWith({ outer: liveScope(storage.getStore()), inherited: null, grant, run: currentRun() });
  },
  advance(clock) {
    storage.enterWith({ outer: liveScope(storage.getStore()), inherited: clock, grant: undefined, run });
  },
  call(clock, fn, ...args) {
    return storage.run({ outer: undefined, inherited: clock, grant: undefined, run }, fn, ...args);
  },
  deliver: (_clock, settle, value) => settle(value),
  resolved: async (_clock, value) => value,
  attribute() {},
  enable() {},
  disable() {},
};
