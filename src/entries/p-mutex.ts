/** `lockdep/p-mutex`: all that p-mutex exports, watched. */
import type Library from 'p-mutex';
import { adapter } from '../adapters/p-mutex.ts';
import { openEntry } from '../adapters/shared/entry.ts';
import { type WatchOptions, unwatchLibrary, watchLibrary } from '../adapters/shared/watching.ts';
import '../process-validator.ts';

const library = openEntry(adapter, (specifier) => import.meta.resolve(specifier)) as {
  default: typeof Library;
};

type Mutex = Library;
const Mutex: typeof Library = library.default;

export default Mutex;

/** Watches another copy of p-mutex, and returns its exports, watched. */
export function watch<T extends object>(copy: T, options?: WatchOptions): T {
  return watchLibrary(adapter, copy, options);
}

/** Takes the watching of a copy back. */
export function unwatch(copy: object): void {
  unwatchLibrary(copy);
}
