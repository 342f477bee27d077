/**
 * Libraries in Jest's sandbox. Jest loads the modules of a test file by itself, where hooks of Node do not reach, and
 * each file has copies of its own. So Jest's own `require` is wrapped, once in a process: what it returns for a
 * supported library is watched. Mocks do not come that way.
 */
import { createRequire } from 'node:module';
import { findModule } from '../../adapters/shared/libraries.ts';
import { watchLoaded } from '../../loading/watch-loaded.ts';

/** What is used of `jest-runtime`, which differs between versions. */
interface RuntimeClass {
  prototype: {
    requireModule: (
      this: unknown,
      from: string,
      name?: string,
      options?: unknown,
      ...rest: unknown[]
    ) => unknown;
  };
}

const RUNTIME = /[\\/]jest-runtime[\\/]build[\\/]index\.js$/;
const wrapped = new WeakSet<RuntimeClass['prototype']>();

/** The file of a library; `undefined` where only Jest knows, as for one that is mapped to another. */
function resolve(from: string, name: string): string | undefined {
  try {
    return createRequire(from).resolve(name);
  } catch {
    return undefined;
  }
}

function watchExports(from: string, name: string, exports: unknown): unknown {
  if (exports === null || (typeof exports !== 'object' && typeof exports !== 'function')) return exports;
  const file = resolve(from, name);
  return file === undefined ? exports : watchLoaded(name, exports, file);
}

/** Watches what the sandboxes of this process load from now on; `loaded` are modules that Jest is made of, by path. */
export function watchModules(loaded: Readonly<Record<string, { exports: unknown } | undefined>>): void {
  for (const [file, module] of Object.entries(loaded)) {
    if (!RUNTIME.test(file)) continue;
    const { prototype } = (module!.exports as { default: RuntimeClass }).default;
    if (wrapped.has(prototype)) continue;
    wrapped.add(prototype);
    const { requireModule } = prototype;
    prototype.requireModule = function (from, name, options, ...rest) {
      const exports = Reflect.apply(requireModule, this, [from, name, options, ...rest]);
      // What Jest needs for itself comes with options.
      if (name === undefined || options !== undefined || findModule(name) === undefined) return exports;
      return watchExports(from, name, exports);
    };
  }
}
