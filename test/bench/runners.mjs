// What the plug-ins add to a test suite: 300 tests with real locks in six files, run with and without them.
// `npm run build && node test/bench/runners.mjs`; medians of alternating runs of the real runners, in milliseconds.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../..');
const folder = mkdtempSync(path.join(tmpdir(), 'lockdep-bench-'));
const ROUNDS = 5;
const FILES = 6;
const TESTS = 50;

mkdirSync(path.join(folder, 'node_modules'));
symlinkSync(root, path.join(folder, 'node_modules/lockdep'));
symlinkSync(path.join(root, 'node_modules/vitest'), path.join(folder, 'node_modules/vitest'));
writeFileSync(path.join(folder, 'package.json'), '{ "type": "module" }');
writeFileSync(
  path.join(folder, 'with.config.js'),
  "import { lockdep } from 'lockdep/vitest';\nexport default { plugins: [lockdep()] };\n",
);
writeFileSync(path.join(folder, 'without.config.js'), 'export default {};\n');

const text = (runner) => `
import { setTimeout as sleep } from 'node:timers/promises';
import { Mutex, Semaphore } from 'lockdep';
import { test } from '${runner}';
const orders = new Mutex({ name: 'orders' });
const users = new Mutex({ name: 'users' });
const pool = new Semaphore({ name: 'pool', permits: 4 });
for (let i = 0; i < ${TESTS}; i++)
  test('test ' + i, async () => {
    await Promise.all(Array.from({ length: 20 }, () => orders.run(() => users.run(() => pool.run(() => {})))));
    await sleep(2);
  });
`;
for (let i = 0; i < FILES; i++) {
  writeFileSync(path.join(folder, `v${i}.test.js`), text('vitest'));
  writeFileSync(path.join(folder, `n${i}.spec.mjs`), text('node:test'));
}

const vitest = ['node_modules/vitest/vitest.mjs', 'run', '--maxWorkers=1', '--config'];
const nodeFiles = Array.from({ length: FILES }, (_, i) => `n${i}.spec.mjs`);
const contenders = {
  'vitest without': [...vitest, 'without.config.js', 'v'],
  'vitest with': [...vitest, 'with.config.js', 'v'],
  'node:test without': ['--test', '--test-concurrency=1', ...nodeFiles],
  'node:test with': ['--import', 'lockdep/node-test', '--test', '--test-concurrency=1', ...nodeFiles],
};
const samples = Object.fromEntries(Object.keys(contenders).map((name) => [name, []]));
for (let round = 0; round <= ROUNDS; round++) {
  for (const [name, args] of Object.entries(contenders)) {
    const start = performance.now();
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
    if (status !== 0) throw new Error(`${name}: ${stdout}${stderr}`);
    if (round > 0) samples[name].push(performance.now() - start);
  }
}
rmSync(folder, { recursive: true });

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];
for (const runner of ['vitest', 'node:test']) {
  const [without, with_] = [median(samples[`${runner} without`]), median(samples[`${runner} with`])];
  console.log(
    `${runner}: ${without.toFixed(0)} without, ${with_.toFixed(0)} with, ratio ${(with_ / without).toFixed(3)}`,
  );
}
