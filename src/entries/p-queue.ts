/** `lockdep/p-queue`: all that p-queue exports, watched. */
import type * as Library from 'p-queue';
import { adapter } from '../adapters/p-queue.ts';
import { openEntry } from '../adapters/shared/entry.ts';
import { type WatchOptions, unwatchLibrary, watchLibrary } from '../adapters/shared/watching.ts';
import '../process-validator.ts';

export type * from 'p-queue';

const library = openEntry(adapter, (specifier) => import.meta.resolve(specifier)) as typeof Library;

type PQueue = Library.default;
const PQueue: typeof Library.default = library.default;

export default PQueue;
export const TimeoutError: typeof Library.TimeoutError = library.TimeoutError;
export const PriorityQueue: typeof Library.PriorityQueue = library.PriorityQueue;

/** Watches another copy of p-queue, and returns its exports, watched. */
export function watch<T extends object>(copy: T, options?: WatchOptions): T {
  return watchLibrary(adapter, copy, options);
}

/** Takes the watching of a copy back. */
export function unwatch(copy: object): void {
  unwatchLibrary(copy);
}
