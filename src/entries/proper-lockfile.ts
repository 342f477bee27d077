/** `lockdep/proper-lockfile`: all that proper-lockfile exports, watched. */
import type * as Library from 'proper-lockfile';
import { adapter } from '../adapters/proper-lockfile.ts';
import { openEntry } from '../adapters/shared/entry.ts';
import { type WatchOptions, unwatchLibrary, watchLibrary } from '../adapters/shared/watching.ts';
import '../process-validator.ts';

export type * from 'proper-lockfile';

const library = openEntry(adapter, (specifier) => import.meta.resolve(specifier)) as typeof Library;

/** The whole of the module: `lock`, with the others as its properties. */
export default library;
export const lock: typeof Library.lock = library.lock;
export const unlock: typeof Library.unlock = library.unlock;
export const check: typeof Library.check = library.check;
export const lockSync: typeof Library.lockSync = library.lockSync;
export const unlockSync: typeof Library.unlockSync = library.unlockSync;
export const checkSync: typeof Library.checkSync = library.checkSync;

/** Watches another copy of proper-lockfile, and returns its exports, watched. */
export function watch<T extends object>(copy: T, options?: WatchOptions): T {
  return watchLibrary(adapter, copy, options);
}

/** Takes the watching of a copy back. */
export function unwatch(copy: object): void {
  unwatchLibrary(copy);
}
