/**
 * generic-pool.
 *
 * A request is put into the queue of the pool in any case, and is settled there by whoever has something to lend, so
 * its two functions are replaced when it is put there.
 */
import { EXCLUSIVE } from '../validator/lock-class.ts';
import type { Obligation } from '../validator/obligation.ts';
import { captureStack } from '../validator/stack-trace.ts';
import type { Adapter, Exports, WatchContext } from './shared/adapter.ts';
import { Resource } from './shared/resource.ts';
import { createSlot } from './shared/slot.ts';

interface ResourceRequest {
  _resolve(value: unknown): void;
  _reject(reason: unknown): void;
}

interface Queue {
  enqueue(request: ResourceRequest, priority?: number): void;
}

/** The fields of a pool that we read; the names are the library's. */
interface Pool {
  readonly _config: { readonly max: number };
  readonly _waitingClientsQueue: Queue;
}

interface Watched {
  readonly resource: Resource;
  /** By what is lent, which may be a plain value. */
  readonly holds: Map<unknown, Obligation | null>;
}

const pools = createSlot<Watched | Error>();

function watchPool(prototype: object, { validator, patches }: WatchContext): void {
  function watchedOf(pool: Pool): Watched {
    const known = pools.read(pool);
    if (known !== undefined && !(known instanceof Error) && known.resource.validator === validator)
      return known;
    const resource = new Resource(validator, {
      kind: 'semaphore',
      permits: pool._config.max,
      isFair: true,
      madeAt: known instanceof Error ? known : undefined,
    });
    const watched: Watched = { resource, holds: new Map() };
    pools.write(pool, watched);
    return watched;
  }

  patches.construction(prototype, '_waitingClientsQueue', (pool) => pools.write(pool, captureStack()));

  patches.method<(this: Pool, priority?: number) => Promise<unknown>>(
    prototype,
    'acquire',
    (original) =>
      function (this: Pool, priority) {
        const { resource, holds } = watchedOf(this);
        if (priority !== undefined && priority !== 0) resource.declareUnfair();
        const asked = resource.ask(EXCLUSIVE, false, false);
        const queue = this._waitingClientsQueue;
        const { enqueue } = queue;
        let isQueued = false;
        queue.enqueue = (request, rank) => {
          Reflect.deleteProperty(queue, 'enqueue');
          isQueued = true;
          const { _resolve: resolve, _reject: reject } = request;
          request._resolve = (value) => {
            holds.set(value, asked);
            resource.deliver(asked, resolve, value);
          };
          request._reject = (reason) => resource.refuse(asked, reject, reason);
          enqueue.call(queue, request, rank);
        };
        try {
          return original.call(this, priority);
        } finally {
          Reflect.deleteProperty(queue, 'enqueue');
          if (!isQueued) resource.refuseNow(asked);
        }
      },
  );

  for (const name of ['release', 'destroy']) {
    patches.method<(this: Pool, value: unknown) => Promise<void>>(
      prototype,
      name,
      (original) =>
        function (this: Pool, value) {
          const { resource, holds } = watchedOf(this);
          resource.discharge(holds.get(value) ?? null);
          holds.delete(value);
          const returned = original.call(this, value);
          resource.conclude();
          return returned;
        },
    );
  }
}

export const adapter: Adapter = {
  library: 'generic-pool',
  versions: { from: '3.8.2', below: '4.0.0' },
  watch(exports: Exports, context): Exports {
    watchPool((exports['Pool'] as { prototype: object }).prototype, context);
    return {};
  },
};
