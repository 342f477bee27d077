/** `lockdep/async-mutex`: all that async-mutex exports, watched. */
import type * as Library from 'async-mutex';
import { adapter } from '../adapters/async-mutex.ts';
import { openEntry } from '../adapters/shared/entry.ts';
import { type WatchOptions, unwatchLibrary, watchLibrary } from '../adapters/shared/watching.ts';
import '../process-validator.ts';

export type * from 'async-mutex';

const library = openEntry(adapter, (specifier) => import.meta.resolve(specifier)) as typeof Library;

export type Mutex = Library.Mutex;
export const Mutex: typeof Library.Mutex = library.Mutex;
export type Semaphore = Library.Semaphore;
export const Semaphore: typeof Library.Semaphore = library.Semaphore;
export const withTimeout: typeof Library.withTimeout = library.withTimeout;
export const tryAcquire: typeof Library.tryAcquire = library.tryAcquire;
export const E_TIMEOUT: typeof Library.E_TIMEOUT = library.E_TIMEOUT;
export const E_ALREADY_LOCKED: typeof Library.E_ALREADY_LOCKED = library.E_ALREADY_LOCKED;
export const E_CANCELED: typeof Library.E_CANCELED = library.E_CANCELED;

/** Watches another copy of async-mutex, and returns its exports, watched. */
export function watch<T extends object>(copy: T, options?: WatchOptions): T {
  return watchLibrary(adapter, copy, options);
}

/** Takes the watching of a copy back. */
export function unwatch(copy: object): void {
  unwatchLibrary(copy);
}
