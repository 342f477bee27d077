// What the plug-ins add to a test suite: 300 tests with real locks in six files, run with and without them.
// `npm run build && node test/bench/runners.mjs [FILTER]`; alternating runs of the real runners, their processor time
// with that of all their processes, and the time that passes. The suite is tried with our own locks, which are watched
// without a plug-in too, and with those of async-mutex, which are not. Its tests are of two sizes: `brief` ones, of a
// millisecond or two, so that what a process costs at its start weighs most; and `usual` ones, which read and write
// files and wait for timers, as tests of programs do.
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../..');
const fixtures = path.join(root, 'fixtures/runners');
const folder = mkdtempSync(path.join(tmpdir(), 'lockdep-bench-'));
const modules = path.join(folder, 'node_modules');
const ROUNDS = Number(process.env.ROUNDS ?? 7);
const FILTER = new RegExp(process.argv[2] ?? '', 'u');
const FILES = 6;
const TESTS = 50;
const TICKS_PER_SECOND = 100;

/** The runners, of which the fixtures have several versions. */
const ALIASES = { vitest: 'vitest-4', jest: 'jest-30', mocha: 'mocha-11' };

mkdirSync(modules);
// Copied, as it is installed: what a link leads to, Vitest takes for sources of the project.
for (const name of ['dist', 'package.json'])
  cpSync(path.join(root, name), path.join(modules, 'lockdep', name), { recursive: true });
for (const name of ['async-mutex', 'tslib'])
  cpSync(path.join(root, 'node_modules', name), path.join(modules, name), { recursive: true });
const installed = path.join(fixtures, 'node_modules');
for (const name of readdirSync(installed))
  if (!existsSync(path.join(modules, name)) && !/^(?:vitest|jest|mocha)-/u.test(name))
    symlinkSync(path.join(installed, name), path.join(modules, name));
// A runner looks for plug-ins from where it really is.
for (const [name, alias] of Object.entries(ALIASES))
  for (const each of readdirSync(path.join(installed, alias))) {
    const target = path.join(modules, name, each);
    if (each === 'node_modules') symlinkSync(path.join(installed, alias, each), target);
    else cpSync(path.join(installed, alias, each), target, { recursive: true });
  }
// As npm writes it down: no dependency imports a library that is watched.
const packages = Object.fromEntries(
  ['async-mutex', 'lockdep', 'vitest'].map((name) => [`node_modules/${name}`, {}]),
);
writeFileSync(path.join(modules, '.package-lock.json'), JSON.stringify({ packages }));
writeFileSync(path.join(folder, 'package.json'), '{}');
writeFileSync(
  path.join(folder, 'with.config.mjs'),
  "import { lockdep } from 'lockdep/vitest';\nexport default { plugins: [lockdep()] };\n",
);
writeFileSync(path.join(folder, 'without.config.mjs'), 'export default {};\n');
const jestConfig = { testMatch: ['**/*.jest.js'], transform: {} };
writeFileSync(
  path.join(folder, 'with.jest.json'),
  JSON.stringify({ ...jestConfig, preset: 'lockdep/jest', rootDir: folder }),
);
writeFileSync(
  path.join(folder, 'without.jest.json'),
  JSON.stringify({
    ...jestConfig,
    rootDir: folder,
    moduleNameMapper: { '^lockdep$': path.join(modules, 'lockdep/dist/cjs/index.cjs') },
  }),
);

const LOCKS = {
  own: `import { Mutex, Semaphore } from 'lockdep';
const run = (lock, fn) => lock.run(fn);
const orders = new Mutex({ name: 'orders' });
const users = new Mutex({ name: 'users' });
const pool = new Semaphore({ name: 'pool', permits: 4 });`,
  library: `import { Mutex, Semaphore } from 'async-mutex';
const run = (lock, fn) => lock.runExclusive(fn);
const orders = new Mutex();
const users = new Mutex();
const pool = new Semaphore(4);`,
};

/** What a test does beside its locks, ten times each way: how it stores and how it loads an object. */
const SIZES = {
  brief: `const open = () => ({ save: async () => {}, load: () => delay(1), close: () => {} });`,
  usual: `const open = () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'lockdep-bench-store-'));
  const file = (id) => path.join(folder, id + '.json');
  return {
    save: (id, value) => fs.promises.writeFile(file(id), JSON.stringify(value)),
    load: async (id) => {
      await delay(2);
      return JSON.parse(await fs.promises.readFile(file(id), 'utf8'));
    },
    close: () => fs.rmSync(folder, { recursive: true }),
  };
};`,
};

const text = (source, kind, size) => `
import assert from 'node:assert';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
${source}
${LOCKS[kind]}
${SIZES[size]}
for (let i = 0; i < ${TESTS}; i++)
  test('test ' + i, async () => {
    const disk = open();
    const store = new Map(Array.from({ length: 1000 }, (_, id) => [id, { id, total: id * i, name: 'user ' + id }]));
    const write = (id) => run(orders, () => run(users, async () => {
      const old = structuredClone(store.get(id));
      await run(pool, () => disk.save(id, old));
      store.set(id, { ...old, total: old.total + 1 });
    }));
    const read = (id) => run(pool, async () => {
      await disk.load(id);
      return JSON.parse(JSON.stringify(store.get(id)));
    });
    await Promise.all(Array.from({ length: 10 }, (_, id) => write(id)));
    const users10 = await Promise.all(Array.from({ length: 10 }, (_, id) => read(id)));
    assert.deepEqual(users10.map(({ total }) => total), users10.map(({ id }) => id * i + 1));
    assert.deepEqual([...store.keys()], Array.from({ length: 1000 }, (_, id) => id));
    disk.close();
  });
`;

/** Jest has CommonJS in its sandbox. */
const toCommonJs = (code) =>
  code.replaceAll(
    /^import (?<names>\{.*?\}|\w+) from '(?<from>.*)';$/gmu,
    (_, names, from) => `const ${names.replace(' as ', ': ')} = require('${from}');`,
  );

/** The files of each runner, and its commands without and with the plug-in. */
const RUNNERS = {
  vitest: {
    extension: 'test.mjs',
    source: "import { test } from 'vitest';",
    commands: (_, filter) =>
      ['without', 'with'].map((each) => [
        'node_modules/vitest/vitest.mjs',
        'run',
        '--maxWorkers=1',
        '--config',
        `${each}.config.mjs`,
        filter,
      ]),
  },
  jest: {
    extension: 'jest.js',
    source: '',
    commands: (_, filter) =>
      ['without', 'with'].map((each) => [
        'node_modules/jest/bin/jest.js',
        '--maxWorkers=1',
        '--config',
        `${each}.jest.json`,
        filter,
      ]),
  },
  mocha: {
    extension: 'mocha.mjs',
    source: 'const test = globalThis.it;',
    commands: (files) => {
      const mocha = ['node_modules/mocha/bin/mocha.js', '--timeout=60000'];
      return [
        [...mocha, ...files],
        [...mocha, '--require', 'lockdep/mocha', ...files],
      ];
    },
  },
  'node:test': {
    extension: 'node.mjs',
    source: "import { test } from 'node:test';",
    commands: (files) => {
      const nodeTest = ['--test', '--test-concurrency=1'];
      return [
        [...nodeTest, ...files],
        ['--import', 'lockdep/node-test', ...nodeTest, ...files],
      ];
    },
  },
};

const contenders = new Map();
for (const [runner, { extension, source, commands }] of Object.entries(RUNNERS))
  for (const kind of Object.keys(LOCKS))
    for (const size of Object.keys(SIZES)) {
      const name = `${runner}, ${kind}, ${size}`;
      if (!FILTER.test(name)) continue;
      const files = Array.from({ length: FILES }, (_, i) => `${kind}-${size}-${i}.${extension}`);
      const code = text(source, kind, size);
      for (const file of files)
        writeFileSync(path.join(folder, file), runner === 'jest' ? toCommonJs(code) : code);
      contenders.set(name, commands(files, `${kind}-${size}-`));
    }

/** Of all processes that have ended and were waited for, theirs too; where the system tells it. */
function processorMs() {
  if (process.platform !== 'linux') return Number.NaN;
  const fields = readFileSync('/proc/self/stat', 'utf8')
    .replace(/^.*\) /su, '')
    .split(' ');
  return ((Number(fields[13]) + Number(fields[14])) * 1000) / TICKS_PER_SECOND;
}

function measure(args) {
  const [start, before] = [performance.now(), processorMs()];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${args.join(' ')}: ${stdout}${stderr}`);
  return { passed: performance.now() - start, processor: processorMs() - before };
}

const samples = new Map([...contenders.keys()].map((name) => [name, []]));
for (let round = 0; round <= ROUNDS; round++)
  for (const [name, [without, with_]] of contenders) {
    // The first of a pair by turns, so that a busy moment hits both alike.
    const pair =
      round % 2 === 0 ? [measure(without), measure(with_)] : [measure(with_), measure(without)].reverse();
    if (round > 0) samples.get(name).push(pair);
  }
rmSync(folder, { recursive: true });

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];
const shown = (value) => value.toFixed(0).padStart(6);
console.log(
  `Node ${process.versions.node}, ${ROUNDS} pairs; ms without and with, ratio: medians, then the least`,
);
for (const [name, pairs] of samples)
  for (const kind of ['processor', 'passed']) {
    const columns = [median, (values) => Math.min(...values)].flatMap((summary) => {
      const [without, with_] = [0, 1].map((i) => summary(pairs.map((pair) => pair[i][kind])));
      return [shown(without), shown(with_), ` ${(with_ / without).toFixed(2)}`];
    });
    console.log(`${name.padEnd(26)} ${kind.padEnd(9)} ${columns.join(' ')}`);
  }
