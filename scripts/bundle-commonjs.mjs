// Bundles `lockdep` as CommonJS, for sandboxes in which `require()` of an ES module does not work: dist/cjs/index.cjs.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';

const root = path.dirname(import.meta.dirname);

await build({
  entryPoints: [path.join(root, 'dist/index.js')],
  outfile: path.join(root, 'dist/cjs/index.cjs'),
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  // Modules that are loaded when something is printed are looked for from here.
  define: { 'import.meta.url': 'moduleUrl' },
  banner: { js: "const moduleUrl = require('node:url').pathToFileURL(__filename).href;" },
  logLevel: 'warning',
});

// What Jest loads by `require` must be the thing itself: an ES module would come as its namespace.
const stubs = {
  // Names that can be read from the text, for an `import` of it; without those that it has not when switched off.
  'jest-preset': `const preset = require('./preset.js').createPreset(require.cache);
const { testEnvironment, moduleNameMapper, reporters, setupFilesAfterEnv } = preset;
module.exports = { testEnvironment, moduleNameMapper, reporters, setupFilesAfterEnv };
for (const name of Object.keys(module.exports)) if (!(name in preset)) delete module.exports[name];`,
  environment: "module.exports = require('./preset.js').createEnvironment(require);",
  reporter: "module.exports = require('./run-reporter.js').RunReporter;",
};
for (const [name, text] of Object.entries(stubs))
  writeFileSync(path.join(root, `dist/runners/jest/${name}.cjs`), `'use strict';\n${text}\n`);

// What is said of findings, for runners that cannot load ES modules at once.
await build({
  entryPoints: [path.join(root, 'dist/runners/core/texts.js')],
  outfile: path.join(root, 'dist/runners/core/texts.cjs'),
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  logLevel: 'warning',
});

// This one runs in the sandbox, where Jest answers for its globals.
await build({
  stdin: {
    contents: `import { expect } from '@jest/globals';
import { toBeClean } from './core/to-be-clean.js';
expect.extend({ toBeClean });`,
    resolveDir: path.join(root, 'dist/runners'),
  },
  outfile: path.join(root, 'dist/runners/jest/matcher.cjs'),
  bundle: true,
  packages: 'external',
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  logLevel: 'warning',
});

// `exports` names the preset, so it has types.
writeFileSync(
  path.join(root, 'dist/runners/jest/jest-preset.d.cts'),
  "declare const preset: import('./preset.js', { with: { 'resolution-mode': 'import' } }).JestPreset;\nexport = preset;\n",
);
