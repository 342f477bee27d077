/** Modules that are loaded by `require`: what `Module._load` returns is watched. */
import Module, { isBuiltin } from 'node:module';
import { libraries } from '../adapters/shared/libraries.ts';
import { watchLoaded } from './watch-loaded.ts';

interface ModuleLoader {
  _load(request: string, parent: unknown, isMain: boolean): unknown;
  _resolveFilename(request: string, parent: unknown, isMain: boolean): string;
}

/** Makes every `require` of a supported library give its watched exports. */
export function watchRequire(): void {
  const loader = Module as unknown as ModuleLoader;
  const load = loader._load;
  loader._load = function (request, parent, isMain) {
    const exports: unknown = Reflect.apply(load, this, [request, parent, isMain]);
    if (!Object.hasOwn(libraries, request) || isBuiltin(request)) return exports;
    if (exports === null || (typeof exports !== 'object' && typeof exports !== 'function')) return exports;
    return watchLoaded(request, exports, loader._resolveFilename(request, parent, isMain));
  };
}
