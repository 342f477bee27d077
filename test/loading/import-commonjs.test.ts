/** A CommonJS library that is imported: Node 20 needs no hooks for it, and starts no thread. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');
const register = pathToFileURL(path.join(root, 'dist/register.js')).href;
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'lockdep-commonjs-'));
  const modules = path.join(folder, 'node_modules');
  // With a copy of its dependency inside it.
  cpSync(path.join(root, 'node_modules/p-limit-3'), path.join(modules, 'p-limit'), { recursive: true });
  writeFileSync(
    path.join(modules, '.package-lock.json'),
    JSON.stringify({ packages: { 'node_modules/p-limit': {} } }),
  );
});

afterAll(() => rmSync(folder, { recursive: true }));

it.each([
  ['imports', "import pLimit from 'p-limit';"],
  [
    'imports and requires',
    "import { createRequire } from 'node:module'; import other from 'p-limit'; const pLimit = createRequire(process.cwd() + '/x.js')('p-limit'); if (pLimit !== other) throw new Error('two');",
  ],
])('is watched in a program that %s it', (_how, load) => {
  const file = path.join(folder, 'main.mjs');
  writeFileSync(file, `${load}\nconst limit = pLimit(2);\nawait limit(() => limit(() => {}));\n`);
  const { NODE_ENV: _, LOCKDEP: __, ...env } = process.env;
  const { stderr, status } = spawnSync(process.execPath, ['--import', register, file], {
    cwd: folder,
    encoding: 'utf8',
    env,
  });
  expect(stderr).toContain('[nested-capacity]');
  expect(status).toBe(0);
});

it.each(['import', 'require'])(
  'is watched once where a loader compiles ES modules that are required: %s',
  (way) => {
    const esbuild = createRequire(import.meta.url).resolve('esbuild');
    writeFileSync(
      path.join(folder, 'loader.cjs'),
      `const { readFileSync } = require('node:fs');
    const { pathToFileURL } = require('node:url');
    const { transformSync } = require(${JSON.stringify(esbuild)});
    require('node:module')._extensions['.js'] = (module, file) => {
      const define = { 'import.meta.url': JSON.stringify(pathToFileURL(file).href) };
      module._compile(transformSync(readFileSync(file, 'utf8'), { format: 'cjs', define }).code, file);
    };`,
    );
    writeFileSync(
      path.join(folder, 'compiled.js'),
      `${way === 'import' ? "import pLimit from 'p-limit';" : "const pLimit = require('p-limit');"}
    const limit = pLimit(2);
    limit(() => limit(() => {}));`,
    );
    writeFileSync(
      path.join(folder, 'main.mjs'),
      `import './loader.cjs';
    ${way === 'import' ? "import pLimit from 'p-limit'; const limit = pLimit(2); limit(() => limit(() => {}));" : ''}
    await import('node:module').then(({ createRequire }) => createRequire(import.meta.url)('./compiled.js'));`,
    );
    const { NODE_ENV: _, LOCKDEP: __, ...env } = process.env;
    const { stderr } = spawnSync(process.execPath, ['--import', register, path.join(folder, 'main.mjs')], {
      cwd: folder,
      encoding: 'utf8',
      env,
    });
    const chains = [...stderr.matchAll(/^Potential exhaustion deadlock: (.*) \[nested-capacity\]$/gm)];
    expect(chains.map(([, chain]) => chain!.replaceAll(/:\d+:\d+/g, ''))).toEqual(
      way === 'import' ? ['main.mjs → main.mjs', 'compiled.js → compiled.js'] : ['compiled.js → compiled.js'],
    );
  },
);
