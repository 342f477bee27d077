/**
 * Promises of a subclass. What `then` makes for one is made by the constructor of the class, and V8 does not say what
 * it is chained to. So the `then` of a subclass is wrapped when its first promise is made: the first promise of a
 * subclass that is made in a call of it is chained to the one that it is called on. The `then` of `Promise` itself stays
 * as it is, since every `await` is slower without it.
 *
 * A class whose prototype is frozen, as those are that Node has for itself, is left alone.
 */
import { copySignature } from './combinators.ts';

type Then = (this: unknown, ...args: unknown[]) => unknown;

let parent: object | null = null;

/** The promise on which a `then` of a subclass is called, for the first promise that is made in it. */
export function takeParent(): object | null {
  const found = parent;
  parent = null;
  return found;
}

interface Patch {
  readonly own: PropertyDescriptor | undefined;
  readonly wrapped: Then;
}

/** Programs may make classes as they go, so nothing here keeps one. */
let prototypes: WeakRef<object>[] = [];
const patches = new WeakMap<object, Patch>();
const FEWEST = 64;
/** References to what is gone are swept when there are so many. */
let most = FEWEST;
let isOn = false;

function* listPrototypes(): IterableIterator<object> {
  for (const each of prototypes) {
    const prototype = each.deref();
    if (prototype !== undefined) yield prototype;
  }
}

/** Follows what is chained to promises of a class; its prototype was met for the first time. */
export function watchSubclass(prototype: object): void {
  if (prototypes.length >= most) {
    prototypes = prototypes.filter((each) => each.deref() !== undefined);
    most = Math.max(FEWEST, prototypes.length * 2);
  }
  prototypes.push(new WeakRef(prototype));
  if (isOn) patchThen(prototype);
}

export function patchSubclasses(): void {
  isOn = true;
  for (const prototype of listPrototypes()) patchThen(prototype);
}

/** Puts all back, unless somebody else has patched it since. */
export function unpatchSubclasses(): void {
  isOn = false;
  for (const prototype of listPrototypes()) {
    const patch = patches.get(prototype);
    if (patch === undefined || ownThen(prototype)?.value !== patch.wrapped) continue;
    // oxlint-disable-next-line unicorn/no-thenable -- it had one before
    if (patch.own !== undefined) Reflect.defineProperty(prototype, 'then', patch.own);
    else Reflect.deleteProperty(prototype, 'then');
  }
}

function ownThen(prototype: object): PropertyDescriptor | undefined {
  return Object.getOwnPropertyDescriptor(prototype, 'then');
}

function patchThen(prototype: object): void {
  const own = ownThen(prototype);
  const above = Object.getPrototypeOf(prototype) as { then: unknown };
  const original: unknown = own === undefined ? above.then : own.value;
  if (typeof original !== 'function') return;
  const wrapped: Then = function (...args) {
    const outer = parent;
    parent = this as object;
    try {
      // What is inherited may have been replaced since.
      return Reflect.apply(own === undefined ? (above.then as Then) : original, this, args);
    } finally {
      parent = outer;
    }
  };
  const descriptor = own ?? { writable: true, enumerable: false, configurable: true };
  const value = copySignature(wrapped, original);
  // oxlint-disable-next-line unicorn/no-thenable -- it has one already
  if (Reflect.defineProperty(prototype, 'then', { ...descriptor, value }))
    patches.set(prototype, { own, wrapped });
}
