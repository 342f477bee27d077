/** `lockdep/mysql2/promise`: all that mysql2/promise exports, watched. */
import type * as Library from 'mysql2/promise';
import { adapter } from '../adapters/mysql2.ts';
import { openEntry } from '../adapters/shared/entry.ts';
import { type WatchOptions, unwatchLibrary, watchLibrary } from '../adapters/shared/watching.ts';
import '../process-validator.ts';

export type * from 'mysql2/promise';

/** What its types do not have as values. */
type Untyped = Readonly<
  Record<'PromiseConnection' | 'PromisePool' | 'PromisePoolConnection', unknown> &
    Record<'clearParserCache' | 'setMaxParserCache', unknown>
>;

const library = openEntry(
  adapter,
  (specifier) => import.meta.resolve(`${specifier}.js`),
  'promise',
) as typeof Library & Untyped;

// What `import` gives of CommonJS as a whole.
export default library;
export type Connection = Library.Connection;
export const Connection: typeof Library.Connection = library.Connection;
export type PoolConnection = Library.PoolConnection;
export const PoolConnection: typeof Library.PoolConnection = library.PoolConnection;
export const PromiseConnection: unknown = library.PromiseConnection;
export const PromisePool: unknown = library.PromisePool;
export const PromisePoolConnection: unknown = library.PromisePoolConnection;
export const clearParserCache: unknown = library.clearParserCache;
export const createConnection: typeof Library.createConnection = library.createConnection;
export const createPool: typeof Library.createPool = library.createPool;
export const createPoolCluster: typeof Library.createPoolCluster = library.createPoolCluster;
export const escape: typeof Library.escape = library.escape;
export const escapeId: typeof Library.escapeId = library.escapeId;
export const format: typeof Library.format = library.format;
export const raw: typeof Library.raw = library.raw;
export const setMaxParserCache: unknown = library.setMaxParserCache;

/** Watches another copy of mysql2/promise, and returns its exports, watched. */
export function watch<T extends object>(copy: T, options?: WatchOptions): T {
  return watchLibrary(adapter, copy, { ...options, path: 'promise' });
}

/** Takes the watching of a copy back. */
export function unwatch(copy: object): void {
  unwatchLibrary(copy);
}
