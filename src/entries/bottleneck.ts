/** `lockdep/bottleneck`: what bottleneck exports, watched. */
import type Library from 'bottleneck';
import { adapter } from '../adapters/bottleneck.ts';
import { openEntry } from '../adapters/shared/entry.ts';
import { type WatchOptions, unwatchLibrary, watchLibrary } from '../adapters/shared/watching.ts';
import '../process-validator.ts';

const library = openEntry(adapter, (specifier) => import.meta.resolve(specifier)) as typeof Library;

type Bottleneck = Library;
const Bottleneck: typeof Library = library;

export default Bottleneck;

/** Watches another copy of bottleneck, and returns its exports, watched. */
export function watch<T extends object>(copy: T, options?: WatchOptions): T {
  return watchLibrary(adapter, copy, options);
}

/** Takes the watching of a copy back. */
export function unwatch(copy: object): void {
  unwatchLibrary(copy);
}
