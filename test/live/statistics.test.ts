/** How long locks are waited for and held. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { Mutex, Validator, collectStatistics } from '../../src/index.ts';
import type { SnapshotClass } from '../../src/index.ts';
import { formatStatistics } from '../../src/report/statistics-text.ts';
import { makeFolder, runCli } from '../cli/command.ts';
import { lockClass, snapshot } from '../report/snapshots.ts';
import { nothing, sleep } from './support.ts';

async function contend(validator: Validator): Promise<SnapshotClass> {
  const a = new Mutex({ name: 'A', validator });
  const first = a.run(() => sleep(20));
  await Promise.all([first, a.run(nothing), a.run(nothing), a.run(nothing)]);
  for (let i = 0; i < 400; i++) await a.run(nothing);
  return validator.snapshot().classes[0]!;
}

describe('statistics', () => {
  test('time each acquisition, with percentiles and the worst places', async () => {
    const validator = new Validator();
    collectStatistics(validator);
    const { acquisitions, contentions, waitMs, holdMs } = await contend(validator);
    expect([acquisitions, contentions, waitMs.count, holdMs.count]).toEqual([404, 3, 3, 404]);
    // A timer may come a little early.
    expect(waitMs.p50).toBeGreaterThan(15);
    expect(waitMs.p99).toBeGreaterThanOrEqual(waitMs.p50!);
    expect(holdMs.max).toBeGreaterThan(15);
    expect(holdMs.p50).toBeLessThan(holdMs.max);
    for (const { at } of [waitMs, holdMs]) expect(at).toMatch(/^test\/live\/statistics\.test\.ts:\d+:\d+$/);
    expect(waitMs.at).not.toBe(holdMs.at);
  });

  test('end when they are stopped', async () => {
    const validator = new Validator();
    collectStatistics(validator)();
    expect(validator.engine.observer).toBe(null);
    const { waitMs, holdMs } = await contend(validator);
    expect([waitMs.p50, holdMs.p50, holdMs.at]).toEqual([undefined, undefined, undefined]);
  });

  test('without, times are sampled, and the longest wait is known all the same', async () => {
    const { waitMs, holdMs } = await contend(new Validator());
    expect(waitMs.max).toBeGreaterThan(15);
    expect(holdMs.max).toBeGreaterThan(15);
    expect(waitMs).toEqual({ max: expect.any(Number) as number, mean: expect.any(Number) as number });
  });

  test('are forgotten at a reset', async () => {
    const validator = new Validator();
    collectStatistics(validator);
    await contend(validator);
    validator.reset();
    expect(validator.snapshot().classes).toMatchObject([{ acquisitions: 0, holdMs: { max: 0, count: 0 } }]);
  });
});

test('the table puts first what is waited for most', () => {
  const times = { count: 2, p50: 1.5, p95: 20, p99: 3000, max: 3000, mean: 100, at: 'src/a.ts:1:2' };
  const none = { count: 0, max: 0, mean: 0 };
  const text = formatStatistics(
    snapshot({
      classes: [
        lockClass('calm', { waitMs: none, holdMs: { ...times, at: 'src/c.ts:3:4' } }),
        lockClass('busy', { acquisitions: 10, contentions: 2, waitMs: times, holdMs: times }),
        lockClass('untimed'),
      ],
    }),
  );
  expect(text).toBe(`Lock statistics, in milliseconds

        taken  waited  wait p50   p95   p99   max  hold p50   p95   p99   max
  busy     10       2     1.500  20.0  3000  3000     1.500  20.0  3000  3000
    longest wait at src/a.ts:1:2
    longest hold since src/a.ts:1:2
  calm      1       0         -     -     -     -     1.500  20.0  3000  3000
    longest hold since src/c.ts:3:4
`);
});

describe('lockdep run --stat', () => {
  const library = JSON.stringify(new URL('../../dist/index.js', import.meta.url).href);
  const source = `import { Mutex } from ${library};
const a = new Mutex({ name: 'A' });
await Promise.all([a.run(() => {}), a.run(() => {})]);
console.log(process.env.LOCKDEP_RUN_STAT);
`;

  function run(...args: string[]): { stdout: string; stderr: string } {
    const cwd = makeFolder();
    writeFileSync(path.join(cwd, 'app.mjs'), source);
    return runCli(['run', '--stat', ...args, 'app.mjs'], { cwd });
  }

  test('prints the table after the report', () => {
    const { stdout, stderr } = run();
    expect(stderr).toMatch(/^No findings [^\n]*\n\nLock statistics, in milliseconds\n/);
    expect(stderr).toMatch(/^ {2}A +2 +1 +\d[^\n]*\n {4}longest wait at app\.mjs:3:\d+$/m);
    expect(stdout).toBe('undefined\n');
  });

  test('leaves a report that is not for readers alone', () => {
    const { stderr } = run('--format', 'json');
    expect(JSON.parse(stderr)).toMatchObject({ classes: [{ name: 'A', holdMs: { count: 2 } }] });
  });
});
