// What the plug-ins add to a test suite: 300 tests with real locks in six files, run with and without them.
// `npm run build && node test/bench/runners.mjs`; alternating runs of the real runners. The suite is tried with our
// own locks, which are watched without a plug-in too, and with those of async-mutex, which are not. A test does what
// tests do: it makes its fixture, starts some requests at once that take locks and wait for a timer, and looks at
// what came of it.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../..');
const folder = mkdtempSync(path.join(tmpdir(), 'lockdep-bench-'));
const ROUNDS = Number(process.env.ROUNDS ?? 7);
const FILES = 6;
const TESTS = 50;

mkdirSync(path.join(folder, 'node_modules'));
// Copied, as it is installed: what a link leads to, Vitest takes for sources of the project.
for (const name of ['dist', 'package.json'])
  cpSync(path.join(root, name), path.join(folder, 'node_modules/lockdep', name), { recursive: true });
for (const name of ['async-mutex', 'tslib'])
  cpSync(path.join(root, 'node_modules', name), path.join(folder, 'node_modules', name), { recursive: true });
symlinkSync(path.join(root, 'node_modules/vitest'), path.join(folder, 'node_modules/vitest'));
// As npm writes it down: no dependency imports a library that is watched.
const packages = Object.fromEntries(
  ['async-mutex', 'lockdep', 'vitest'].map((name) => [`node_modules/${name}`, {}]),
);
writeFileSync(path.join(folder, 'node_modules/.package-lock.json'), JSON.stringify({ packages }));
writeFileSync(path.join(folder, 'package.json'), '{ "type": "module" }');
writeFileSync(
  path.join(folder, 'with.config.js'),
  "import { lockdep } from 'lockdep/vitest';\nexport default { plugins: [lockdep()] };\n",
);
writeFileSync(path.join(folder, 'without.config.js'), 'export default {};\n');

const locks = {
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

const text = (runner, kind) => `
import assert from 'node:assert';
import { setTimeout as delay } from 'node:timers/promises';
import { test } from '${runner}';
${locks[kind]}
for (let i = 0; i < ${TESTS}; i++)
  test('test ' + i, async () => {
    const store = new Map(Array.from({ length: 1000 }, (_, id) => [id, { id, total: id * i, name: 'user ' + id }]));
    const write = (id) => run(orders, () => run(users, async () => {
      const old = structuredClone(store.get(id));
      await run(pool, () => {});
      store.set(id, { ...old, total: old.total + 1 });
    }));
    const read = (id) => run(pool, async () => {
      await delay(1);
      return JSON.parse(JSON.stringify(store.get(id)));
    });
    await Promise.all(Array.from({ length: 10 }, (_, id) => write(id)));
    const users10 = await Promise.all(Array.from({ length: 10 }, (_, id) => read(id)));
    assert.deepEqual(users10.map(({ total }) => total), users10.map(({ id }) => id * i + 1));
    assert.deepEqual([...store.keys()], Array.from({ length: 1000 }, (_, id) => id));
  });
`;
for (const kind of Object.keys(locks))
  for (let i = 0; i < FILES; i++) {
    writeFileSync(path.join(folder, `${kind}${i}.test.js`), text('vitest', kind));
    writeFileSync(path.join(folder, `${kind}${i}.node.mjs`), text('node:test', kind));
  }

const vitest = ['node_modules/vitest/vitest.mjs', 'run', '--maxWorkers=1', '--config'];
const nodeTest = ['--test', '--test-concurrency=1'];
const contenders = Object.fromEntries(
  Object.keys(locks).flatMap((kind) => {
    const files = Array.from({ length: FILES }, (_, i) => `${kind}${i}.node.mjs`);
    return [
      [
        `vitest, ${kind}`,
        [
          [...vitest, 'without.config.js', kind],
          [...vitest, 'with.config.js', kind],
        ],
      ],
      [
        `node:test, ${kind}`,
        [
          [...nodeTest, ...files],
          ['--import', 'lockdep/node-test', ...nodeTest, ...files],
        ],
      ],
    ];
  }),
);

function time(args) {
  const start = performance.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${args.join(' ')}: ${stdout}${stderr}`);
  return performance.now() - start;
}

const samples = Object.fromEntries(Object.keys(contenders).map((name) => [name, []]));
for (let round = 0; round <= ROUNDS; round++)
  for (const [name, [without, with_]] of Object.entries(contenders)) {
    // The first of a pair by turns, so that a busy moment hits both alike.
    const pair = round % 2 === 0 ? [time(without), time(with_)] : [time(with_), time(without)].reverse();
    if (round > 0) samples[name].push(pair);
  }
rmSync(folder, { recursive: true });

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];
for (const [name, pairs] of Object.entries(samples)) {
  const [without, with_] = [0, 1].map((i) => median(pairs.map((pair) => pair[i])));
  const ratio = median(pairs.map(([a, b]) => b / a));
  console.log(
    `${name}: ${without.toFixed(0)} ms without, ${with_.toFixed(0)} ms with, median ratio of pairs ${ratio.toFixed(3)}`,
  );
}
