/** Which libraries have an adapter: all that is known of them before one is loaded. */

export interface SupportedLibrary {
  /** Exports that are replaced; `default` is the whole of a module that is a function. */
  readonly replaces: readonly string[];
}

/** By the name of the package. The adapter is the file of that name in `src/adapters`. */
export const libraries: Readonly<Record<string, SupportedLibrary>> = {
  'async-lock': { replaces: [] },
  'async-mutex': { replaces: ['withTimeout', 'tryAcquire'] },
  bottleneck: { replaces: [] },
  'generic-pool': { replaces: [] },
  'p-limit': { replaces: ['default', 'limitFunction'] },
  'p-queue': { replaces: [] },
  'pg-pool': { replaces: [] },
  'proper-lockfile': { replaces: ['default', 'lock', 'lockSync', 'unlock', 'unlockSync'] },
  redlock: { replaces: [] },
  tarn: { replaces: [] },
};

/** What Node itself has, where it has it. */
export const builtins: readonly string[] = ['web-locks'];
