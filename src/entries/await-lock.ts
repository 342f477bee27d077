/** `lockdep/await-lock`: all that await-lock exports, watched. */
import type Library from 'await-lock';
import { adapter } from '../adapters/await-lock.ts';
import { openEntry } from '../adapters/shared/entry.ts';
import { type WatchOptions, unwatchLibrary, watchLibrary } from '../adapters/shared/watching.ts';
import '../process-validator.ts';

const library = openEntry(adapter, (specifier) => import.meta.resolve(specifier)) as {
  default: typeof Library;
};

type AwaitLock = Library;
const AwaitLock: typeof Library = library.default;

export default AwaitLock;

/** Watches another copy of await-lock, and returns its exports, watched. */
export function watch<T extends object>(copy: T, options?: WatchOptions): T {
  return watchLibrary(adapter, copy, options);
}

/** Takes the watching of a copy back. */
export function unwatch(copy: object): void {
  unwatchLibrary(copy);
}
