/**
 * Modules that are loaded by `import`: in the place of a supported library comes a module of ours, which exports the
 * same names. Nothing here loads more than it must: it runs at the start of every program, and on Node 20 in a
 * thread of its own.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { findModule } from '../adapters/shared/libraries.ts';

const MARK = '?lockdep=';
const ownRoot = new URL('..', import.meta.url).href;
const watchLoadedUrl = new URL(
  import.meta.url.endsWith('.ts') ? './watch-loaded.ts' : './watch-loaded.js',
  import.meta.url,
).href;

export interface ResolveContext {
  readonly conditions: readonly string[];
  readonly parentURL?: string | undefined;
}

export interface Resolved {
  url: string;
  format?: string | null | undefined;
  shortCircuit?: boolean | undefined;
}

/** Whether an import of `specifier` may have to be replaced. */
export function isWanted(specifier: string, { conditions, parentURL }: ResolveContext): boolean {
  return (
    findModule(specifier) !== undefined &&
    !conditions.includes('require') &&
    parentURL?.startsWith(ownRoot) !== true &&
    parentURL?.includes(MARK) !== true
  );
}

/** The address of the module that takes the place of a resolved library. */
export function wrap(specifier: string, resolved: Resolved): Resolved {
  if (!resolved.url.startsWith('file:') || resolved.url.includes('?')) return resolved;
  const kind = isCommonJs(resolved) ? 'c' : 'm';
  return { url: `${resolved.url}${MARK}${kind}:${specifier}`, format: 'module', shortCircuit: true };
}

const MODULE_SYNTAX = /^\s*(?:export|import)\b(?!\s*\()/m;
const DEFAULT_EXPORT = /\bexport\s+default\b|\bas\s+default\b/;

/** A package that says nothing of its `type` has no format before it is loaded. */
function isCommonJs({ url, format }: Resolved): boolean {
  if (format === 'commonjs' || format === 'module') return format === 'commonjs';
  return !url.endsWith('.mjs') && !MODULE_SYNTAX.test(readFileSync(fileURLToPath(url), 'utf8'));
}

/** The source of such a module; undefined for any other. */
export function sourceOf(url: string): string | undefined {
  const at = url.indexOf(MARK);
  if (at === -1) return undefined;
  const original = url.slice(0, at);
  const isCommonJs = url.charAt(at + MARK.length) === 'c';
  const name = url.slice(at + MARK.length + 2);
  const file = fileURLToPath(original);
  const text = readFileSync(file, 'utf8');
  const { replaces } = findModule(name)!.library;
  const replaced = replaces.filter((each) => each !== 'default' && new RegExp(`\\b${each}\\b`).test(text));
  const hasDefault = isCommonJs || DEFAULT_EXPORT.test(text);
  const [from, library] = [JSON.stringify(original), JSON.stringify(name)];
  return [
    `import * as original from ${from};`,
    `import { watchLoaded } from ${JSON.stringify(watchLoadedUrl)};`,
    `export * from ${from};`,
    `const watched = watchLoaded(${library}, ${isCommonJs ? 'original.default' : 'original'}, ${JSON.stringify(file)});`,
    hasDefault ? `export default ${isCommonJs ? 'watched' : 'watched.default'};` : '',
    ...replaced.map((each) => `export const ${each} = watched.${each};`),
  ].join('\n');
}
