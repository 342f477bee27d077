/** `lockdep/async-lock`: what async-lock exports, watched. */
import type Library from 'async-lock';
import { adapter } from '../adapters/async-lock.ts';
import { openEntry } from '../adapters/shared/entry.ts';
import { type WatchOptions, unwatchLibrary, watchLibrary } from '../adapters/shared/watching.ts';
import '../process-validator.ts';

const library = openEntry(adapter, (specifier) => import.meta.resolve(specifier)) as typeof Library;

type AsyncLock = Library;
const AsyncLock: typeof Library = library;

export default AsyncLock;

/** Watches another copy of async-lock, and returns its exports, watched. */
export function watch<T extends object>(copy: T, options?: WatchOptions): T {
  return watchLibrary(adapter, copy, options);
}

/** Takes the watching of a copy back. */
export function unwatch(copy: object): void {
  unwatchLibrary(copy);
}
