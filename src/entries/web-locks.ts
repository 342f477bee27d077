/** `lockdep/web-locks`: the Web Locks of this process, watched. */
import { findWebLocks, type WebLockManager } from '../adapters/shared/web-lock-manager.ts';
import { type WatchOptions, unwatchLibrary, watchLibrary } from '../adapters/shared/watching.ts';
import { adapter } from '../adapters/web-locks.ts';
import '../process-validator.ts';

export type {
  WebLock,
  WebLockCallback,
  WebLockManager,
  WebLockOptions,
} from '../adapters/shared/web-lock-manager.ts';

const found = findWebLocks();

/** `navigator.locks`; undefined where Node has none, which is before 24.5. */
export const locks: WebLockManager | undefined =
  found === undefined ? undefined : watchLibrary(adapter, found);

/** Watches a lock manager, and all that are made as it is. */
export function watch<T extends object>(manager: T, options?: WatchOptions): T {
  return watchLibrary(adapter, manager, options);
}

/** Takes the watching of a lock manager back. */
export function unwatch(manager: object): void {
  unwatchLibrary(manager);
}
