/** What an adapter is: how the locks of one library are told to the validator. */
import type { Validator } from '../../validator/validator.ts';
import type { Patches } from './patches.ts';

/** A module's exports by name; `default` is the whole of a CommonJS module that is a function. */
export type Exports = Readonly<Record<string, unknown>>;

export interface WatchContext {
  readonly validator: Validator;
  /** Whatever is put in the place of something else, so that it can be taken back. */
  readonly patches: Patches;
  /** By which of its ways the library was loaded: `promise` for `mutexify/promise`, empty for the library itself. */
  readonly path: string;
}

/** The versions an adapter was tested with: from the first to below the last. */
export interface VersionRange {
  readonly from: string;
  readonly below: string;
}

export interface Adapter {
  /** Name of the package. */
  readonly library: string;
  readonly versions: VersionRange;
  /** Packages through which it calls itself, whose frames are cut from stacks as its own are. */
  readonly helpers?: readonly string[];
  /** Addresses of more files whose frames are cut: its own, `import.meta.url`, and a library outside `node_modules`. */
  readonly files?: readonly string[];
  /**
   * Watches one copy of the library: patches its classes where they are, and returns the exports that have to be
   * replaced, by name. What it does not return stays as it was.
   */
  watch(library: Exports, context: WatchContext): Exports;
}
