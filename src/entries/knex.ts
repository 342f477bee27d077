/** `lockdep/knex`: what knex exports, its pools watched. */
import type { knex as Library } from 'knex';
import { adapter } from '../adapters/knex.ts';
import { openEntry } from '../adapters/shared/entry.ts';
import { type WatchOptions, unwatchLibrary, watchLibrary } from '../adapters/shared/watching.ts';
import '../process-validator.ts';

export type { Knex } from 'knex';

const knex = openEntry(adapter, (specifier) => import.meta.resolve(specifier)) as typeof Library;

export default knex;

/** Watches another copy of knex, and returns its exports, watched. */
export function watch<T extends object>(copy: T, options?: WatchOptions): T {
  return watchLibrary(adapter, copy, options);
}

/** Takes the watching of a copy back. */
export function unwatch(copy: object): void {
  unwatchLibrary(copy);
}
