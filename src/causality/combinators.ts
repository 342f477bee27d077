/**
 * `Promise.all` and its like, so that every input reaches the result.
 *
 * The built-ins chain a throwaway promise to each input and settle the result in the reaction of the
 * last one (`race`, `any`: of the winner), so the result sees that input alone. Patched, they tell the
 * tracker which input they are about to chain (`combining.armed`); the reactions then add up what came
 * through the inputs so far, and the last one settles the result with all of it. The built-in itself
 * still does all the work, so identity, ticks, errors and subclasses are as before.
 * What passes through `race` or `any` comes from the winner alone and is marked breakable.
 */
import { types } from 'node:util';
import { type Clock, join, joinNewer } from './clock.ts';
import type { Grant } from './grant.ts';

/** One call of a combinator, and what came through its inputs so far. */
export class Combination {
  readonly #isRace: boolean;
  #clock: Clock = null;
  /** What the last reaction started from: mostly one and the same for all. */
  #base: Clock = null;

  constructor(isRace: boolean) {
    this.#isRace = isRace;
  }

  /** The clock of the reaction to an input. */
  add(base: Clock, settled: Clock, creation: Clock): Clock {
    if (this.#isRace) return joinNewer(base, settled, creation, asBreakable);
    const clock = base === this.#base ? this.#clock : join(base, this.#clock);
    this.#base = base;
    this.#clock = joinNewer(clock, settled, creation);
    return this.#clock;
  }
}

function asBreakable(grant: Grant): Grant {
  return grant.asBreakable();
}

/** The link of a promise that a combinator chained to one of its inputs. */
export class CombinedLink {
  readonly parent: object;
  readonly combination: Combination;
  constructor(parent: object, combination: Combination) {
    this.parent = parent;
    this.combination = combination;
  }
}

interface Armed {
  readonly input: unknown;
  /** A promise of the constructor's own: the built-in chains to it, and not to a new one that wraps it. */
  readonly isOwn: boolean;
  readonly combination: Combination;
}

/** Which input a combinator is about to chain; read at the creation of every promise. */
export const combining: { armed: Armed | null } = { armed: null };

/** Called when a race begins. */
export const racing: { begin: () => void } = { begin: () => {} };

/** Puts what came through a promise behind the code that runs now. */
export type BringIn = (promise: object) => void;

/** The link for a promise chained to `parent`, if that is the input which was announced. */
export function takeArmed(parent: object | undefined): CombinedLink | undefined {
  const { armed } = combining;
  if (armed === null) return undefined;
  if (parent === undefined || (armed.isOwn && armed.input !== parent)) return undefined;
  combining.armed = null;
  return new CombinedLink(parent, armed.combination);
}

/** The values of `iterable`, each announced just before the built-in gets hold of it. */
function announced(iterable: Iterable<unknown>, combination: Combination, owner: unknown): Iterable<unknown> {
  const ownPrototype = typeof owner === 'function' ? (owner.prototype as unknown) : undefined;
  return {
    [Symbol.iterator]: () =>
      wrapIterator(iterable[Symbol.iterator](), (step) => {
        combining.armed = null;
        const result = step() as IteratorResult<unknown>;
        // Not `instanceof`: it may be an object of another realm.
        if (typeof result !== 'object' || result === null || result.done === true) return result;
        const { value } = result;
        const isOwn = types.isPromise(value) && Object.getPrototypeOf(value) === ownPrototype;
        combining.armed = { input: value, isOwn, combination };
        return { done: false, value };
      }),
  };
}

/**
 * The values of an iterable that a built-in awaits one after the other. V8 reports no parent for those
 * awaits, so each step brings in what was awaited at the one before.
 */
function awaitedInTurn(
  iterable: Iterable<unknown> & AsyncIterable<unknown>,
  bringIn: BringIn,
): Iterable<unknown> | AsyncIterable<unknown> {
  const symbol =
    typeof iterable[Symbol.asyncIterator] === 'function' ? Symbol.asyncIterator : Symbol.iterator;
  return {
    [symbol]: () => {
      let awaited: unknown;
      return wrapIterator(iterable[symbol]() as Iterator<unknown>, (step) => {
        if (types.isPromise(awaited)) bringIn(awaited);
        const result = step() as IteratorResult<unknown> | undefined;
        awaited = symbol === Symbol.asyncIterator ? result : result?.value;
        return result;
      });
    },
  } as unknown as Iterable<unknown>;
}

/** The same iterator, with `next` called through `around`. */
function wrapIterator(
  iterator: Iterator<unknown>,
  around: (step: () => unknown) => unknown,
): Iterator<unknown> {
  const { next } = iterator;
  const wrapper: Record<string, unknown> = { next: () => around(() => Reflect.apply(next, iterator, [])) };
  if (iterator.return !== undefined) {
    wrapper['return'] = (...args: unknown[]) => {
      combining.armed = null;
      return Reflect.apply(iterator.return!, iterator, args);
    };
  }
  return wrapper as unknown as Iterator<unknown>;
}

type Combinator = (this: unknown, ...args: unknown[]) => Promise<unknown>;
type CombinatorOwner = Record<string, Combinator>;

function wrapCombinator(original: Combinator, name: string, bringIn: BringIn): Combinator {
  const isRace = name === 'race' || name === 'any';
  const wrapped = function (this: unknown, ...args: unknown[]): Promise<unknown> {
    const iterable = args[0] as (Iterable<unknown> & AsyncIterable<unknown>) | null | undefined;
    // Not iterable: the built-in's own error, or an array-like.
    if (iterable === null || iterable === undefined) return Reflect.apply(original, this, args);
    const isIterable = typeof iterable[Symbol.iterator] === 'function';
    if (name === 'fromAsync') {
      if (isIterable || typeof iterable[Symbol.asyncIterator] === 'function')
        args[0] = awaitedInTurn(iterable, bringIn);
      return Reflect.apply(original, this, args);
    }
    if (!isIterable) return Reflect.apply(original, this, args);
    if (isRace) racing.begin();
    const outer = combining.armed;
    try {
      args[0] = announced(iterable, new Combination(isRace), this);
      return Reflect.apply(original, this, args);
    } finally {
      combining.armed = outer;
    }
  };
  return copySignature(wrapped, original);
}

/** Gives a wrapper the name, length and extra properties of what it wraps. */
export function copySignature<F extends object>(wrapper: F, original: object): F {
  for (const key of Reflect.ownKeys(original)) {
    if (key === 'prototype' || key === 'arguments' || key === 'caller') continue;
    Object.defineProperty(wrapper, key, Object.getOwnPropertyDescriptor(original, key)!);
  }
  return wrapper;
}

interface Patch {
  readonly owner: CombinatorOwner;
  readonly name: string;
  readonly original: Combinator;
  readonly wrapped: Combinator;
}

const patches: Patch[] = [];
const patchedOwners = new WeakSet<object>();

function patchOwner(owner: object, names: readonly string[], bringIn: BringIn): void {
  if (patchedOwners.has(owner)) return;
  patchedOwners.add(owner);
  for (const name of names) {
    const descriptor = Object.getOwnPropertyDescriptor(owner, name);
    if (descriptor?.configurable !== true || typeof descriptor.value !== 'function') continue;
    const original = descriptor.value as Combinator;
    const wrapped = wrapCombinator(original, name, bringIn);
    Object.defineProperty(owner, name, { ...descriptor, value: wrapped });
    patches.push({ owner: owner as CombinatorOwner, name, original, wrapped });
  }
}

/** Patches the combinators of the realm that `promiseConstructor` is of. */
export function patchRealm(promiseConstructor: unknown, bringIn: BringIn): void {
  if (typeof promiseConstructor !== 'function') return;
  patchOwner(promiseConstructor, ['all', 'allSettled', 'race', 'any'], bringIn);
  const arrayConstructor = arrayOf(promiseConstructor);
  if (arrayConstructor !== undefined) patchOwner(arrayConstructor, ['fromAsync'], bringIn);
}

/** The realm's `Array`; only its `Function` constructor leads there. */
function arrayOf(promiseConstructor: object): object | undefined {
  if (promiseConstructor === Promise) return Array;
  try {
    const realmFunction = (promiseConstructor as { constructor?: unknown })
      .constructor as FunctionConstructor;
    return realmFunction('return Array')() as object;
  } catch {
    return undefined; // Code generation from strings is switched off there.
  }
}

/** Puts the built-ins back, unless somebody else has patched them since. */
export function unpatchRealms(): void {
  for (const { owner, name, original, wrapped } of patches.splice(0)) {
    if (owner[name] === wrapped) {
      const descriptor = Object.getOwnPropertyDescriptor(owner, name)!;
      Object.defineProperty(owner, name, { ...descriptor, value: original });
    }
    patchedOwners.delete(owner);
  }
}
