/** `lockdep/rwlock`: what rwlock exports, watched. */
import type { ReadWriteLock as Library } from '../adapters/rwlock.ts';
import { adapter } from '../adapters/rwlock.ts';
import { openEntry } from '../adapters/shared/entry.ts';
import { type WatchOptions, unwatchLibrary, watchLibrary } from '../adapters/shared/watching.ts';
import '../process-validator.ts';

export type { AsyncCallback, Callback, Options, ReadWriteLock as Lock } from '../adapters/rwlock.ts';

type ReadWriteLock = Library;
const ReadWriteLock = openEntry(adapter, (specifier) => import.meta.resolve(specifier)) as new () => Library;

export default ReadWriteLock;

/** Watches another copy of rwlock, and returns its exports, watched. */
export function watch<T extends object>(copy: T, options?: WatchOptions): T {
  return watchLibrary(adapter, copy, options);
}

/** Takes the watching of a copy back. */
export function unwatch(copy: object): void {
  unwatchLibrary(copy);
}
