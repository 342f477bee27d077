/** `lockdep/pg-pool`: all that pg-pool exports, watched. */
import type Pool from 'pg-pool';
import { adapter } from '../adapters/pg-pool.ts';
import { openEntry } from '../adapters/shared/entry.ts';
import { type WatchOptions, unwatchLibrary, watchLibrary } from '../adapters/shared/watching.ts';
import '../process-validator.ts';

// `import` gives a module around the class, or the class.
const library = openEntry(adapter, (specifier) => import.meta.resolve(specifier)) as
  | typeof Pool
  | { default: typeof Pool };
const PgPool: typeof Pool = 'default' in library ? library.default : library;

export default PgPool;

/** Watches another copy of pg-pool, such as that of your pg, and returns its exports, watched. */
export function watch<T extends object>(copy: T, options?: WatchOptions): T {
  return watchLibrary(adapter, copy, options);
}

/** Takes the watching of a copy back. */
export function unwatch(copy: object): void {
  unwatchLibrary(copy);
}
