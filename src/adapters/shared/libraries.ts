/** Which libraries have an adapter: all that is known of them before one is loaded. */

export interface SupportedLibrary {
  /** Exports that are replaced; `default` is the whole of a module that is a function. */
  readonly replaces: readonly string[];
  /** Other ways to load it that give the same exports, or such as are watched alike: `promise` for `mutexify/promise`. */
  readonly paths?: readonly string[];
}

/** By the name of the package. The adapter is the file of that name in `src/adapters`. */
export const libraries: Readonly<Record<string, SupportedLibrary>> = {
  'async-lock': { replaces: [] },
  'async-mutex': { replaces: ['withTimeout', 'tryAcquire'] },
  'async-sema': { replaces: ['RateLimit'] },
  'await-lock': { replaces: ['default'] },
  'await-semaphore': { replaces: [] },
  bottleneck: { replaces: [] },
  effect: { replaces: ['Effect', 'Semaphore'] },
  'es-toolkit': { replaces: ['Mutex', 'Semaphore', 'limitAsync'], paths: ['promise'] },
  'generic-pool': { replaces: [] },
  knex: { replaces: [] },
  mutexify: { replaces: ['default'], paths: ['promise'] },
  mysql2: { replaces: [], paths: ['promise'] },
  'p-limit': { replaces: ['default', 'limitFunction'] },
  'p-mutex': { replaces: ['default'] },
  'p-queue': { replaces: [] },
  'pg-pool': { replaces: [] },
  'proper-lockfile': { replaces: ['default', 'lock', 'lockSync', 'unlock', 'unlockSync'] },
  redlock: { replaces: [] },
  rwlock: { replaces: ['default'] },
  tarn: { replaces: [] },
};

/** What Node itself has, where it has it. */
export const builtins: readonly string[] = ['web-locks'];

export interface SupportedModule {
  /** The package. */
  readonly name: string;
  readonly path: string;
  readonly library: SupportedLibrary;
}

/** What a program loads by `specifier`; undefined for what has no adapter. */
export function findModule(specifier: string): SupportedModule | undefined {
  if (Object.hasOwn(libraries, specifier))
    return { name: specifier, path: '', library: libraries[specifier]! };
  const slash = specifier.indexOf('/', specifier.startsWith('@') ? specifier.indexOf('/') + 1 : 0);
  const name = specifier.slice(0, Math.max(slash, 0));
  if (!Object.hasOwn(libraries, name)) return undefined;
  // `import` wants the extension where a package has no `exports`.
  const path = specifier.slice(slash + 1).replace(/\.js$/, '');
  const library = libraries[name]!;
  return library.paths?.includes(path) === true ? { name, path, library } : undefined;
}
