import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { mayDependencyImportLibrary, mayImportLibrary } from '../../src/loading/installed.ts';

let root: string;

beforeEach(() => {
  root = realpathSync(mkdtempSync(path.join(tmpdir(), 'lockdep-installed-')));
  mkdirSync(path.join(root, 'app'));
});

afterEach(() => rmSync(root, { recursive: true }));

type Manifest = Record<string, unknown>;
const COMMONJS: Manifest = { main: 'index.js' };
const MODULE: Manifest = { type: 'module' };
const BOTH: Manifest = { exports: { import: './index.mjs', require: './index.js' } };

function write(file: string, content: unknown): void {
  mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
  writeFileSync(path.join(root, file), JSON.stringify(content));
}

/** What npm writes down of its copies, and of what they depend on. */
function writeLock(...copies: (string | [copy: string, locked: object])[]): void {
  write('node_modules/.package-lock.json', {
    packages: Object.fromEntries(copies.map((copy) => (typeof copy === 'string' ? [copy, {}] : copy))),
  });
}

const cases: [name: string, prepare: () => void, expected: boolean][] = [
  ['nothing installed', () => {}, false],
  ['other libraries alone', () => writeLock('node_modules/other', 'node_modules/p-limit-other'), false],
  ['an ES module', () => (writeLock(), write('node_modules/p-limit/package.json', MODULE)), true],
  ['both forms', () => (writeLock(), write('node_modules/async-mutex/package.json', BOTH)), true],
  ['CommonJS', () => (writeLock(), write('node_modules/p-limit/package.json', COMMONJS)), false],
  [
    'an ES module inside another package',
    () => {
      const copy = 'node_modules/other/node_modules/p-limit';
      writeLock('node_modules/other', copy);
      write(`${copy}/package.json`, MODULE);
      write('node_modules/p-limit/package.json', COMMONJS);
    },
    true,
  ],
  [
    'a package that cannot be read',
    () => {
      writeLock();
      mkdirSync(path.join(root, 'node_modules/p-limit'));
    },
    true,
  ],
  [
    'an ES module in the store of pnpm',
    () => write('node_modules/.pnpm/p-limit@7.0.0/node_modules/p-limit/package.json', MODULE),
    true,
  ],
  [
    'CommonJS in the store of pnpm',
    () => write('node_modules/.pnpm/p-limit@3.0.0/node_modules/p-limit/package.json', COMMONJS),
    false,
  ],
  ['packages of which nothing is written down', () => write('node_modules/other/package.json', {}), true],
];

describe('a supported ES module may be imported', () => {
  it.each(cases)('with %s', (_name, prepare, expected) => {
    prepare();
    const elsewhere = path.join(root, '..');
    const script = path.join(root, 'app/main.js');
    writeFileSync(script, '');
    expect(mayImportLibrary(script, elsewhere)).toBe(expected);
    expect(mayImportLibrary(undefined, path.dirname(script))).toBe(expected);
  });
});

const needsLimit = { dependencies: { 'p-limit': '^7.0.0' } };
const limit = 'node_modules/p-limit';

const dependents: [name: string, prepare: () => void, expected: boolean][] = [
  ['nothing installed', () => {}, false],
  [
    'an ES module that only the project itself has',
    () => (writeLock(limit), write(`${limit}/package.json`, MODULE)),
    false,
  ],
  [
    'an ES module that another package depends on',
    () => (writeLock(limit, ['node_modules/other', needsLimit]), write(`${limit}/package.json`, MODULE)),
    true,
  ],
  [
    'an ES module that another package can make use of',
    () => (
      writeLock(limit, ['node_modules/other', { peerDependencies: { 'p-limit': '*' } }]),
      write(`${limit}/package.json`, MODULE)
    ),
    true,
  ],
  [
    'CommonJS that another package depends on',
    () => (writeLock(limit, ['node_modules/other', needsLimit]), write(`${limit}/package.json`, COMMONJS)),
    false,
  ],
  [
    'an ES module that we can make use of',
    () => (
      writeLock(limit, ['node_modules/lockdep', { peerDependencies: { 'p-limit': '*' } }]),
      write(`${limit}/package.json`, MODULE)
    ),
    false,
  ],
  [
    'an ES module of the project in the store of pnpm',
    () => write('node_modules/.pnpm/p-limit@7.0.0/node_modules/p-limit/package.json', MODULE),
    false,
  ],
  [
    'an ES module of another package in the store of pnpm',
    () => (
      write('node_modules/.pnpm/p-limit@7.0.0/node_modules/p-limit/package.json', MODULE),
      write('node_modules/.pnpm/@some+other@1.0.0/node_modules/p-limit/package.json', MODULE)
    ),
    true,
  ],
  ['packages of which nothing is written down', () => write('node_modules/other/package.json', {}), true],
];

describe('a dependency may import a supported ES module', () => {
  it.each(dependents)('with %s', (_name, prepare, expected) => {
    prepare();
    expect(mayDependencyImportLibrary(path.join(root, 'app'))).toBe(expected);
  });
});
