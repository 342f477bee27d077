/** Places are those of the source that was written, however it came to run. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { transformSync } from 'esbuild';
import { describe, expect, test } from 'vitest';
import { Mutex, Validator } from 'lockdep';
import { makeFolder, runNode } from '../cli/command.ts';

const root = path.resolve(import.meta.dirname, '../..');

/** The lock is made in line 6, and in line 2 or 3 of what runs: the types are gone. */
const SOURCE = `import { Mutex } from 'lockdep';
interface Unused {
  a: string;
}

export const lock: Mutex = new Mutex();
`;
const HERE = 'src/a.ts:6:28';
const SHOW = `import { validator } from 'lockdep';
console.log(validator.snapshot().classes.map(({ name }) => name).join());
`;

interface RawMap {
  version: number;
  sources: string[];
  mappings: string;
  [key: string]: unknown;
}

const { code, map } = transformSync(SOURCE, {
  loader: 'ts',
  format: 'esm',
  sourcemap: true,
  sourcefile: '../src/a.ts',
});
const plain = JSON.parse(map) as RawMap;
/** A line stands before what was compiled. */
const shifted: RawMap = { ...plain, mappings: `;${plain.mappings}` };
const index = { version: 3, sections: [{ offset: { line: 1, column: 0 }, map: plain }] };
const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64');

interface Case {
  name: string;
  /** What stands in the comment; the map beside the file if nothing. */
  url?: string;
  map?: object | string;
  file?: string;
  at?: string;
}

const cases: Case[] = [
  { name: 'a map beside the file', map: shifted },
  { name: 'a map in the file', url: `data:application/json;charset=utf-8;base64,${encode(shifted)}` },
  {
    name: 'a map in the file that is not base64',
    url: `data:application/json,${encodeURIComponent(JSON.stringify(shifted)).replaceAll("'", '%27')}`,
  },
  { name: 'an index map', map: index },
  { name: 'an index map in the file', url: `data:application/json;base64,${encode(index)}` },
  { name: 'sources below a root', map: { ...shifted, sourceRoot: '../src/', sources: ['a.ts'] } },
  { name: 'an absolute path', map: { ...shifted, sources: ['FOLDER/src/a.ts'] } },
  { name: 'a file address', map: { ...shifted, sources: ['FOLDER_URL/src/a.ts'] } },
  { name: "a bundler's address", map: { ...shifted, sources: ['webpack://app/./src/a.ts'] } },
  {
    name: 'names with spaces',
    file: 'the code',
    map: { ...shifted, sources: ['../src/the%20code.ts'] },
    at: 'src/the code.ts:6:28',
  },
  { name: 'a map that scripts cannot read', map: `)]}'\n${JSON.stringify(shifted)}` },
  { name: 'a map that is not there', url: 'nothing.map', at: 'dist/code.mjs:3:14' },
  { name: 'a broken map', map: { version: 3, mappings: 5 }, at: 'dist/code.mjs:3:14' },
  { name: 'a map that is no JSON', map: 'no', at: 'dist/code.mjs:3:14' },
];

/** Node takes the mapping of an earlier line for it. */
const unmappedLine: Case = {
  name: 'a map without this line',
  map: { ...shifted, mappings: 'AAAA' },
  at: 'dist/code.mjs:3:14',
};

function makeProject(): string {
  const folder = makeFolder();
  for (const each of ['src', 'dist', 'node_modules']) mkdirSync(path.join(folder, each));
  symlinkSync(root, path.join(folder, 'node_modules/lockdep'), 'dir');
  writeFileSync(path.join(folder, 'src/a.ts'), SOURCE);
  return folder;
}

function show(folder: string, file: string, ...options: string[]): string {
  const { stdout, stderr } = runNode([...options, file], { cwd: folder });
  return stdout.trim() || stderr;
}

function writeCase({ url, map: beside, file = 'code' }: Case, folder: string): string {
  const target = `dist/${file}.mjs`;
  const address = url ?? `${encodeURIComponent(file)}.mjs.map`;
  writeFileSync(
    path.join(folder, target),
    `// made by a tool\n${code}${SHOW}//# sourceMappingURL=${address}\n`,
  );
  if (beside !== undefined) {
    const text = typeof beside === 'string' ? beside : JSON.stringify(beside);
    const filled = text.replace('FOLDER_URL', pathToFileURL(folder).href).replace('FOLDER', folder);
    writeFileSync(path.join(folder, `${target}.map`), filled);
  }
  return target;
}

describe('a place in compiled code', () => {
  test.for([...cases, unmappedLine])('with $name', (each) => {
    const folder = makeProject();
    expect(show(folder, writeCase(each, folder))).toBe(each.at ?? HERE);
  });

  test.for(cases)('with $name, which Node maps too, is not mapped twice', (each) => {
    const folder = makeProject();
    expect(show(folder, writeCase(each, folder), '--enable-source-maps')).toBe(each.at ?? HERE);
  });
});

describe('a place in code that was transpiled in memory', () => {
  test('is that of the source, where the loader turns source maps on', () => {
    const folder = makeProject();
    writeFileSync(path.join(folder, 'package.json'), '{}');
    writeFileSync(
      path.join(folder, 'run.cjs'),
      `const { transformSync } = require(${JSON.stringify(path.join(root, 'node_modules/esbuild'))});
const { readFileSync } = require('node:fs');
process.setSourceMapsEnabled(true);
require.extensions['.ts'] = (module, file) => {
  const { code } = transformSync(readFileSync(file, 'utf8'), {
    loader: 'ts', format: 'cjs', sourcemap: 'inline', sourcefile: file,
  });
  module._compile(code, file);
};
require('./src/a.ts');
const { validator } = require('lockdep');
console.log(validator.snapshot().classes.map(({ name }) => name).join());
`,
    );
    expect(show(folder, 'run.cjs')).toBe(HERE);
  });

  test('is that of the source in a test runner', () => {
    const validator = new Validator({ policy: 'collect' });
    const line = Number(/:(\d+):\d+\)?$/.exec(new Error('here').stack?.split('\n')[1] ?? '')?.[1]);
    const lock = new Mutex({ validator });
    expect(lock.tryAcquire()).toBeDefined();
    const [{ name } = { name: '' }] = validator.snapshot().classes;
    expect(name).toMatch(/^test\/validator\/source-maps\.test\.ts:\d+:\d+$/);
    expect(name.split(':')[1]).toBe(String(line + 1));
  });
});
