// Bundles what `tsc` has compiled: `node scripts/bundle-modules.mjs`. To load a file costs Node more than to run it,
// and everything waits for us: a program that is watched, and each worker of a test runner. Only files that somebody
// names stay, each with little more than imports of what it shares with others, in dist/chunks.
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { rollup } from '@rollup/wasm-node';

const root = path.dirname(import.meta.dirname);
const dist = path.join(root, 'dist');
const { bin, exports } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));

/** Files that are named at run time, by path: loaded when they are needed, or by a test runner. */
const LOADED = [
  'cli/process-output.js',
  'console.js',
  'live/statistics.js',
  'loading/hooks-thread.js',
  'loading/watch-libraries.js',
  'loading/watch-loaded.js',
  'process-validator.js',
  'runners/core/check-options.js',
  'runners/core/run-end.js',
  'runners/jest/preset.js',
  'runners/jest/run-reporter.js',
  'runners/vitest/global-setup.js',
  'runners/vitest/matcher.js',
  'runners/vitest/setup.js',
  'trace/trace-file.js',
];
/** What must run before all that is imported after it: within another file it would run after that. */
const FIRST = ['validator/turn-off.js'];
/** What is measured by itself. */
const MEASURED = ['graph/dependency-graph.js', 'trace/check-text.js', 'trace/read-trace.js'];

function listNamed() {
  const targets = Object.values(exports).flatMap((each) =>
    typeof each === 'string' ? [] : Object.values(each),
  );
  return [...targets, ...Object.values(bin)]
    .filter((file) => file.endsWith('.js'))
    .map((file) => path.relative('dist', file));
}

const adapters = readdirSync(path.join(dist, 'adapters'))
  .filter((file) => file.endsWith('.js'))
  .map((file) => `adapters/${file}`);
const entries = [...new Set([...listNamed(), ...adapters, ...LOADED, ...FIRST, ...MEASURED])];

/**
 * What nearly every entry loads, a part each. What only those load who have one of these parts is one file, which they
 * load whole: else there would be a file for each set of entries that share something.
 */
const CORE = 'validator/validator.js';
const CORE_PARTS = ['graph/dependency-graph.js', 'validator/finding.js', 'validator/obligation.js'];

function findCore(getModuleInfo) {
  const listReached = (file, reached = new Set()) => {
    if (reached.has(file)) return reached;
    reached.add(file);
    for (const each of getModuleInfo(file).importedIds) if (path.isAbsolute(each)) listReached(each, reached);
    return reached;
  };
  const core = listReached(path.join(dist, CORE));
  for (const entry of entries) {
    const reached = listReached(path.join(dist, entry));
    if (CORE_PARTS.some((part) => reached.has(path.join(dist, part)))) continue;
    for (const each of reached) core.delete(each);
  }
  return core;
}

let core;

/** A module knows where it was before it became part of another: filled in when it is known where that is. */
const keepUrls = {
  name: 'keep-urls',
  load(file) {
    const own = JSON.stringify(toUrlPath(path.relative(dist, file)));
    const code = readFileSync(file, 'utf8').replaceAll('import.meta.url', `moduleUrl(${own})`);
    return { code, map: JSON.parse(readFileSync(`${file}.map`, 'utf8')) };
  },
  resolveImportMeta: () => null,
};

function fillUrls(text, file) {
  return text.replaceAll(/\bmoduleUrl\("([^"]+)"\)/g, (_, own) => {
    const from = toUrlPath(path.relative(path.dirname(file), own));
    return `new URL(${JSON.stringify(from)}, import.meta.url).href`;
  });
}

function toUrlPath(file) {
  return file.split(path.sep).join('/');
}

// Not esbuild: where it splits, files are imported in another order than modules were.
const bundle = await rollup({
  input: Object.fromEntries(entries.map((file) => [file.replace(/\.js$/, ''), path.join(dist, file)])),
  external: (name) => !/^[./]/.test(name) && !path.isAbsolute(name),
  plugins: [keepUrls],
  treeshake: 'safest',
  onLog(level, { code, message }) {
    // What `tsc` adds for `using` asks for `this`, and does without.
    if (level === 'warn' && code !== 'THIS_IS_UNDEFINED') throw new Error(message);
  },
});
const { output } = await bundle.generate({
  dir: dist,
  format: 'esm',
  entryFileNames: '[name].js',
  chunkFileNames: 'chunks/[hash].js',
  onlyExplicitManualChunks: true,
  manualChunks: (file, { getModuleInfo }) =>
    (core ??= findCore(getModuleInfo)).has(file) ? 'core' : undefined,
  sourcemap: true,
  sourcemapExcludeSources: true,
});
await bundle.close();

const made = new Set(output.map(({ fileName }) => path.normalize(fileName)));
for (const name of readdirSync(dist, { recursive: true }))
  if (/\.js(?:\.map)?$/.test(name) && !made.has(name)) rmSync(path.join(dist, name));
mkdirSync(path.join(dist, 'chunks'), { recursive: true });
for (const { fileName, code, source } of output)
  writeFileSync(path.join(dist, fileName), code === undefined ? source : fillUrls(code, fileName));
