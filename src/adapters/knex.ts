/**
 * knex, whose pools are those of tarn. It tells tarn nothing of the database, so each pool is named where knex has just
 * made it.
 */
import { captureStack } from '../validator/stack-trace.ts';
import type { Adapter } from './shared/adapter.ts';
import { ownerOf } from './shared/patches.ts';
import { noteTarnPool, watchTarnPools } from './shared/tarn-pool.ts';

/** What a program gives as `connection`, when that is known before the pool is used; the names are the library's. */
interface ConnectionSettings {
  readonly connectionString?: unknown;
  readonly host?: unknown;
  /** For the host, with SQL Server. */
  readonly server?: unknown;
  readonly port?: unknown;
  readonly socketPath?: unknown;
  readonly database?: unknown;
  /** Of SQLite. */
  readonly filename?: unknown;
}

/** The fields of a client that we read; the names are the library's. */
interface Client {
  readonly driverName?: string;
  readonly connectionSettings?: ConnectionSettings;
  readonly pool?: object;
  /** False for a pool that the program has made itself. */
  readonly _ownsPool?: boolean;
}

interface Library {
  readonly Client: { readonly prototype: object };
}

const PORTS: Readonly<Record<string, number>> = { mssql: 1433, mysql: 3306, mysql2: 3306, pg: 5432 };

/** Host, port and name of the database, or its file; never a user's name or password. */
function nameOf({ driverName = '', connectionSettings }: Client): string | undefined {
  if (typeof connectionSettings !== 'object' || connectionSettings === null) return undefined;
  const { connectionString, filename, socketPath, database } = connectionSettings;
  if (typeof filename === 'string') return filename;
  if (typeof connectionString === 'string') return nameOfUrl(connectionString, driverName);
  if (typeof database !== 'string') return undefined;
  if (typeof socketPath === 'string') return `${socketPath}/${database}`;
  const { host = connectionSettings.server, port } = connectionSettings;
  return formatName(host, port, database, driverName);
}

function nameOfUrl(text: string, driverName: string): string | undefined {
  try {
    const { hostname, port, pathname } = new URL(text);
    return formatName(hostname, port, pathname.slice(1), driverName);
  } catch {
    return undefined;
  }
}

function formatName(host: unknown, port: unknown, database: string, driverName: string): string {
  const at = typeof host === 'string' && host !== '' ? host : 'localhost';
  const number = Number(port) || PORTS[driverName];
  return `${number === undefined ? at : `${at}:${number}`}/${database}`;
}

export const adapter: Adapter = {
  library: 'knex',
  versions: { from: '1.0.0', below: '4.0.0' },
  helpers: ['tarn'],
  watch(exports, context) {
    const { prototype } = (exports as unknown as Library).Client;
    context.patches.method<(this: Client, ...args: unknown[]) => unknown>(
      prototype,
      'initializePool',
      (original) =>
        function (this: Client, ...args) {
          const before = this.pool;
          const returned = original.apply(this, args);
          const { pool } = this;
          if (pool === undefined || pool === before || this._ownsPool === false) return returned;
          // The class of tarn, of which later versions of knex have a subclass.
          watchTarnPools(ownerOf(pool, 'acquire'), context);
          noteTarnPool(pool, nameOf(this), captureStack());
          return returned;
        },
    );
    return {};
  },
};
