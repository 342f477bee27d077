/** `lockdep/generic-pool`: all that generic-pool exports, watched. */
import type * as Library from 'generic-pool';
import { adapter } from '../adapters/generic-pool.ts';
import { openEntry } from '../adapters/shared/entry.ts';
import { type WatchOptions, unwatchLibrary, watchLibrary } from '../adapters/shared/watching.ts';
import '../process-validator.ts';

export type * from 'generic-pool';

const library = openEntry(adapter, (specifier) => import.meta.resolve(specifier)) as typeof Library &
  Record<'Deque' | 'PriorityQueue' | 'DefaultEvictor', unknown>;

// What `import` gives of CommonJS as a whole.
export default library;
export type Pool<T> = Library.Pool<T>;
export const Pool: typeof Library.Pool = library.Pool;
export const Deque: unknown = library.Deque;
export const PriorityQueue: unknown = library.PriorityQueue;
export const DefaultEvictor: unknown = library.DefaultEvictor;
export const createPool: typeof Library.createPool = library.createPool;

/** Watches another copy of generic-pool, and returns its exports, watched. */
export function watch<T extends object>(copy: T, options?: WatchOptions): T {
  return watchLibrary(adapter, copy, options);
}

/** Takes the watching of a copy back. */
export function unwatch(copy: object): void {
  unwatchLibrary(copy);
}
