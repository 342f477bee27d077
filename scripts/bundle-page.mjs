// Bundles the script of the HTML report, with what it draws with, into one module that holds it as text:
// `node scripts/bundle-page.mjs`. It is CommonJS, so that it can be loaded at once where it is needed.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';

const root = path.dirname(import.meta.dirname);
const target = path.join(root, 'dist/report/html/page-bundle.cjs');

const { outputFiles, metafile } = await build({
  absWorkingDir: root,
  entryPoints: ['src/report/html/page/main.ts'],
  bundle: true,
  minify: true,
  write: false,
  format: 'iife',
  platform: 'browser',
  target: 'es2022',
  charset: 'ascii',
  metafile: true,
  define: { 'process.env.NODE_ENV': '"production"' },
  logLevel: 'warning',
});

const script = formatLicences(Object.keys(metafile.inputs)) + outputFiles[0].text.trim();
if (/<\/script|<!--/i.test(script))
  throw new Error('Expected the bundle to be safe inside a script element.');
writeFileSync(target, `exports.SCRIPT = ${JSON.stringify(script)};\n`);
console.log(`page-bundle.cjs: ${Math.round(script.length / 1024)} KB`);

/** What is bundled is passed on with the page, so its licences go with it, each text once. */
function formatLicences(inputs) {
  const packages = new Set(inputs.flatMap((file) => /^node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file) ?? []));
  const texts = new Map();
  for (const folder of [...packages].sort((a, b) => (a < b ? -1 : 1))) {
    const file = readdirSync(path.join(root, folder)).find((name) => /^licen[cs]e/i.test(name));
    if (file === undefined) throw new Error(`Expected ${folder} to have a licence, got none.`);
    const text = readFileSync(path.join(root, folder, file), 'utf8')
      .replaceAll('*/', '* /')
      .trim();
    const name = folder.replace('node_modules/', '');
    texts.set(text, [...(texts.get(text) ?? []), name]);
  }
  return [...texts].map(([text, names]) => `/*! ${names.join(', ')}\n${text}\n*/\n`).join('');
}
