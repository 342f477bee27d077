/** Which copies of libraries are watched, and what is used in their place. */
import { fileURLToPath } from 'node:url';
import { types } from 'node:util';
import { validator as defaultValidator } from '../../validator/default.ts';
import { rejectArgument } from '../../validator/errors.ts';
import { shareState } from '../../validator/shared-state.ts';
import { hideFrames } from '../../validator/stack-trace.ts';
import type { Validator } from '../../validator/validator.ts';
import type { Adapter, Exports } from './adapter.ts';
import { Patches, imitate } from './patches.ts';

export interface WatchOptions {
  /** Default: the one of the process. */
  validator?: Validator;
}

/** For those who load libraries. */
export interface LoadOptions extends WatchOptions {
  /** By which way of the library; see `WatchContext`. Default: the library itself. */
  path?: string;
}

interface Watching {
  readonly original: object;
  readonly watched: object;
  readonly patches: Patches;
}

/** By the original exports and by the watched ones. */
const watchings = shareState('watchings', () => new WeakMap<object, Watching>());

/**
 * Watches one copy of a library. Classes are patched where they are; what cannot be is in the exports that are
 * returned, which are to be used in the place of `library`. A second time it returns the same. With a validator that
 * is off it returns `library` itself.
 * @throws LockdepError `ERR_INVALID_ARGUMENT` for what is no module.
 */
export function watchLibrary<T extends object>(adapter: Adapter, library: T, options: LoadOptions = {}): T {
  if (library === null || (typeof library !== 'object' && typeof library !== 'function'))
    rejectArgument('library', `the exports of ${adapter.library}`, library);
  const { validator = defaultValidator, path = '' } = options;
  if (validator.policy === 'off') return library;
  const known = watchings.get(library);
  if (known !== undefined) return known.watched as T;
  for (const name of [adapter.library, ...(adapter.helpers ?? [])]) hideFrames(`/node_modules/${name}/`);
  for (const file of adapter.files ?? []) hideFrames(fileURLToPath(file));
  const patches = new Patches();
  let replaced: Exports;
  try {
    const own = library as unknown as Exports;
    const exports = typeof library === 'function' ? { ...own, default: library } : own;
    validator.follow();
    replaced = adapter.watch(exports, { validator, patches, path });
  } catch (error) {
    // A library that is not what it seemed works on as it is.
    patches.undo();
    validator.fault(error);
    return library;
  }
  const watching: Watching = { original: library, watched: withReplaced(library, replaced), patches };
  watchings.set(library, watching);
  watchings.set(watching.watched, watching);
  return watching.watched as T;
}

/** Takes the watching of a copy back. What it has made meanwhile, such as limiters, stays as it was made. */
export function unwatchLibrary(library: object): void {
  const watching = watchings.get(library);
  if (watching === undefined) return;
  watching.patches.undo();
  watchings.delete(watching.original);
  watchings.delete(watching.watched);
}

/** The exports with some in the place of others; the same object where there are none. */
function withReplaced(library: object, replaced: Exports): object {
  const names = Object.keys(replaced);
  if (names.length === 0) return library;
  if (typeof library === 'function') {
    const { default: whole, ...others } = replaced;
    const watched = whole as object;
    for (const [name, value] of Object.entries(others)) Object.defineProperty(watched, name, { value });
    return watched;
  }
  const isNamespace = types.isModuleNamespaceObject(library);
  const prototype = isNamespace ? null : (Object.getPrototypeOf(library) as object | null);
  const changes = Object.fromEntries(names.map((name) => [name, { value: replaced[name] }]));
  return imitate(Object.create(prototype) as object, library, changes);
}
