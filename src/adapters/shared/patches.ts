/** Methods and properties put in front of a library's own, and how to take them back. */
import { shareState } from '../../validator/shared-state.ts';
import { captureStack } from '../../validator/stack-trace.ts';

type Method = (...args: never[]) => unknown;
type Constructor = abstract new (...args: never[]) => unknown;

/** What is ours already: a class that is met twice, through two modules, is patched once. */
const replacements = shareState('replacements', () => new WeakSet<object>());
/** What stands for a class: two modules that export one class go on to do so. */
const stands = shareState('stands', () => new WeakMap<object, object>());

export class Patches {
  readonly #undo: (() => void)[] = [];
  /** Then nothing more is put in front of anything: some classes are met late. */
  #isUndone = false;

  /** For what was put in front of objects that nobody keeps a list of. */
  get isUndone(): boolean {
    return this.#isUndone;
  }

  /**
   * Puts another method in the place of `owner[name]`, with its name, length and visibility. `create` gets the
   * original. Returns whether there was one to replace.
   */
  method<F extends Method>(owner: object, name: string, create: (original: F) => F): boolean {
    if (this.#isUndone) return false;
    const descriptor = Object.getOwnPropertyDescriptor(owner, name);
    const original = descriptor?.value as F | undefined;
    if (descriptor === undefined || typeof original !== 'function' || replacements.has(original))
      return false;
    const replacement = imitate(create(original), original);
    replacements.add(replacement);
    Object.defineProperty(owner, name, { ...descriptor, value: replacement });
    this.#undo.push(() => {
      // Somebody else may have patched it since.
      if (Object.getOwnPropertyDescriptor(owner, name)?.value === replacement)
        Object.defineProperty(owner, name, descriptor);
    });
    return true;
  }

  /** As `method`, for the setter of an accessor. */
  setter<T, V>(
    owner: T & object,
    name: string,
    create: (original: (this: T, value: V) => void) => (this: T, value: V) => void,
  ): void {
    const descriptor = Object.getOwnPropertyDescriptor(owner, name);
    const original = descriptor?.set;
    if (original === undefined || replacements.has(original)) return;
    const replacement = imitate(create(original), original);
    replacements.add(replacement);
    Object.defineProperty(owner, name, { ...descriptor, set: replacement });
    this.#undo.push(() => {
      if (Object.getOwnPropertyDescriptor(owner, name)?.set === replacement)
        Object.defineProperty(owner, name, descriptor!);
    });
  }

  /**
   * Calls `onAssigned(object, value)` whenever a constructor assigns the field `name` for the first time, so that a
   * construction is seen without another constructor in its place. Not for fields that a class declares.
   */
  construction(prototype: object, name: string, onAssigned: (object: object, value: unknown) => void): void {
    if (Object.hasOwn(prototype, name)) return;
    Object.defineProperty(prototype, name, {
      configurable: true,
      enumerable: false,
      get: () => undefined,
      set(this: object, value: unknown) {
        Object.defineProperty(this, name, { value, writable: true, enumerable: true, configurable: true });
        onAssigned(this, value);
      },
    });
    this.#undo.push(() => void Reflect.deleteProperty(prototype, name));
  }

  /**
   * A class in whose place another goes, which is the same save that it tells of each construction, and where that
   * was: for classes whose fields nobody sees being assigned. It is an export to be returned.
   */
  constructions<C extends Constructor>(original: C, onMade: (object: object, madeAt: Error) => void): C {
    const known = stands.get(original);
    if (known !== undefined) return known as C;
    const stand = new Proxy(original, {
      construct(target, args, newTarget) {
        const madeAt = captureStack();
        const object = Reflect.construct(target, args, newTarget) as object;
        onMade(object, madeAt);
        return object;
      },
    });
    stands.set(original, stand);
    const prototype = original.prototype as object;
    const descriptor = Object.getOwnPropertyDescriptor(prototype, 'constructor');
    if (descriptor !== undefined)
      Object.defineProperty(prototype, 'constructor', { ...descriptor, value: stand });
    this.#undo.push(() => {
      stands.delete(original);
      if (descriptor !== undefined) Object.defineProperty(prototype, 'constructor', descriptor);
    });
    return stand;
  }

  /** Takes all of it back, the newest first. */
  undo(): void {
    this.#isUndone = true;
    for (const undo of this.#undo.splice(0).reverse()) undo();
  }
}

/** Of an object's prototypes, the first that has the method. */
export function ownerOf(object: object, name: string): object {
  let owner = Object.getPrototypeOf(object) as object;
  while (!Object.hasOwn(owner, name) && owner !== Object.prototype)
    owner = Object.getPrototypeOf(owner) as object;
  return owner;
}

/**
 * Gives `replacement` the name, length and own properties of what it stands for, save `changes`: parts of
 * property descriptors, by name. A change to what the original has not is left out.
 */
export function imitate<F extends object>(
  replacement: F,
  original: object,
  changes: Readonly<Record<string, PropertyDescriptor>> = {},
): F {
  for (const key of Reflect.ownKeys(original)) {
    if (key === 'prototype' || key === 'arguments' || key === 'caller') continue;
    const descriptor = Object.getOwnPropertyDescriptor(original, key)!;
    const change = typeof key === 'string' && Object.hasOwn(changes, key) ? changes[key] : undefined;
    Object.defineProperty(replacement, key, change === undefined ? descriptor : merge(descriptor, change));
  }
  return replacement;
}

/** A property stays as visible as it was. */
function merge(descriptor: PropertyDescriptor, change: PropertyDescriptor): PropertyDescriptor {
  const { enumerable = false, configurable = false } = descriptor;
  if (!('value' in change)) {
    const { value: _value, writable: _writable, ...accessors } = descriptor;
    return { ...accessors, ...change, enumerable, configurable };
  }
  return { writable: false, ...change, enumerable, configurable };
}
