/** `lockdep/async-sema`: all that async-sema exports, watched. */
import type * as Library from 'async-sema';
import { adapter } from '../adapters/async-sema.ts';
import { openEntry } from '../adapters/shared/entry.ts';
import { type WatchOptions, unwatchLibrary, watchLibrary } from '../adapters/shared/watching.ts';
import '../process-validator.ts';

export type * from 'async-sema';

const library = openEntry(adapter, (specifier) => import.meta.resolve(specifier)) as typeof Library;

export type Sema = Library.Sema;
export const Sema: typeof Library.Sema = library.Sema;
export const RateLimit: typeof Library.RateLimit = library.RateLimit;

/** Watches another copy of async-sema, and returns its exports, watched. */
export function watch<T extends object>(copy: T, options?: WatchOptions): T {
  return watchLibrary(adapter, copy, options);
}

/** Takes the watching of a copy back. */
export function unwatch(copy: object): void {
  unwatchLibrary(copy);
}
