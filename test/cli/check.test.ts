import { readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Snapshot } from '../../src/index.ts';
import { makeFolder, runCli } from './command.ts';

const ab = 'T1|acq(A)|1\nT1|acq(B)|2\nT1|rel(B)|3\nT1|rel(A)|4\n';
const ba = 'T1|acq(B)|1\nT1|acq(A)|2\nT1|rel(A)|3\nT1|rel(B)|4\n';

const report = `Potential deadlock: A → B → A [circular-dependency]

  A → B           seen once
    A held since  ab.trace:1:1  T1|acq(A)|1
    B asked for   ab.trace:2:1  T1|acq(B)|2
  B → A           seen once
    B held since  ba.trace:1:1  T1|acq(B)|1
    A asked for   ba.trace:2:1  T1|acq(A)|2

  Two flows are enough: one in each order, at the same time.
  Fix: take "B" first in ab.trace:1, and keep to that order everywhere.

1 finding: 1 error (2 classes, 2 edges)
`;

function makeTraces(files: Record<string, string>): string {
  const cwd = makeFolder();
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(cwd, name), text);
  return cwd;
}

describe('lockdep check', () => {
  test('makes one graph of several traces, and fails at an error', () => {
    const cwd = makeTraces({ 'ab.trace': ab, 'ba.trace': ba });
    expect(runCli(['check', 'ab.trace', 'ba.trace'], { cwd })).toEqual({
      stdout: report,
      stderr: '',
      status: 1,
      signal: null,
    });
  });

  test('of one order is clean', () => {
    const cwd = makeTraces({ 'ab.trace': ab });
    expect(runCli(['check', 'ab.trace', 'ab.trace'], { cwd })).toEqual({
      stdout: 'No findings (2 classes, 1 edge).\n',
      stderr: '',
      status: 0,
      signal: null,
    });
  });

  test('reads stdin, with any line breaks and none at the end', () => {
    const input = (ab + ba.replaceAll('T1', 'T2')).replaceAll('\n', '\r\n').trimEnd();
    const { stdout, status } = runCli(['check', '--format', 'json', '-'], { input });
    expect(status).toBe(1);
    const { findings, edges } = JSON.parse(stdout) as Snapshot;
    expect(findings.map(({ chain }) => chain)).toEqual([['A', 'B', 'A']]);
    expect(edges[0]!.held.frames).toEqual([{ at: 'stdin:1:1' }]);
  });

  test('passes where only warnings are, unless these fail', () => {
    const input = `${ab}T2|acq(B)|5\nT2|acq(A, timed)|6\nT2|rel(A)|7\nT2|rel(B)|8\n`;
    expect(runCli(['check', '-'], { input }).status).toBe(0);
    expect(runCli(['check', '--fail-on', 'warning', '-'], { input }).status).toBe(1);
  });

  test('stops at a line that is not in the grammar, with its number', () => {
    expect(runCli(['check', '-'], { input: `${ab}\nT1|acquire(A)|6\n${ba}` })).toMatchObject({
      stdout: '',
      status: 2,
      stderr: expect.stringMatching(/^lockdep: stdin:6: Expected acq, try, .* got "acquire\(A\)\|6"\n$/),
    });
  });

  test('an empty trace is clean', () => {
    expect(runCli(['check', '-'], { input: '' })).toMatchObject({
      stdout: 'No findings (0 classes, 0 edges).\n',
      status: 0,
    });
  });

  test('locations may be places of the source', () => {
    const input = ab.replaceAll(/\|(\d)$/gm, '|src/a.ts:$1:7');
    const { stdout } = runCli(['check', '--format', 'json', '-'], { input });
    expect((JSON.parse(stdout) as Snapshot).edges[0]!.requested.frames).toEqual([{ at: 'src/a.ts:2:7' }]);
  });
});

describe('what waits when a trace ends', () => {
  const ring = 'T1|acq(A)|1\nT2|acq(B)|2\nT1|req(B)|3\nT2|req(A)|4\n';
  const gone = 'T1|acq(A)|1\nT2|req(A)|2\n';
  const cases: [name: string, trace: string, codes: string[]][] = [
    ['hangs where the loop had drained', `${ring}#! drained\n`, ['circular-dependency', 'live-deadlock']],
    ['may go on where that is not said', ring, ['circular-dependency']],
    ['is stalled behind a holder that has gone', `${gone}#! drained\n`, ['stalled-wait']],
    ['may still be let in', gone, []],
    ['has been let in', `${gone}T1|rel(A)|3\nT2|acq(A)|4\nT2|rel(A)|5\n#! drained\n`, []],
  ];

  test.each(cases)('%s', (_name, trace, codes) => {
    const cwd = makeTraces({ 'end.trace': trace });
    const { stdout } = runCli(['check', '--format', 'json', 'end.trace'], { cwd });
    const { findings } = JSON.parse(stdout) as { findings: { code: string }[] };
    const told = findings.map(({ code }) => code).filter((code) => code !== 'held-at-end');
    expect(told).toEqual(codes);
  });
});

describe('lockdep run --trace', () => {
  const program = `import { Mutex } from ${JSON.stringify(new URL('../../dist/index.js', import.meta.url).href)};
const [a, b] = ['A', 'B'].map((name) => new Mutex({ name }));
await a.run(() => b.run(() => {}));
await b.run(() => a.run(() => {}));
`;

  test('records a trace that checks as the run did', () => {
    const cwd = makeTraces({ 'app.mjs': program });
    const run = runCli(['run', '--trace', 'run.trace', 'app.mjs'], { cwd });
    expect([run.status, run.stdout]).toEqual([1, '']);
    const check = runCli(['check', 'run.trace'], { cwd });
    expect({ ...check, stdout: '', stderr: check.stdout }).toEqual(run);
    expect(readdirSync(cwd).sort()).toEqual(['app.mjs', 'run.trace']);
  });

  const hang = `import { Completion, Mutex } from ${JSON.stringify(new URL('../../dist/index.js', import.meta.url).href)};
const turn = () => new Promise((resolve) => setImmediate(resolve));
const [a, b, c] = ['A', 'B', 'C'].map((name) => new Mutex({ name }));
const done = new Completion({ name: 'done' });
void a.run(async () => { await turn(); await b.run(() => {}); });
void b.run(async () => { await turn(); await a.run(() => {}); });
void c.run(() => new Promise(() => {}));
setImmediate(() => void c.run(() => {}));
void done.wait();
`;

  test('records a hang that checks as the run did', () => {
    const cwd = makeTraces({ 'app.mjs': hang });
    const run = runCli(['run', '--trace', 'run.trace', 'app.mjs'], { cwd });
    const check = runCli(['check', 'run.trace'], { cwd });
    const heads = (text: string): string[] => text.match(/\[[a-z-]+\]$/gm) ?? [];
    expect(heads(run.stderr)).toEqual([
      '[circular-dependency]',
      '[live-deadlock]',
      '[stalled-wait]',
      '[stalled-wait]',
    ]);
    expect(heads(check.stdout)).toEqual(heads(run.stderr));
  });

  test('tells beforehand that the file cannot be written', () => {
    const cwd = makeTraces({ 'app.mjs': program });
    expect(runCli(['run', '--trace', 'none/run.trace', 'app.mjs'], { cwd })).toMatchObject({
      status: 2,
      stderr: 'lockdep: Expected a file to write to, got none/run.trace, but none does not exist\n',
    });
  });

  test('what a child process of the program does is not in it', () => {
    const cwd = makeTraces({
      'child.mjs': program,
      'app.mjs': `import { spawnSync } from 'node:child_process';
spawnSync(process.execPath, ['child.mjs'], { stdio: 'ignore' });
`,
    });
    expect(runCli(['run', '--trace', 'run.trace', 'app.mjs'], { cwd }).status).toBe(0);
    expect(runCli(['check', 'run.trace'], { cwd }).stdout).toBe('No findings (0 classes, 0 edges).\n');
  });
});
