/** On Node 20 a thread is started before a program imports anything, and not if it never does. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mayImport } from '../../src/loading/first-import.ts';

const root = path.resolve(import.meta.dirname, '../..');
const register = pathToFileURL(path.join(root, 'dist/register.js')).href;
let folder: string;

const isNode20 = process.versions.node.startsWith('20.');
const NESTED = 'async (pLimit) => { const limit = pLimit(2); await limit(() => limit(() => {})); }';

const files: Record<string, string> = {
  'dynamic.cjs': `const nest = ${NESTED};\nimport('p-limit').then((module) => nest(module.default));`,
  'with-comment.js': `const nest = ${NESTED};\nimport /* of it */ ('p-limit').then((module) => nest(module.default));`,
  'importer.cjs': `const nest = ${NESTED};\nglobalThis.begin = () => import('p-limit').then((module) => nest(module.default));`,
  'begins.cjs': 'void globalThis.begin();',
  'requires.cjs': "require('./dynamic.cjs');",
  'requires-module.cjs': "require('./static.mjs');",
  'static.mjs': `import pLimit from 'p-limit';\nconst nest = ${NESTED};\nvoid nest(pLimit);`,
  'minified.mjs': `import{default as pLimit}from'p-limit';(${NESTED})(pLimit)`,
  'exported.mjs': "export * from './static.mjs';",
  'as-text.cjs': `const nest = ${NESTED};\nnew Function('name', 'return import(name)')('p-limit').then((module) => nest(module.default));`,
  'plain.cjs': '// Would be an important export.\nmodule.exports = 0;',
  'empty.mjs': '',
  'module.js': `import pLimit from 'p-limit';\nconst nest = ${NESTED};\nvoid nest(pLimit);`,
};

beforeAll(() => {
  folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'lockdep-import-')));
  const modules = path.join(folder, 'node_modules');
  mkdirSync(modules);
  for (const name of ['p-limit', 'yocto-queue', 'async-lock'])
    cpSync(path.join(root, 'node_modules', name), path.join(modules, name), { recursive: true });
  writeFileSync(
    path.join(modules, '.package-lock.json'),
    JSON.stringify({ packages: { 'node_modules/p-limit': {}, 'node_modules/yocto-queue': {} } }),
  );
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(folder, name), text);
});

afterAll(() => rmSync(folder, { recursive: true }));

function run(args: readonly string[], isRegistered: boolean = true, before: readonly string[] = []) {
  const { NODE_ENV: _, LOCKDEP: __, NODE_OPTIONS: ___, ...env } = process.env;
  const imported = isRegistered ? register : './empty.mjs';
  return spawnSync(process.execPath, [...before, '--import', imported, ...args], {
    cwd: folder,
    encoding: 'utf8',
    env,
  });
}

const inWorker =
  "const { Worker } = require('node:worker_threads'); new Worker('./static.mjs'.replace('./', process.cwd() + '/'));";

describe('an ES module is watched', () => {
  it.each([
    ['by a CommonJS program', ['dynamic.cjs']],
    ['with a comment in between', ['with-comment.js']],
    ['without the extension of the program', ['with-comment']],
    ['by a CommonJS module of the program', ['requires.cjs']],
    ['by an ES module', ['static.mjs']],
    ['by an ES module in one line', ['minified.mjs']],
    ['by what an ES module exports', ['exported.mjs']],
    ['by code made of text', ['as-text.cjs']],
    ['by an ES module of which nothing says that it is one', ['module.js']],
    ['by code that is given', ['--input-type=module', '--eval', files['module.js']!]],
    ['by code that is given, with arguments', ['--eval', files['dynamic.cjs']!, 'plain.cjs']],
    ['before the program', ['--import', './static.mjs', 'plain.cjs']],
    ['by what was loaded before us', ['begins.cjs'], ['--require', './importer.cjs']],
    ['in a worker', ['--eval', inWorker]],
  ])('that is imported %s', (_how, args, before: readonly string[] = []) => {
    const { stderr } = run(args, true, before);
    expect(stderr).toContain('[nested-capacity]');
  });

  // Node 20 has no hook of any thread for what such a module imports.
  it.skipIf(isNode20)('that is imported by an ES module that is required', () => {
    expect(run(['requires-module.cjs']).stderr).toContain('[nested-capacity]');
  });
});

/** Threads of a process at the end of a program. */
const COUNT = "console.log(require('node:fs').readdirSync('/proc/self/task').length);";
describe.runIf(process.platform === 'linux' && isNode20)('a thread is started', () => {
  const countThreads = (text: string, isRegistered: boolean): number =>
    Number(run(['--eval', `${text};${COUNT}`], isRegistered).stdout);

  it('for a program that imports', () => {
    const text = "process.argv.length > 9 && import('p-limit')";
    expect(countThreads(text, true)).toBeGreaterThan(countThreads(text, false));
  });

  it('for none that does not', () => {
    const text = "require('./plain.cjs'); require('async-lock')";
    expect(countThreads(text, true)).toBe(countThreads(text, false));
  });
});

describe('text that may import', () => {
  it.each([
    "import 'a'",
    'import"a"',
    "import a from 'a'",
    "import a, { b } from 'a'",
    "import é from 'a'",
    "import { a } from 'a'",
    "import{a}from'a'",
    "import * as a from 'a'",
    'import(name)',
    "import ('a')",
    "import\n(\n'a')",
    "import/* a */('a')",
    "import // a\n('a')",
    'import(`a`)',
    "export * from 'a'",
    "export { a } from 'a'",
    "export{a}from'a'",
    "foo();import a from'a'",
    "await import('a')",
    "'return import(a)'",
  ])('%s', (text) => expect(mayImport(text)).toBe(true));

  it.each([
    '',
    'import.meta.url',
    'const a = __importDefault(require("a"))',
    '// an important export of ours',
    'exports.a = 1; module.exports = {}',
    'export const a = 1',
    'export default a',
    '/* how to import it */',
    'reimport(a)',
    'a.imports(b)',
  ])('not %s', (text) => expect(mayImport(text)).toBe(false));
});
