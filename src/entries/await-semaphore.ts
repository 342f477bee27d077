/** `lockdep/await-semaphore`: all that await-semaphore exports, watched. */
import type * as AwaitSemaphore from '../adapters/await-semaphore.ts';
import { adapter } from '../adapters/await-semaphore.ts';
import { openEntry } from '../adapters/shared/entry.ts';
import { type WatchOptions, unwatchLibrary, watchLibrary } from '../adapters/shared/watching.ts';
import '../process-validator.ts';

export type Semaphore = AwaitSemaphore.Semaphore;
export type Mutex = AwaitSemaphore.Semaphore;

const library = openEntry(adapter, (specifier) =>
  import.meta.resolve(specifier),
) as AwaitSemaphore.AwaitSemaphore;

export const Semaphore: AwaitSemaphore.AwaitSemaphore['Semaphore'] = library.Semaphore;
export const Mutex: AwaitSemaphore.AwaitSemaphore['Mutex'] = library.Mutex;

export default library;

/** Watches another copy of await-semaphore, and returns its exports, watched. */
export function watch<T extends object>(copy: T, options?: WatchOptions): T {
  return watchLibrary(adapter, copy, options);
}

/** Takes the watching of a copy back. */
export function unwatch(copy: object): void {
  unwatchLibrary(copy);
}
