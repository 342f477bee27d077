/**
 * Web Locks (`navigator.locks`): read/write locks by name, and functions that run under them. Node calls a function
 * that had to wait in the midst of whoever had the name before.
 */
import { EXCLUSIVE, SHARED, TRY, TRY_SHARED } from '../validator/lock-class.ts';
import type { Adapter, Exports, WatchContext } from './shared/adapter.ts';
import { watchAbort } from './shared/abort.ts';
import { AttributedJob } from './shared/attributed.ts';
import { KeyedResources } from './shared/keyed.ts';
import type { WebLock, WebLockCallback, WebLockManager, WebLockOptions } from './shared/web-lock-manager.ts';

type Request = (
  this: WebLockManager,
  name: string,
  options: WebLockOptions,
  callback: WebLockCallback,
) => Promise<unknown>;

function watchManager(prototype: WebLockManager, { validator, patches }: WatchContext): void {
  const family = new KeyedResources(validator, {
    kind: 'rwlock',
    isFair: true,
    name: 'navigator.locks',
  });

  patches.method<Request>(
    prototype,
    'request',
    (original) =>
      function (name, optionsOrCallback, maybeCallback) {
        const hasOptions = typeof optionsOrCallback !== 'function';
        const options = hasOptions ? (optionsOrCallback ?? {}) : {};
        const callback = hasOptions ? maybeCallback : (optionsOrCallback as WebLockCallback);
        // What is wrong with them, the library says.
        if (typeof callback !== 'function' || !isSound(name, options))
          return hasOptions
            ? original.call(this, name, options, maybeCallback)
            : Reflect.apply(original, this, [name, callback]);

        const resource = family.of(name);
        const { signal, steal = false, ifAvailable = false } = options;
        if (steal) {
          // Whoever had it has it no more.
          resource.declareUnfair();
          resource.dischargeAny(Infinity);
        }
        const asked = resource.ask(codeOf(options), signal !== undefined, true);
        const job = new AttributedJob(resource, asked, callback as (...args: unknown[]) => unknown, {
          isLostByThrow: true,
        });
        const giveUp = (): void => job.drop(true);
        const stop = signal === undefined ? undefined : watchAbort(signal, giveUp);
        const watched = (lock: WebLock | null): unknown => {
          stop?.();
          // Not free, for whoever asked only whether it is.
          if (lock === null && ifAvailable) job.drop(false);
          try {
            return job.run(lock);
          } catch (error) {
            void endUnlessHeld(this, lock, job);
            throw error;
          }
        };
        const promise = original.call(this, name, options, watched);
        resource.noteWait(asked);
        return job.attribute(promise);
      },
  );
}

/** As the specification has it; whatever is not would be refused, and never asked for. */
function isSound(name: unknown, options: WebLockOptions): boolean {
  const { mode = 'exclusive', ifAvailable = false, steal = false, signal } = options;
  return (
    typeof name === 'string' &&
    !name.startsWith('-') &&
    (mode === 'exclusive' || (mode === 'shared' && !steal)) &&
    !(steal && ifAvailable) &&
    (signal === undefined || (signal instanceof AbortSignal && !signal.aborted && !steal && !ifAvailable))
  );
}

function codeOf({ mode, ifAvailable, steal }: WebLockOptions): number {
  if (mode === 'shared') return ifAvailable ? TRY_SHARED : SHARED;
  return ifAvailable || steal ? TRY : EXCLUSIVE;
}

/** Node (24.21, 26.10) never gives back a lock whose function throws before it has returned; another may. */
async function endUnlessHeld(
  manager: WebLockManager,
  lock: WebLock | null,
  job: AttributedJob,
): Promise<void> {
  const { held = [] } = await manager.query();
  if (!held.some(({ name }) => name === lock?.name)) job.end();
}

export const adapter: Adapter = {
  library: 'web-locks',
  // Of Node.
  versions: { from: '24.5.0', below: '27.0.0' },
  watch(exports: Exports, context): Exports {
    watchManager(Object.getPrototypeOf(exports) as WebLockManager, context);
    return {};
  },
};
