/** `lockdep/mutexify/promise`: what mutexify/promise exports, watched. */
import type { PromiseLock } from '../adapters/mutexify.ts';
import { adapter } from '../adapters/mutexify.ts';
import { openEntry } from '../adapters/shared/entry.ts';
import { type WatchOptions, unwatchLibrary, watchLibrary } from '../adapters/shared/watching.ts';
import '../process-validator.ts';

export type { Release, PromiseLock } from '../adapters/mutexify.ts';

const mutexify = openEntry(
  adapter,
  (specifier) => import.meta.resolve(`${specifier}.js`),
  'promise',
) as () => PromiseLock;

export default mutexify;

/** Watches another copy of mutexify/promise, and returns its exports, watched. */
export function watch<T extends object>(copy: T, options?: WatchOptions): T {
  return watchLibrary(adapter, copy, { ...options, path: 'promise' });
}

/** Takes the watching of a copy back. */
export function unwatch(copy: object): void {
  unwatchLibrary(copy);
}
