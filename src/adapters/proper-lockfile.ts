/**
 * proper-lockfile: a lock for each file, shared with other processes, that is asked for again and again until it is
 * free, or once. What other processes hold is not seen.
 */
import { realpathSync } from 'node:fs';
import path from 'node:path';
import type * as Library from 'proper-lockfile';
import { EXCLUSIVE, TRY } from '../validator/lock-class.ts';
import type { Obligation } from '../validator/obligation.ts';
import type { Adapter, Exports, WatchContext } from './shared/adapter.ts';
import { KeyedResources } from './shared/keyed.ts';
import { imitate } from './shared/patches.ts';
import type { Resource } from './shared/resource.ts';

interface FileOptions {
  readonly realpath?: boolean | undefined;
  readonly lockfilePath?: string | undefined;
}

interface Retries {
  readonly forever?: boolean;
  readonly retries?: number;
}

type Fail = (error: Error) => unknown;

export const adapter: Adapter = {
  library: 'proper-lockfile',
  versions: { from: '4.0.0', below: '5.0.0' },
  watch(exports: Exports, { validator }: WatchContext): Exports {
    const library = exports as unknown as typeof Library;
    const files = new KeyedResources(validator, { kind: 'mutex', name: 'proper-lockfile' });
    const resourceOf = (file: string, options: FileOptions | undefined): Resource =>
      files.of(keyOf(file, options));

    const lock: typeof Library.lock = (file, options) => {
      if (typeof file !== 'string') return library.lock(file, options);
      const resource = resourceOf(file, options);
      const attempts = attemptsOf(options);
      const asked = resource.ask(attempts === 1 ? TRY : EXCLUSIVE, attempts !== Infinity, false);
      resource.noteWait(asked);
      const acquired = library.lock(file, withLoss(options, resource, asked));
      return new Promise((resolve, reject) => {
        acquired.then(
          (release) => resource.deliver(asked, resolve, watchRelease(release, resource, asked)),
          // It has given up as the caller told it to.
          (error: unknown) => resource.giveUp(asked, reject, error),
        );
      });
    };
    const lockSync: typeof Library.lockSync = (file, options) => {
      if (typeof file !== 'string') return library.lockSync(file, options);
      const resource = resourceOf(file, options);
      const asked = resource.ask(TRY, false, false);
      try {
        const release = library.lockSync(file, withLoss(options, resource, asked));
        resource.grantNow(asked);
        return watchRelease(release, resource, asked);
      } catch (error) {
        resource.refuse(asked, ignore, undefined);
        throw error;
      }
    };
    const unlockWith =
      <R>(unlock: (file: string, options?: FileOptions) => R) =>
      (file: string, options?: FileOptions): R => {
        if (typeof file === 'string') {
          const resource = resourceOf(file, options);
          resource.dischargeAny(1);
          resource.conclude();
        }
        return unlock(file, options);
      };

    const watched = imitate(lock, library.lock);
    return {
      default: watched,
      lock: watched,
      lockSync: imitate(lockSync, library.lockSync),
      unlock: imitate(unlockWith(library.unlock), library.unlock),
      unlockSync: imitate(unlockWith(library.unlockSync), library.unlockSync),
    };
  },
};

/** The file as the library knows it, relative to the working directory. */
function keyOf(file: string, { realpath = true, lockfilePath }: FileOptions = {}): string {
  let canonical = path.resolve(lockfilePath ?? file);
  if (realpath && lockfilePath === undefined) {
    try {
      canonical = realpathSync(canonical);
    } catch {
      // The library tells the caller.
    }
  }
  return path.relative('', canonical);
}

/** How often it is asked for. */
function attemptsOf(options: Library.LockOptions | undefined): number {
  const { retries = 0 } = options ?? {};
  if (typeof retries === 'number') return retries + 1;
  const { forever = false, retries: count = 10 } = retries as Retries;
  return forever ? Infinity : count + 1;
}

/** The options with a watched `onCompromised`: from then on the file is another's. */
function withLoss<O extends { onCompromised?: Fail | undefined }>(
  options: O | undefined,
  resource: Resource,
  asked: Obligation | null,
): O {
  const onCompromised: Fail = (error) => {
    resource.discharge(asked);
    resource.conclude();
    if (options?.onCompromised !== undefined) return options.onCompromised(error);
    throw error;
  };
  return { ...options, onCompromised } as O;
}

function watchRelease<R>(release: () => R, resource: Resource, asked: Obligation | null): () => R {
  const watched = (...args: []): R => {
    resource.discharge(asked);
    resource.conclude();
    return release(...args);
  };
  return imitate(watched, release);
}

function ignore(): void {}
