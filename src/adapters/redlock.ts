/**
 * redlock: locks in Redis, by the names of resources, asked for again and again until they are free. Several are
 * taken all or none, so there is no order between them. What other processes hold is not seen.
 */
import { EXCLUSIVE, TRY } from '../validator/lock-class.ts';
import { type Obligation, rareOf } from '../validator/obligation.ts';
import { captureStack } from '../validator/stack-trace.ts';
import type { Adapter, Exports, WatchContext } from './shared/adapter.ts';
import { KeyedResources } from './shared/keyed.ts';
import type { Resource } from './shared/resource.ts';
import { createSlot } from './shared/slot.ts';

interface Settings {
  readonly retryCount?: number;
}

interface Redlock {
  readonly settings: { readonly retryCount: number };
  acquire(resources: string[], duration: number, settings?: Settings): Promise<object>;
  release(lock: object, settings?: Settings): Promise<unknown>;
  extend(lock: object, duration: number, settings?: Settings): Promise<object>;
}

/** One resource of a request. */
interface Part {
  readonly resource: Resource;
  readonly asked: Obligation | null;
}

/** Of a redlock: its resources, or, before its first use, where it was made. */
const families = createSlot<KeyedResources | Error>();
/** Of a lock that was acquired. */
const holds = createSlot<readonly Part[]>();

function watchRedlock(prototype: Redlock, { validator, patches }: WatchContext): void {
  function familyOf(redlock: Redlock): KeyedResources {
    let family = families.read(redlock);
    if (!(family instanceof KeyedResources) || family.validator !== validator) {
      family = new KeyedResources(validator, { kind: 'mutex', madeAt: family as Error | undefined });
      families.write(redlock, family);
    }
    return family;
  }

  patches.construction(prototype, 'clients', (redlock) => families.write(redlock, captureStack()));

  patches.method<Redlock['acquire']>(
    prototype,
    'acquire',
    (original) =>
      function (this: Redlock, resources, duration, settings) {
        const acquired = original.call(this, resources, duration, settings);
        // The library refuses what is wrong with them.
        if (!Array.isArray(resources) || Math.floor(duration) !== duration) return acquired;
        const family = familyOf(this);
        const retryCount = settings?.retryCount ?? this.settings.retryCount;
        // A number of attempts that the caller gave to this very request ends it as a timeout does. `using` gives
        // those of the redlock.
        const isBreakable = retryCount !== this.settings.retryCount && retryCount !== -1;
        const group = {};
        const parts = [...new Set(resources)].map((name): Part => {
          const resource = family.of(name);
          const asked = resource.ask(retryCount === 0 ? TRY : EXCLUSIVE, isBreakable, false);
          resource.noteWait(asked);
          if (asked !== null && resources.length > 1) rareOf(asked).group = group;
          return { resource, asked };
        });
        return new Promise((resolve, reject) => {
          acquired.then(
            (lock) => {
              holds.write(lock, parts);
              deliver(parts, () => resolve(lock));
            },
            (error: unknown) => giveUp(parts, () => reject(error)),
          );
        });
      },
  );

  patches.method<Redlock['release']>(
    prototype,
    'release',
    (original) =>
      function (this: Redlock, lock, settings) {
        const parts = holds.read(lock) ?? [];
        for (const { resource, asked } of parts) resource.discharge(asked);
        parts[0]?.resource.conclude();
        return original.call(this, lock, settings);
      },
  );

  patches.method<Redlock['extend']>(
    prototype,
    'extend',
    (original) =>
      async function (this: Redlock, lock, duration, settings) {
        const replacement = await original.call(this, lock, duration, settings);
        const parts = holds.read(lock);
        if (parts !== undefined) holds.write(replacement, parts);
        return replacement;
      },
  );
}

/** Grants all: the first with the clock of the request, the others beside it. */
function deliver([first, ...others]: readonly Part[], settle: () => void): void {
  if (first === undefined) return settle();
  first.resource.deliver(
    first.asked,
    () => {
      for (const { resource, asked } of others) resource.grantNow(asked);
      settle();
    },
    undefined,
  );
}

function giveUp([first, ...others]: readonly Part[], settle: () => void): void {
  if (first === undefined) return settle();
  for (const { resource, asked } of others) resource.giveUp(asked, ignore, undefined);
  first.resource.giveUp(first.asked, settle, undefined);
}

function ignore(): void {}

export const adapter: Adapter = {
  library: 'redlock',
  versions: { from: '5.0.0', below: '6.0.0' },
  watch(exports: Exports, context): Exports {
    watchRedlock((exports['default'] as { prototype: Redlock }).prototype, context);
    return {};
  },
};
