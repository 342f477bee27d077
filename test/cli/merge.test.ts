import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Snapshot } from '../../src/validator/snapshot-format.ts';
import { edge, lockClass, snapshot, stack } from '../report/snapshots.ts';
import { makeFolder, runCli } from './command.ts';

/** A folder with two runs, each with one order of the same locks. */
function makeRuns(): string {
  const cwd = makeFolder();
  const classes = [lockClass('orders'), lockClass('users')];
  const places = { held: stack('app.ts:1:1'), requested: stack('app.ts:2:3') };
  const runs = { 'a.json': ['orders', 'users'], 'b.json': ['users', 'orders'] } as const;
  for (const [file, [from, to]] of Object.entries(runs)) {
    const run = snapshot({ inputs: [{ id: file, runs: 1 }], classes, edges: [edge(from, to, places)] });
    writeFileSync(path.join(cwd, file), JSON.stringify(run));
  }
  writeFileSync(path.join(cwd, 'app.ts'), 'await first();\n  await second();\n');
  return cwd;
}

const REPORT = `Potential deadlock: orders → users → orders [circular-dependency]

  orders → users       seen once, in a.json
    orders held since  app.ts:1:1  await first();
    users asked for    app.ts:2:3  await second();
  users → orders       seen once, in b.json
    users held since   app.ts:1:1  await first();
    orders asked for   app.ts:2:3  await second();

  No single input has all of it; they have it together.
  Two flows are enough: one in each order, at the same time.
  Fix: take "users" first in app.ts:1, and keep to that order everywhere.

1 finding: 1 error (2 classes, 2 edges)
`;

describe('lockdep report of several snapshots', () => {
  test('finds what only they together have, says where each edge is from, and fails', () => {
    const cwd = makeRuns();
    expect(runCli(['report', 'a.json', 'b.json'], { cwd })).toEqual({
      stdout: REPORT,
      stderr: '',
      status: 1,
      signal: null,
    });
  });

  test('is the same in another order, and with one of them twice', () => {
    const cwd = makeRuns();
    expect(runCli(['report', 'b.json', 'a.json', 'b.json'], { cwd }).stdout).toBe(REPORT);
  });

  test('of one alone is that one', () => {
    const cwd = makeRuns();
    const { stdout, status } = runCli(['report', 'a.json'], { cwd });
    expect([stdout, status]).toEqual(['No findings (2 classes, 1 edge).\n', 0]);
  });
});

describe('lockdep merge', () => {
  test('writes a snapshot that reports the same, and does not fail', () => {
    const cwd = makeRuns();
    const merged = runCli(['merge', '-o', 'all.json', 'a.json', 'b.json'], { cwd });
    expect(merged).toEqual({ stdout: '', stderr: '', status: 0, signal: null });
    expect(readdirSync(cwd).sort()).toEqual(['a.json', 'all.json', 'app.ts', 'b.json']);
    expect(runCli(['report', 'all.json'], { cwd })).toMatchObject({ stdout: REPORT, status: 1 });
  });

  test('gives the same bytes whatever was merged before, on stdout too', () => {
    const cwd = makeRuns();
    runCli(['merge', '-o', 'all.json', 'a.json', 'b.json'], { cwd });
    const text = readFileSync(path.join(cwd, 'all.json'), 'utf8');
    expect(runCli(['merge', 'all.json', 'b.json', 'a.json', 'all.json'], { cwd })).toEqual({
      stdout: text,
      stderr: '',
      status: 0,
      signal: null,
    });
    expect((JSON.parse(text) as Snapshot).inputs).toEqual([
      { id: 'a.json', runs: 1, name: 'a.json' },
      { id: 'b.json', runs: 1, name: 'b.json' },
    ]);
  });

  test('leaves the old file when one of the snapshots is no good', () => {
    const cwd = makeRuns();
    writeFileSync(path.join(cwd, 'all.json'), 'old');
    expect(runCli(['merge', '-o', 'all.json', 'a.json', 'app.ts'], { cwd })).toEqual({
      stdout: '',
      stderr: 'lockdep: Expected app.ts to be a snapshot, got text that is not JSON\n',
      status: 2,
      signal: null,
    });
    expect(readFileSync(path.join(cwd, 'all.json'), 'utf8')).toBe('old');
  });
});
