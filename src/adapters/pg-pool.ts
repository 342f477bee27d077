/**
 * pg-pool, and so the pool of pg, which is a subclass.
 *
 * Whoever had to wait is called back by whoever gave a connection back, or by a socket. So `connect` is always called
 * with a callback of ours, which goes on with what led to its own request; the promise that a caller gets without a
 * callback is made here as the library makes it.
 */
import type { Clock } from '../causality/clock.ts';
import { EXCLUSIVE } from '../validator/lock-class.ts';
import type { Obligation } from '../validator/obligation.ts';
import { captureStack } from '../validator/stack-trace.ts';
import type { Adapter, Exports, WatchContext } from './shared/adapter.ts';
import { Resource } from './shared/resource.ts';
import { createSlot } from './shared/slot.ts';

interface PoolOptions {
  readonly max: number;
  readonly connectionString?: unknown;
  readonly host?: unknown;
  readonly port?: unknown;
  readonly database?: unknown;
  readonly user?: unknown;
}

type Callback = (error?: Error, ...rest: unknown[]) => void;

/** The fields of a pool that we read; the names are the library's. */
interface Pool {
  readonly options: PoolOptions;
  readonly Promise: PromiseConstructor;
  readonly ending: boolean;
}

type Connect = (this: Pool, callback?: Callback) => unknown;
type Query = (this: Pool, text: unknown, values?: unknown, callback?: Callback) => unknown;
type Release = (this: Pool, client: object, idleListener: unknown, error?: unknown) => void;

const resources = createSlot<Resource>();
/** Of a connection that is out. */
const holds = createSlot<Obligation | null>();

/** Where a query goes on once it has its connection: what `connect` tells the query that called it. */
interface Querying {
  clock: Clock;
}

/** Host, port and name of the database; never a user's name or password. */
function nameOf({ connectionString, host, port, database, user }: PoolOptions): string | undefined {
  const { env } = process;
  if (typeof connectionString === 'string') {
    try {
      const url = new URL(connectionString);
      return `${url.hostname || env['PGHOST'] || 'localhost'}:${url.port || 5432}${url.pathname}`;
    } catch {
      return undefined;
    }
  }
  const name = database ?? env['PGDATABASE'] ?? user ?? env['PGUSER'];
  if (typeof name !== 'string') return undefined;
  const at = typeof host === 'string' ? host : (env['PGHOST'] ?? 'localhost');
  return `${at}:${Number(port ?? env['PGPORT'] ?? 5432)}/${name}`;
}

function watchPool(prototype: object, { validator, patches }: WatchContext): void {
  let querying: Querying | null = null;

  function resourceOf(pool: Pool, madeAt?: Error): Resource {
    const known = resources.read(pool);
    if (known !== undefined && known.validator === validator) return known;
    const permits = pool.options.max;
    const resource = new Resource(validator, {
      kind: 'semaphore',
      permits: Number.isInteger(permits) && permits >= 1 ? permits : 1,
      isFair: true,
      name: nameOf(pool.options),
      madeAt,
    });
    resources.write(pool, resource);
    return resource;
  }

  patches.construction(prototype, '_clients', (pool) => void resourceOf(pool as Pool, captureStack()));

  patches.method<Connect>(
    prototype,
    'connect',
    (original) =>
      function (this: Pool, callback) {
        const query = querying;
        querying = null;
        if (this.ending) return original.call(this, callback);
        const resource = resourceOf(this);
        const asked = resource.ask(EXCLUSIVE, false, query !== null);
        const { response, result } = promised(this, callback);
        original.call(this, (error, ...rest) => {
          if (error) {
            resource.refuse(asked, () => response(error, ...rest), undefined);
            return;
          }
          holds.write(rest[0] as object, asked);
          resource.call(asked, () => {
            if (query !== null) query.clock = resource.engine.tracker.asked();
            response(error, ...rest);
          });
        });
        return result;
      },
  );

  patches.method<Query>(
    prototype,
    'query',
    (original) =>
      function (this: Pool, text, values, callback) {
        if (typeof text === 'function') return original.call(this, text, values, callback);
        const isShort = typeof values === 'function';
        const { response, result } = promised(this, isShort ? (values as Callback) : callback);
        const { tracker } = resourceOf(this).engine;
        const query: Querying = { clock: tracker.asked() };
        querying = query;
        try {
          // The answer comes from a socket, behind which there is nothing.
          original.call(this, text, isShort ? undefined : values, (...args) =>
            tracker.call(query.clock, response, ...args),
          );
        } finally {
          querying = null;
        }
        return result;
      },
  );

  patches.method<Release>(
    prototype,
    '_release',
    (original) =>
      function (this: Pool, client, idleListener, error) {
        const resource = resourceOf(this);
        resource.discharge(holds.read(client) ?? null);
        holds.write(client, null);
        original.call(this, client, idleListener, error);
        resource.conclude();
      },
  );
}

/** As the library's own `promisify`. */
function promised(
  { Promise }: Pool,
  callback: Callback | undefined,
): { response: Callback; result: Promise<unknown> | undefined } {
  if (callback) return { response: callback, result: undefined };
  let response!: Callback;
  const result = new Promise((resolve, reject) => {
    response = (error, value) => {
      if (error) reject(error);
      else resolve(value);
    };
  }).catch((error: unknown) => {
    Error.captureStackTrace(error as Error);
    throw error;
  });
  return { response, result };
}

export const adapter: Adapter = {
  library: 'pg-pool',
  versions: { from: '3.10.0', below: '4.0.0' },
  helpers: ['pg'],
  watch(exports: Exports, context): Exports {
    watchPool((exports['default'] as { prototype: object }).prototype, context);
    return {};
  },
};
