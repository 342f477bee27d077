/**
 * When a program could first import an ES module: asked on Node 20, where watching that takes a thread of its own. A
 * program in CommonJS mostly never does.
 *
 * The answer is read off the text of what is about to run, so it comes too early rather than too late: what looks
 * like an import may be in a comment. An import in text that is neither a file nor the program itself, but put together
 * while it runs, is not seen.
 */
import { readFileSync } from 'node:fs';
import Module, { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { isMainThread } from 'node:worker_threads';

/** An import of either kind, or an export of what is elsewhere. */
const LOADS_MODULE =
  /\bimport\s*(?:[({*"'`]|\/[*/]|[^\s"'`(){}*,;]+\s*(?:,|from\b))|\bexport\s*(?:[{*]|\/[*/])/;

/** Whether a text has what looks like an import. */
export function mayImport(text: string): boolean {
  return LOADS_MODULE.test(text);
}

const ownFolder = fileURLToPath(new URL('..', import.meta.url));

interface Compiler {
  _compile(content: unknown, file: unknown, ...rest: unknown[]): unknown;
}

/** Calls `start` before the program imports anything: at once where it may begin with that. */
export function beforeFirstImport(start: () => void): void {
  if (mayBeginWithImport() || hasLoadedImport()) {
    start();
    return;
  }
  const compiler = (Module as unknown as { prototype: Compiler }).prototype;
  const original = compiler._compile;
  let hasStarted = false;
  const compile = function (this: unknown, content: unknown, file: unknown, ...rest: unknown[]): unknown {
    const isOurs = typeof file === 'string' && file.startsWith(ownFolder);
    if (!hasStarted && !isOurs && (typeof content !== 'string' || mayImport(content))) {
      hasStarted = true;
      if (compiler._compile === compile) compiler._compile = original;
      start();
    }
    return Reflect.apply(original, this, [content, file, ...rest]);
  };
  compiler._compile = compile;
}

/** Options by which something else is loaded before the main script, or another way. */
const OTHER_LOADERS = /^--(?:experimental-)?(?:loader|test|vm-modules|network-imports)\b/;

function mayBeginWithImport(): boolean {
  const options = [...process.execArgv, ...(process.env['NODE_OPTIONS'] ?? '').split(/\s+/)];
  if (!isMainThread || options.some((each) => OTHER_LOADERS.test(each))) return true;
  // One of them is ours.
  if (options.filter((each) => /^--import\b/.test(each)).length > 1) return true;
  const { _eval: text } = process as { _eval?: unknown };
  if (typeof text === 'string') return mayImport(text);
  const [, script] = process.argv;
  if (script === undefined) return true;
  try {
    const file = createRequire(path.resolve('x.js')).resolve(path.resolve(script));
    return !/\.[cm]?js$/.test(file) || mayImportIn(file);
  } catch {
    return true;
  }
}

/** Whether what was loaded before us may import: a test runner, say, that has loaded us for its tests. */
function hasLoadedImport(): boolean {
  const loaded = Object.keys(createRequire(import.meta.url).cache);
  return loaded.some((file) => !file.startsWith(ownFolder) && mayImportIn(file));
}

function mayImportIn(file: string): boolean {
  try {
    return mayImport(readFileSync(file, 'utf8'));
  } catch {
    return true;
  }
}
