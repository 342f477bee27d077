/** Which libraries have an adapter: all that is known of them before one is loaded. */

export interface SupportedLibrary {
  /** Exports that are replaced; `default` is the whole of a module that is a function. */
  readonly replaces: readonly string[];
}

/** By the name of the package. The adapter is the file of that name in `src/adapters`. */
export const libraries: Readonly<Record<string, SupportedLibrary>> = {
  'async-lock': { replaces: [] },
  'async-mutex': { replaces: ['withTimeout', 'tryAcquire'] },
  'generic-pool': { replaces: [] },
  bottleneck: { replaces: [] },
  'p-limit': { replaces: ['default', 'limitFunction'] },
  'pg-pool': { replaces: [] },
  tarn: { replaces: [] },
  'p-queue': { replaces: [] },
  'proper-lockfile': { replaces: ['default', 'lock', 'lockSync', 'unlock', 'unlockSync'] },
  redlock: { replaces: [] },
};

/** What Node itself has, where it has it. */
export const builtins: readonly string[] = ['web-locks'];
