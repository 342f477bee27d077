/** `lockdep/mutexify`: what mutexify exports, watched. */
import type { Lock } from '../adapters/mutexify.ts';
import { adapter } from '../adapters/mutexify.ts';
import { openEntry } from '../adapters/shared/entry.ts';
import { type WatchOptions, unwatchLibrary, watchLibrary } from '../adapters/shared/watching.ts';
import '../process-validator.ts';

export type { Release, Callback, Lock } from '../adapters/mutexify.ts';

const mutexify = openEntry(adapter, (specifier) => import.meta.resolve(specifier)) as () => Lock;

export default mutexify;

/** Watches another copy of mutexify, and returns its exports, watched. */
export function watch<T extends object>(copy: T, options?: WatchOptions): T {
  return watchLibrary(adapter, copy, options);
}

/** Takes the watching of a copy back. */
export function unwatch(copy: object): void {
  unwatchLibrary(copy);
}
