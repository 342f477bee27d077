/** Modules that are loaded by `import`. */
import Module from 'node:module';
import { beforeFirstImport } from './first-import.ts';
import { mayImportLibrary } from './installed.ts';
import { type ResolveContext, type Resolved, isWanted, sourceOf, wrap } from './wrapper.ts';

interface SyncHooks {
  resolve(
    specifier: string,
    context: ResolveContext,
    next: (specifier: string, context: ResolveContext) => Resolved,
  ): Resolved;
  load(url: string, context: object, next: (url: string, context: object) => object): object;
}

type RegisterHooks = (hooks: SyncHooks) => void;

/** Before these versions, hooks of this thread break CommonJS modules that are imported (nodejs/node#59929). */
const SAFE: readonly [major: number, minor: number, patch: number][] = [
  [22, 22, 3],
  [24, 11, 1],
  [25, 1, 0],
];

function hasSafeHooks(): boolean {
  const [major, minor, patch] = process.versions.node.split('.').map(Number) as [number, number, number];
  if (major > 25) return true;
  const since = SAFE.find(([each]) => each === major);
  if (since === undefined) return false;
  return minor > since[1] || (minor === since[1] && patch >= since[2]);
}

/** Makes every `import` of a supported library give its watched exports. */
export function watchImport(): void {
  const { registerHooks } = Module as unknown as { registerHooks?: RegisterHooks };
  if (registerHooks === undefined || !hasSafeHooks()) {
    const file = import.meta.url.endsWith('.ts') ? './hooks-thread.ts' : './hooks-thread.js';
    beforeFirstImport(() => {
      if (mayImportLibrary(process.argv[1], process.cwd())) Module.register(file, import.meta.url);
    });
    return;
  }
  registerHooks({
    resolve(specifier, context, next) {
      const resolved = next(specifier, context);
      return isWanted(specifier, context) ? wrap(specifier, resolved) : resolved;
    },
    load(url, context, next) {
      const source = sourceOf(url);
      return source === undefined ? next(url, context) : { format: 'module', source, shortCircuit: true };
    },
  });
}
