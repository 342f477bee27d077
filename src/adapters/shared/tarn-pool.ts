/**
 * The pools of tarn, which are those of knex, too.
 *
 * A request is a `PendingOperation`: its `resolve` is called where a resource turned out to be free, by whoever gave it
 * back. How a request failed is only told to the listeners of the pool.
 */
import { EXCLUSIVE } from '../../validator/lock-class.ts';
import type { Obligation } from '../../validator/obligation.ts';
import { captureStack } from '../../validator/stack-trace.ts';
import type { WatchContext } from './adapter.ts';
import { Resource } from './resource.ts';
import { createSlot } from './slot.ts';

/** The fields of a pool that we read; the names are the library's. */
interface Pool {
  readonly max: number;
  readonly eventId: number;
}

interface PendingOperation {
  resolve(value: unknown): void;
}

interface Watched {
  readonly resource: Resource;
  /** Requests that wait, by the number that the pool gives them. */
  readonly waiting: Map<unknown, Obligation | null>;
  /** By what is lent, which may be a plain value. */
  readonly holds: Map<unknown, Obligation | null>;
}

const pools = createSlot<Watched | Error>();
const names = createSlot<string>();

/** A pool was just made, which whoever made it may have a name for. */
export function noteTarnPool(pool: object, name: string | undefined, madeAt: Error): void {
  if (name !== undefined) names.write(pool, name);
  if (pools.read(pool) === undefined) pools.write(pool, madeAt);
}

/** Watches all pools of this class. */
export function watchTarnPools(prototype: object, { validator, patches }: WatchContext): void {
  function watchedOf(pool: Pool): Watched {
    const known = pools.read(pool);
    if (known !== undefined && !(known instanceof Error) && known.resource.validator === validator)
      return known;
    const resource = new Resource(validator, {
      kind: 'semaphore',
      permits: pool.max,
      isFair: true,
      name: names.read(pool),
      madeAt: known instanceof Error ? known : undefined,
    });
    const watched: Watched = { resource, waiting: new Map(), holds: new Map() };
    pools.write(pool, watched);
    return watched;
  }

  // Its first field; what it is called with is checked afterwards.
  patches.construction(prototype, 'emitter', (pool) => pools.write(pool, captureStack()));

  patches.method<(this: Pool) => PendingOperation>(
    prototype,
    'acquire',
    (original) =>
      function (this: Pool) {
        const { resource, waiting, holds } = watchedOf(this);
        const id = this.eventId;
        const asked = resource.ask(EXCLUSIVE, false, false);
        waiting.set(id, asked);
        const pending = original.call(this);
        const resolve = pending.resolve.bind(pending);
        pending.resolve = (value) => {
          waiting.delete(id);
          holds.set(value, asked);
          resource.deliver(asked, resolve, value);
        };
        return pending;
      },
  );

  patches.method<(this: Pool, name: string, id: unknown, ...rest: unknown[]) => void>(
    prototype,
    '_executeEventHandlers',
    (original) =>
      function (this: Pool, name, id, ...rest) {
        if (name === 'acquireFail') {
          const { resource, waiting } = watchedOf(this);
          resource.refuseNow(waiting.get(id) ?? null);
          waiting.delete(id);
        }
        original.call(this, name, id, ...rest);
      },
  );

  patches.method<(this: Pool, value: unknown) => boolean>(
    prototype,
    'release',
    (original) =>
      function (this: Pool, value) {
        const { resource, holds } = watchedOf(this);
        resource.discharge(holds.get(value) ?? null);
        holds.delete(value);
        const isReleased = original.call(this, value);
        if (!isReleased) resource.report('bad-release', 'got back what it had not lent', 'warning');
        resource.conclude();
        return isReleased;
      },
  );
}
