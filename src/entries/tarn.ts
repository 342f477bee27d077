/** `lockdep/tarn`: all that tarn exports, watched. */
import type * as Library from 'tarn';
import { openEntry } from '../adapters/shared/entry.ts';
import { type WatchOptions, unwatchLibrary, watchLibrary } from '../adapters/shared/watching.ts';
import { adapter } from '../adapters/tarn.ts';
import '../process-validator.ts';

export type * from 'tarn';

const library = openEntry(adapter, (specifier) => import.meta.resolve(specifier)) as typeof Library;

// What `import` gives of CommonJS as a whole.
export default library;
export type Pool<T> = Library.Pool<T>;
export const Pool: typeof Library.Pool = library.Pool;
export const TimeoutError: typeof Library.TimeoutError = library.TimeoutError;

/** Watches another copy of tarn, and returns its exports, watched. */
export function watch<T extends object>(copy: T, options?: WatchOptions): T {
  return watchLibrary(adapter, copy, options);
}

/** Takes the watching of a copy back. */
export function unwatch(copy: object): void {
  unwatchLibrary(copy);
}
