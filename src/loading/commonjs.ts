/**
 * CommonJS modules: what `Module._load` returns is watched, and what a module has exported when its code has run. The
 * second serves `import` of a CommonJS module, which never asks the first for the exports; the first serves a library
 * that was loaded before us.
 */
import Module, { createRequire, isBuiltin } from 'node:module';
import { sep } from 'node:path';
import { findModule, libraries } from '../adapters/shared/libraries.ts';
import type * as WatchLoaded from './watch-loaded.ts';

interface ModuleLoader {
  _load(request: string, parent: unknown, isMain: boolean): unknown;
  _resolveFilename(request: string, parent: unknown, isMain: boolean): string;
  readonly prototype: {
    _compile(this: LoadedModule, content: unknown, file: string, ...rest: unknown[]): unknown;
  };
}

interface LoadedModule {
  exports: unknown;
  /** Who loaded it first. */
  readonly parent?: { readonly filename?: string | null } | null;
}

const require = createRequire(import.meta.url);
const folders = `${sep}node_modules${sep}`;

/** The validator comes with the first library that is watched. */
function loadWatchLoaded(): typeof WatchLoaded {
  return require(
    import.meta.url.endsWith('.ts') ? './watch-loaded.ts' : './watch-loaded.js',
  ) as typeof WatchLoaded;
}

/** What a program loads when this file comes, if that is a supported library, and not a part of one for another. */
function libraryAt(file: string, { parent }: LoadedModule): string | undefined {
  const at = file.lastIndexOf(folders);
  if (at === -1) return undefined;
  const [first, second] = file.slice(at + folders.length).split(sep, 2) as [string, string | undefined];
  const name = first.startsWith('@') ? `${first}/${second}` : first;
  if (!Object.hasOwn(libraries, name)) return undefined;
  const folder = file.slice(0, at + folders.length) + name.replace('/', sep) + sep;
  if (parent?.filename?.startsWith(folder) === true) return undefined;
  const { resolve } = createRequire(file);
  return [name, ...(libraries[name]!.paths ?? []).map((each) => `${name}/${each}`)].find((specifier) => {
    try {
      return resolve(specifier) === file;
    } catch {
      return false;
    }
  });
}

/** What a module exports, watched if it is a library. */
function watchExports(name: string, exports: unknown, file: string): unknown {
  if (exports === null || (typeof exports !== 'object' && typeof exports !== 'function')) return exports;
  return loadWatchLoaded().watchLoaded(name, exports, file);
}

/** Makes every `require` of a supported library, and every `import` of one in CommonJS, give its watched exports. */
export function watchRequire(): void {
  const loader = Module as unknown as ModuleLoader;
  const load = loader._load;
  loader._load = function (request, parent, isMain) {
    const exports: unknown = Reflect.apply(load, this, [request, parent, isMain]);
    if (findModule(request) === undefined || isBuiltin(request)) return exports;
    return watchExports(request, exports, loader._resolveFilename(request, parent, isMain));
  };
  // What `import` exports of it is taken as soon as its code has run. Whoever compiles in another way, such as for
  // TypeScript, comes here in the end.
  const { prototype } = loader;
  const compile = prototype._compile;
  prototype._compile = function (content, file, ...rest) {
    const result: unknown = Reflect.apply(compile, this, [content, file, ...rest]);
    const name = libraryAt(file, this);
    if (name !== undefined) this.exports = watchExports(name, this.exports, file);
    return result;
  };
}
