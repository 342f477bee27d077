// Bundles what `tsc` has compiled: `node scripts/bundle-modules.mjs`. To load a file costs Node more than to run it,
// and everything waits for us: a program that is watched, and each worker of a test runner. Only files that somebody
// names stay, each with little more than imports of what it shares with others, in dist/chunks.
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';

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
  'runners/jest/preset.js',
  'runners/jest/run-reporter.js',
  'runners/vitest/global-setup.js',
  'runners/vitest/matcher.js',
  'runners/vitest/setup.js',
  'trace/trace-file.js',
];
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
const entries = [...new Set([...listNamed(), ...adapters, ...LOADED, ...MEASURED])];

/** A module knows where it was before it became part of another: filled in when it is known where that is. */
const keepUrls = {
  name: 'keep-urls',
  setup(build) {
    build.onLoad({ filter: /\.js$/ }, ({ path: file }) => {
      const own = JSON.stringify(path.relative(dist, file).split(path.sep).join('/'));
      const contents = readFileSync(file, 'utf8').replaceAll('import.meta.url', `moduleUrl(${own})`);
      return { contents, loader: 'js' };
    });
  },
};

function fillUrls(text, file) {
  return text.replaceAll(/\bmoduleUrl\("([^"]+)"\)/g, (_, own) => {
    const from = path.relative(path.dirname(file), path.join(dist, own)).split(path.sep).join('/');
    return `new URL(${JSON.stringify(from)}, import.meta.url).href`;
  });
}

const { outputFiles } = await build({
  absWorkingDir: root,
  entryPoints: entries.map((file) => path.join(dist, file)),
  outdir: dist,
  outbase: dist,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  packages: 'external',
  target: 'node20',
  chunkNames: 'chunks/[hash]',
  sourcemap: true,
  sourcesContent: false,
  write: false,
  plugins: [keepUrls],
  logLevel: 'warning',
});

const made = new Set(outputFiles.map((each) => each.path));
for (const name of readdirSync(dist, { recursive: true })) {
  const file = path.join(dist, name);
  if (/\.js(?:\.map)?$/.test(name) && !made.has(file)) rmSync(file);
}
mkdirSync(path.join(dist, 'chunks'), { recursive: true });
for (const { path: file, text } of outputFiles) writeFileSync(file, fillUrls(text, file));
