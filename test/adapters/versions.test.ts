/** Libraries that are not there, or of a version that nobody has tried: by every entry, and under `register`. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Adapter } from '../../src/adapters/shared/adapter.ts';
import { libraries } from '../../src/adapters/shared/libraries.ts';
import { formatRange } from '../../src/adapters/shared/versions.ts';

const root = path.resolve(import.meta.dirname, '../..');
const names = Object.keys(libraries);
let folder: string;

beforeAll(() => {
  // Outside of the repository, where every library is found.
  folder = mkdtempSync(path.join(tmpdir(), 'lockdep-versions-'));
  const modules = path.join(folder, 'node_modules');
  mkdirSync(path.join(modules, 'lockdep'), { recursive: true });
  for (const each of ['dist', 'package.json'])
    cpSync(path.join(root, each), path.join(modules, 'lockdep', each), { recursive: true });
  for (const each of ['graphology', 'graphology-dag'])
    symlinkSync(path.join(root, 'node_modules', each), path.join(modules, each));
});

afterAll(() => rmSync(folder, { recursive: true }));

function run(script: string, options: string[] = [], env: NodeJS.ProcessEnv = {}) {
  const { NODE_ENV: _, LOCKDEP: __, NODE_OPTIONS: ___, ...inherited } = process.env;
  const file = path.join(folder, script.includes('require(') ? 'main.cjs' : 'main.mjs');
  writeFileSync(file, script);
  return spawnSync(process.execPath, [...options, file], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...inherited, ...env },
  });
}

it('an entry whose library is not installed says so, and what to do, in one line', () => {
  const { stdout } = run(`
    for (const name of ${JSON.stringify(names)})
      await import('lockdep/' + name).then(
        () => console.log(name, 'is there'),
        ({ code, message }) => console.log(code + ': ' + message),
      );`);
  expect(stdout.trimEnd().split('\n')).toEqual(
    names.map(
      (name) =>
        `ERR_NOT_INSTALLED: Expected ${name} to be installed, since lockdep/${name} watches it, but it is not found. Install it with: npm install ${name}`,
    ),
  );
});

function install(name: string, version: string, source: string): void {
  const own = path.join(folder, 'node_modules', name);
  mkdirSync(own, { recursive: true });
  writeFileSync(path.join(own, 'package.json'), JSON.stringify({ name, version, main: 'index.js' }));
  writeFileSync(path.join(own, 'index.js'), source);
}

const warnings = (stderr: string): string[] =>
  [...stderr.matchAll(/^\(node:\d+\) \[LOCKDEP_VERSION\] Warning: (.*)$/gm)].map(([, text]) => text!);

it('a version that was not tested is left alone, with one warning for each library', async () => {
  for (const name of names) install(name, '99.0.0', 'exports.isUntouched = true;');
  const load = `
    for (const name of ${JSON.stringify(names)})
      for (let i = 0; i < 2; i++) {
        const { isUntouched } = require(name);
        if (!isUntouched || Object.keys(require(name)).length !== 1) throw new Error(name);
      }`;
  const expected: string[] = [];
  for (const name of names) {
    const { adapter } = (await import(`../../src/adapters/${name}.ts`)) as { adapter: Adapter };
    const range = formatRange(adapter.versions);
    expected.push(
      `${name}@99.0.0 is not watched: lockdep was tested with ${range}. Set LOCKDEP_UNTESTED=${name} to watch it all the same.`,
    );
  }
  const { stderr, status } = run(load, ['--import', 'lockdep/register']);
  expect(status).toBe(0);
  expect(warnings(stderr)).toEqual(expected);
  const entries = run(`for (const name of ${JSON.stringify(names)}) await import('lockdep/' + name);`);
  expect(entries.status).toBe(0);
  expect(warnings(entries.stderr)).toEqual(expected);
});

it.each(['async-mutex, await-semaphore', 'all'])(
  'is watched all the same when LOCKDEP_UNTESTED is %s',
  (wanted) => {
    const name = 'await-semaphore';
    install(
      name,
      '99.0.0',
      `exports.Semaphore = require(${JSON.stringify(path.join(root, 'node_modules', name))}).Semaphore;`,
    );
    const use = `
    const { Semaphore } = require('${name}');
    const semaphore = new Semaphore(2);
    void semaphore.use(() => semaphore.use(async () => {}));`;
    const { stderr } = run(use, ['--import', 'lockdep/register'], { LOCKDEP_UNTESTED: wanted });
    expect(warnings(stderr)).toEqual([
      `${name}@99.0.0 is watched, though lockdep was tested with >=0.1.3 <0.2.0 only.`,
    ]);
    expect(stderr).toContain('[nested-capacity]');
  },
);
