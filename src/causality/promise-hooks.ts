/**
 * The causal clock by `v8.promiseHooks` (Node).
 *
 * A promise remembers the clock at its creation; a continuation starts from the creation clock of its
 * own promise, joined with the clock at which its parent settled less the parent's creation clock; a
 * settled promise remembers the clock at which it was settled. What the four events do not give:
 * - `settled` does not fire for a promise resolved with a promise. V8 then runs a *thenable job*: a
 *   `before` without an unused parent link. A promise chained inside it takes the parent's creation
 *   clock too (`JobLink`), or `await b.run(); return io()` loses its arrow.
 * - `before` fires twice for a continuation that returns a promise, so the joined clock is stored in
 *   place of the parent link, which must go anyway, or chains of promises leak.
 * - only the last input reaches the result of `Promise.all`; see `combinators.ts`.
 */
import { executionAsyncId } from 'node:async_hooks';
import { syncBuiltinESMExports } from 'node:module';
import { promiseHooks } from 'node:v8';
import { behindDischarge, borrow, returnBorrowed } from './borrow.ts';
import { BuiltInPatches } from './built-in-patches.ts';
import { type Callback, patchCallbackApis } from './callback-apis.ts';
import { type Clock, ClockEntry, join, joinNewer } from './clock.ts';
import { CombinedLink, combining, patchRealm, racing, takeArmed, unpatchRealms } from './combinators.ts';
import { expected, noteChained } from './consumption.ts';
import { History } from './history.ts';
import { borrowing, skipClosed } from './grant.ts';
import { patchListeners } from './listeners.ts';
import { patchLoopCallbacks, plainQueueMicrotask } from './loop-callbacks.ts';
import { noteRace } from './races.ts';
import { clockBeside, noteTaken, suspending } from './suspension.ts';
import { patchSubclasses, takeParent, unpatchSubclasses, watchSubclass } from './subclasses.ts';
import { patchTargetListeners } from './target-listeners.ts';
import type { CausalTracker } from './tracker.ts';

let current: Clock = null;
let isThenableJob = false;
let run = 0;
let runAsyncId = 0;
/** Stays a small integer, which costs nothing to count up. */
const MAX_RUN = 0x3fffffff;
let depth = 0;
/** What is behind the callback of the loop that runs, outside of all continuations. */
let baseClock: Clock = null;
/** Continuations run inside one another only where a program runs the microtasks itself. */
const saved: { clock: Clock; isThenableJob: boolean }[] = [];

/** A promise that was chained inside a thenable job. */
class JobLink {
  readonly parent: object;
  constructor(parent: object) {
    this.parent = parent;
  }
}

/** What a continuation starts from: its parent, before it first ran; its own clock ever after. */
type Link = object | null | undefined;

/**
 * A constructor that returns its argument lets a subclass put private fields on any object. It is one of a
 * derived class, since V8 makes a new object for any other before it is called.
 */
const Identity = class extends (null as unknown as ObjectConstructor) {
  // @ts-expect-error -- there is nobody above to be called
  // oxlint-disable-next-line constructor-super
  constructor(promise: object) {
    return promise;
  }
} as new (promise: object) => object;

/**
 * Three private fields on every promise: three fit into the first property array that V8 allocates for
 * it. Private, since a frozen promise takes them and `util.inspect` does not show them.
 */
class Stamp extends Identity {
  readonly #creation: Clock = current;
  #settled: Clock | History = null;
  #link: Link;

  constructor(promise: object, link: Link) {
    super(promise);
    this.#link = link;
  }

  static before(promise: object): void {
    if (!(#creation in promise)) {
      current = null;
      isThenableJob = false;
      return;
    }
    const base = promise.#creation;
    const link = promise.#link;
    if (typeof link === 'object' && link !== null && #creation in link) {
      // Most parents bring nothing new, or one grant.
      const settled = link.#settled;
      const creation = link.#creation;
      if (settled === null || settled === creation) current = base;
      else if (settled instanceof History) current = joinNewer(base, settled.clock, creation);
      else if (settled.prev === creation && base === creation) current = settled;
      else current = joinNewer(base, settled, creation);
      isThenableJob = false;
    } else {
      isThenableJob = link === undefined || link === null || link instanceof ClockEntry;
      if (isThenableJob) {
        current = link === undefined ? base : (link as Clock);
        return;
      }
      current = startUnusual(base, link as object);
    }
    promise.#link = current;
  }

  static settled(promise: object): void {
    if (current !== null && #creation in promise) {
      const settled = promise.#settled;
      const brought = borrowing.hasBegun ? returnBorrowed(current, promise.#creation) : current;
      if (settled === null) promise.#settled = brought;
      else if (!(settled instanceof History)) promise.#settled = join(brought, settled);
    }
  }

  static settleWith(promise: object, clock: Clock | History): void {
    if (#creation in promise) promise.#settled = clock;
  }

  static link(promise: object, link: Link): void {
    if (#creation in promise) promise.#link = link;
  }

  static settledClock(promise: object): Clock {
    if (!(#creation in promise)) return null;
    const settled = promise.#settled;
    return settled instanceof History ? settled.clock : settled;
  }

  static creationClock(promise: object): Clock {
    return #creation in promise ? promise.#creation : null;
  }
}

/** The clock of a continuation whose parent link is not simply a promise that is stamped. */
function startUnusual(base: Clock, link: object): Clock {
  if (link instanceof JobLink) {
    const { parent } = link;
    return join(base, join(Stamp.creationClock(parent), Stamp.settledClock(parent)));
  }
  if (link instanceof CombinedLink) {
    const { parent, combination } = link;
    return combination.add(base, Stamp.settledClock(parent), Stamp.creationClock(parent));
  }
  return base; // The parent is older than the tracker.
}

const MainPromise = Promise;

function linkOf(parent: object | undefined): Link {
  if (parent === undefined) return undefined;
  if (isThenableJob) return new JobLink(parent);
  return parent;
}

function linkTo(parent: object | undefined): Link {
  return combining.armed === null ? linkOf(parent) : (takeArmed(parent) ?? linkOf(parent));
}

function onInit(promise: object, parent: object | undefined): void {
  if (expected.promises !== null && parent !== undefined) noteChained(parent, isThenableJob, run);
  // oxlint-disable-next-line no-new -- the constructor stamps its argument
  new Stamp(promise, linkTo(parent));
  if (suspending.taken !== null && parent !== undefined) current = clockBeside(current, run, onInit);
  // A realm is entered by a call, whose promise has no parent, and so are subclasses. (This is compiled to a map check.)
  if (parent === undefined && promise.constructor !== MainPromise) watchUnusual(promise);
}

function watchUnusual(promise: object): void {
  watchPrototypesOf(promise);
  const parent = takeParent();
  if (parent === null) return;
  if (expected.promises !== null) noteChained(parent, isThenableJob, run);
  Stamp.link(promise, linkTo(parent));
}

function onBefore(promise: object): void {
  run = (run + 1) & MAX_RUN;
  if (depth++ === 0) baseClock = current;
  else saved.push({ clock: current, isThenableJob });
  Stamp.before(promise);
}

function onAfter(): void {
  run = (run + 1) & MAX_RUN;
  if (depth <= 1) {
    // Without a `before` when the tracker was switched on inside this very continuation.
    depth = 0;
    current = baseClock;
    isThenableJob = false;
    baseClock = null;
    return;
  }
  depth--;
  ({ clock: current, isThenableJob } = saved.pop()!);
}

/** Promises of another realm (jest runs tests in `vm` contexts), or of a subclass. */
const knownPrototypes = new WeakSet<object>([Promise.prototype]);
function watchPrototypesOf(promise: object): void {
  for (
    let prototype = Object.getPrototypeOf(promise) as object | null;
    prototype !== null;
    prototype = Object.getPrototypeOf(prototype) as object | null
  ) {
    if (knownPrototypes.has(prototype)) return;
    knownPrototypes.add(prototype);
    const parent = Object.getPrototypeOf(prototype) as object | null;
    if (parent !== null && isSubclass(prototype, parent)) watchSubclass(prototype);
    // The realm's own Promise.prototype is the last but one of the chain; those before it are subclasses.
    if (parent !== null && Object.getPrototypeOf(parent) === null) {
      const { constructor } = prototype;
      realmConstructors.push(new WeakRef(constructor));
      patchRealm(constructor, bringIn);
    }
  }
}

/** A class that inherits `then` from another subclass needs none of its own. */
function isSubclass(prototype: object, parent: object): boolean {
  const above = Object.getPrototypeOf(parent) as object | null;
  if (above === null) return false;
  return Object.hasOwn(prototype, 'then') || Object.getPrototypeOf(above) === null;
}

const realmConstructors: WeakRef<object>[] = [];

function onSettled(promise: object): void {
  Stamp.settled(promise);
}

function bringIn(promise: object): void {
  current = joinNewer(current, Stamp.settledClock(promise), Stamp.creationClock(promise));
}

/** Calls `fn` with `clock` behind it, which is all of it: also in a thenable job. */
function callWithClock<A extends unknown[], R>(clock: Clock, fn: (...args: A) => R, ...args: A): R {
  const outer = current;
  const isOuterJob = isThenableJob;
  current = clock;
  isThenableJob = false;
  run = (run + 1) & MAX_RUN;
  try {
    return fn(...args);
  } finally {
    current = outer;
    isThenableJob = isOuterJob;
    run = (run + 1) & MAX_RUN;
  }
}

/** A callback that starts from the clock that is behind the code that runs now, whoever calls it. */
function carry(callback: Callback): Callback {
  const clock = current;
  if (clock === null) return callback;
  return function (...args) {
    return callWithClock(clock, () => Reflect.apply(callback, this, args));
  };
}

/** What lies behind the code that runs now, if something of it is open. */
function openClock(): ClockEntry | null {
  return current === null || skipClosed(current.opens) === null ? null : current;
}

/** Calls a listener that was registered under `registration`, with what is behind its caller. */
function callListener(registration: ClockEntry, fn: () => unknown): unknown {
  const clock = borrow(current, registration);
  return clock === current ? fn() : callWithClock(clock, fn);
}

function resetBase(): void {
  suspending.taken = null;
  if (depth === 0) current = null;
}

const builtIns = new BuiltInPatches();
let users = 0;
let stop: (() => void) | undefined;

export const promiseHooksTracker: CausalTracker = {
  kind: 'promise-hooks',
  strand: 0,
  asked: () => current,
  reached: (open) => (borrowing.hasBegun ? behindDischarge(current, open) : current),
  currentRun() {
    // Callbacks of the loop that chain no promise have no `before`; their async id tells them apart.
    if (depth === 0) {
      const id = executionAsyncId();
      if (id !== runAsyncId) {
        runAsyncId = id;
        run = (run + 1) & MAX_RUN;
      }
    }
    return run;
  },
  expect() {},
  advance(clock) {
    noteTaken(current, run);
    current = join(current, clock);
    // Outside any continuation nothing restores the clock when this run ends.
    if (depth === 0) plainQueueMicrotask(resetBase);
  },
  call: callWithClock,
  deliver(clock, settle, value) {
    const outer = current;
    current = clock;
    try {
      settle(value);
    } finally {
      current = outer;
    }
  },
  resolved(clock, value) {
    // Made by whoever asked, settled by the grant: what is behind its making is not what it brings.
    const promise = Promise.resolve(value);
    Stamp.settleWith(promise, clock);
    return promise;
  },
  attribute(promise, history) {
    Stamp.settleWith(promise, history);
  },
  enable() {
    if (users++ > 0) return;
    stop = promiseHooks.createHook({
      init: onInit,
      before: onBefore,
      after: onAfter,
      settled: onSettled,
    }) as () => void;
    racing.begin = () => noteRace(current);
    patchRealm(Promise, bringIn);
    for (const reference of realmConstructors) patchRealm(reference.deref(), bringIn);
    patchSubclasses();
    patchLoopCallbacks(builtIns, () => current, callWithClock);
    patchCallbackApis(builtIns, carry);
    patchListeners(builtIns, openClock, callListener);
    patchTargetListeners(builtIns, openClock, callListener);
    syncBuiltinESMExports();
  },
  disable() {
    if (users === 0 || --users > 0) return;
    stop?.();
    builtIns.undo();
    unpatchRealms();
    unpatchSubclasses();
    current = baseClock = null;
    depth = saved.length = 0;
  },
};
