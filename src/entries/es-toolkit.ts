/** `lockdep/es-toolkit`: the locks and limiters of es-toolkit, watched. */
import type * as Library from 'es-toolkit';
import { adapter } from '../adapters/es-toolkit.ts';
import { openEntry } from '../adapters/shared/entry.ts';
import { type WatchOptions, unwatchLibrary, watchLibrary } from '../adapters/shared/watching.ts';
import '../process-validator.ts';

const library = openEntry(adapter, (specifier) => import.meta.resolve(specifier)) as typeof Library;

export type Mutex = Library.Mutex;
export const Mutex: typeof Library.Mutex = library.Mutex;
export type Semaphore = Library.Semaphore;
export const Semaphore: typeof Library.Semaphore = library.Semaphore;
export const limitAsync: typeof Library.limitAsync = library.limitAsync;

/** Watches another copy of es-toolkit, and returns its exports, watched. */
export function watch<T extends object>(copy: T, options?: WatchOptions): T {
  return watchLibrary(adapter, copy, options);
}

/** Takes the watching of a copy back. */
export function unwatch(copy: object): void {
  unwatchLibrary(copy);
}
