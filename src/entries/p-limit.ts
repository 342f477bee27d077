/** `lockdep/p-limit`: all that p-limit exports, watched. */
import type * as Library from 'p-limit';
import { adapter } from '../adapters/p-limit.ts';
import { openEntry } from '../adapters/shared/entry.ts';
import { type WatchOptions, unwatchLibrary, watchLibrary } from '../adapters/shared/watching.ts';
import '../process-validator.ts';

export type * from 'p-limit';

// Before version 4 the module is the function.
const library = openEntry(adapter, (specifier) => import.meta.resolve(specifier)) as typeof Library;
const pLimit: typeof Library.default = typeof library === 'function' ? library : library.default;

export default pLimit;
export const limitFunction: typeof Library.limitFunction = library.limitFunction;

/** Watches another copy of p-limit, and returns its exports, watched. */
export function watch<T extends object>(copy: T, options?: WatchOptions): T {
  return watchLibrary(adapter, copy, options);
}

/** Takes the watching of a copy back. */
export function unwatch(copy: object): void {
  unwatchLibrary(copy);
}
