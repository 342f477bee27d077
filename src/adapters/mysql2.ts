/**
 * mysql2, and mysql2/promise, whose pools have one of mysql2 inside.
 *
 * Whoever had to wait is called back by whoever gave a connection back, and every answer comes from a socket, behind
 * which there is nothing. So the callback of a request goes on with what led to it, and that of a command with what was
 * behind whoever gave the command: `query` of a pool is both in turn.
 */
import { EXCLUSIVE, TRY } from '../validator/lock-class.ts';
import type { Obligation } from '../validator/obligation.ts';
import { captureStack } from '../validator/stack-trace.ts';
import type { Adapter, WatchContext } from './shared/adapter.ts';
import { ownerOf } from './shared/patches.ts';
import { Resource } from './shared/resource.ts';
import { createSlot } from './shared/slot.ts';

type Callback = (this: unknown, error: unknown, connection?: Connection) => void;
type Method<T> = (this: T, ...args: unknown[]) => unknown;

interface Queue {
  readonly length: number;
  get(index: number): object;
}

/** The fields that we read and write; the names are the library's. */
interface Pool {
  readonly config: {
    readonly connectionLimit: number;
    readonly waitForConnections: boolean;
    readonly connectionConfig: {
      readonly host?: string;
      readonly port?: number;
      readonly socketPath?: string;
      readonly database?: string;
    };
  };
  readonly _connectionQueue: Queue;
  getConnection(callback: Callback): unknown;
}

interface Connection {
  /** Null when the pool has dropped it. */
  readonly _pool: Pool | null;
}

interface Command {
  onResult?: unknown;
}

/** What both ways to load it export; a promise's pool and cluster have another inside. */
interface Library {
  createPool(options: object): object & { readonly pool?: object };
  createPoolCluster?(): Cluster & { readonly poolCluster?: Cluster };
}

interface Cluster {
  of(pattern: string): object;
}

const resources = createSlot<Resource>();
/** Where pools were made. */
const places = createSlot<Error>();
/** Of a connection that is out; null when it is not. */
const holds = createSlot<Obligation | null>();

/** Host, port and name of the database; never a user's name or password. */
function nameOf({ host, port, socketPath, database }: Pool['config']['connectionConfig']): string {
  const at = socketPath ?? `${host ?? 'localhost'}:${port ?? 3306}`;
  return database ? `${at}/${database}` : at;
}

function permitsOf({ connectionLimit }: Pool['config']): number {
  if (connectionLimit === 0) return Infinity;
  return Number.isInteger(connectionLimit) && connectionLimit >= 1 ? connectionLimit : 1;
}

function watchPools(library: Library, { validator, patches }: WatchContext): void {
  const { tracker } = validator.engine;
  /** What the pools' queues have of ours. */
  const queued = new WeakSet<object>();
  /** A query is about to ask for its connection. */
  let isQuery = false;
  let seesConnections = false;

  function resourceOf(pool: Pool): Resource {
    const known = resources.read(pool);
    if (known !== undefined && known.validator === validator) return known;
    const resource = new Resource(validator, {
      kind: 'semaphore',
      permits: permitsOf(pool.config),
      isFair: true,
      name: nameOf(pool.config.connectionConfig),
      madeAt: places.read(pool),
    });
    resources.write(pool, resource);
    return resource;
  }

  /** Whether the connection was out. */
  function giveBack(resource: Resource, connection: Connection): boolean {
    const held = holds.read(connection);
    if (held === null || held === undefined) return false;
    holds.write(connection, null);
    resource.discharge(held);
    return true;
  }

  /** `ask` is the library's own way. */
  function getConnection(pool: Pool, callback: Callback, ask: (callback: Callback) => unknown): unknown {
    const isScoped = isQuery;
    isQuery = false;
    if (typeof callback !== 'function') return ask(callback);
    const resource = resourceOf(pool);
    const queue = pool._connectionQueue;
    const { length } = queue;
    // One that waits is told to ask once more when a connection was lost; somebody else may have been quicker.
    if (queued.has(callback)) {
      const returned = ask(callback);
      if (queue.length > length) resource.declareUnfair();
      return returned;
    }
    const asked = resource.ask(pool.config.waitForConnections ? EXCLUSIVE : TRY, false, isScoped);
    const returned = ask((error, connection) => {
      if (connection === undefined) {
        resource.refuse(asked, () => callback(error), undefined);
        return;
      }
      watchConnections(connection);
      holds.write(connection, asked);
      resource.call(asked, callback, error, connection);
    });
    if (queue.length > length) {
      queued.add(queue.get(queue.length - 1));
      resource.noteContention(asked);
    }
    return returned;
  }

  /** Of a pool, or of a part of a cluster. */
  function watchQueries(prototype: object): void {
    for (const name of ['query', 'execute'])
      patches.method<Method<object>>(
        prototype,
        name,
        (original) =>
          function (this: object, ...args) {
            isQuery = true;
            try {
              return original.apply(this, args);
            } finally {
              isQuery = false;
            }
          },
      );
  }

  /** Their classes are met with the first of them: `mysql2/promise` does not export them. */
  function watchConnections(connection: Connection): void {
    if (seesConnections) return;
    seesConnections = true;
    // Only a pool that has been closed does not hear of it.
    for (const name of ['release', '_removeFromPool'])
      patches.method<Method<Connection>>(
        ownerOf(connection, name),
        name,
        (original) =>
          function (this: Connection, ...args) {
            const pool = this._pool;
            const returned = original.apply(this, args);
            if (pool !== null) {
              const resource = resourceOf(pool);
              if (giveBack(resource, this)) resource.conclude();
            }
            return returned;
          },
      );
    patches.method<(this: Connection, command: Command) => unknown>(
      ownerOf(connection, 'addCommand'),
      'addCommand',
      (original) =>
        function (this: Connection, command) {
          const clock = tracker.asked();
          const { onResult } = command;
          if (clock !== null && typeof onResult === 'function')
            command.onResult = function (this: unknown, ...args: unknown[]) {
              return tracker.call(clock, () => Reflect.apply(onResult, this, args) as unknown);
            };
          return original.call(this, command);
        },
    );
  }

  // Neither a pool nor a cluster connects to anything before it is asked to.
  const some = library.createPool({});
  const prototype = ownerOf(some.pool ?? some, 'getConnection');
  patches.construction(prototype, '_allConnections', (pool) => places.write(pool, captureStack()));
  patches.method<Pool['getConnection']>(
    prototype,
    'getConnection',
    (original) =>
      function (this: Pool, callback) {
        return getConnection(this, callback, (own) => original.call(this, own));
      },
  );
  patches.method<(this: Pool, connection: Connection) => void>(
    prototype,
    'releaseConnection',
    (original) =>
      function (this: Pool, connection) {
        const resource = resourceOf(this);
        const held = holds.read(connection);
        giveBack(resource, connection);
        original.call(this, connection);
        if (held === null && connection._pool !== null)
          resource.report('bad-release', 'got back a connection that was not out', 'warning');
        resource.conclude();
      },
  );
  watchQueries(prototype);
  const cluster = library.createPoolCluster?.();
  if (cluster !== undefined) watchQueries(ownerOf((cluster.poolCluster ?? cluster).of('*'), 'query'));
}

export const adapter: Adapter = {
  library: 'mysql2',
  versions: { from: '2.0.0', below: '4.0.0' },
  watch(exports, context) {
    watchPools(exports as unknown as Library, context);
    return {};
  },
};
