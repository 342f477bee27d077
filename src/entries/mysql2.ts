/** `lockdep/mysql2`: all that mysql2 exports, watched. */
import type * as Library from 'mysql2';
import { adapter } from '../adapters/mysql2.ts';
import { openEntry } from '../adapters/shared/entry.ts';
import { type WatchOptions, unwatchLibrary, watchLibrary } from '../adapters/shared/watching.ts';
import '../process-validator.ts';

export type * from 'mysql2';

/** What its types do not have as values. */
type Untyped = Readonly<
  Record<'Connection' | 'ConnectionConfig' | 'Pool' | 'PoolCluster' | 'PoolConnection', unknown> &
    Record<'clearParserCache' | 'connect' | 'createQuery' | 'setMaxParserCache', unknown>
>;

const library = openEntry(adapter, (specifier) => import.meta.resolve(specifier)) as Omit<
  typeof Library,
  keyof Untyped
> &
  Untyped;

// What `import` gives of CommonJS as a whole.
export default library;
export type Connection = Library.Connection;
export const Connection: unknown = library.Connection;
export type ConnectionConfig = Library.ConnectionConfig;
export const ConnectionConfig: unknown = library.ConnectionConfig;
export type Pool = Library.Pool;
export const Pool: unknown = library.Pool;
export type PoolCluster = Library.PoolCluster;
export const PoolCluster: unknown = library.PoolCluster;
export type PoolConnection = Library.PoolConnection;
export const PoolConnection: unknown = library.PoolConnection;
export const authPlugins: typeof Library.authPlugins = library.authPlugins;
export const clearParserCache: unknown = library.clearParserCache;
export const connect: unknown = library.connect;
export const createConnection: typeof Library.createConnection = library.createConnection;
export const createPool: typeof Library.createPool = library.createPool;
export const createPoolCluster: typeof Library.createPoolCluster = library.createPoolCluster;
export const createQuery: unknown = library.createQuery;
export const createServer: typeof Library.createServer = library.createServer;
export const escape: typeof Library.escape = library.escape;
export const escapeId: typeof Library.escapeId = library.escapeId;
export const format: typeof Library.format = library.format;
export const raw: typeof Library.raw = library.raw;
export const setMaxParserCache: unknown = library.setMaxParserCache;

/** Watches another copy of mysql2, and returns its exports, watched. */
export function watch<T extends object>(copy: T, options?: WatchOptions): T {
  return watchLibrary(adapter, copy, options);
}

/** Takes the watching of a copy back. */
export function unwatch(copy: object): void {
  unwatchLibrary(copy);
}
