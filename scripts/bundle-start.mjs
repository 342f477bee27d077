// Bundles what every program loads at its start under lockdep/register, each in its place: a file costs a millisecond.
import path from 'node:path';
import { build } from 'esbuild';

const root = path.dirname(import.meta.dirname);

await build({
  entryPoints: ['watch-libraries', 'hooks-thread'].map((name) => path.join(root, `dist/loading/${name}.js`)),
  outdir: path.join(root, 'dist/loading'),
  allowOverwrite: true,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  sourcemap: true,
  logLevel: 'warning',
});
