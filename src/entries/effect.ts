/** `lockdep/effect`: the semaphores of Effect, watched. */
import type * as Library from 'effect';
import { adapter } from '../adapters/effect.ts';
import { openEntry } from '../adapters/shared/entry.ts';
import { type WatchOptions, unwatchLibrary, watchLibrary } from '../adapters/shared/watching.ts';
import '../process-validator.ts';

const library = openEntry(adapter, (specifier) => import.meta.resolve(specifier)) as typeof Library;

/** Of version 3, in which it has the functions that make semaphores. */
export const Effect: typeof Library.Effect = library.Effect;
/** Undefined in version 3, which has no such module. */
export const Semaphore: typeof Library extends { readonly Semaphore: infer S } ? S : undefined =
  library.Semaphore;

/** Watches another copy of effect, and returns its exports, watched. */
export function watch<T extends object>(copy: T, options?: WatchOptions): T {
  return watchLibrary(adapter, copy, options);
}

/** Takes the watching of a copy back. */
export function unwatch(copy: object): void {
  unwatchLibrary(copy);
}
