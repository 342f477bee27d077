import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Snapshot } from '../../src/validator/snapshot-format.ts';
import { finding, ordersAndUsers, rcuChain } from '../report/snapshots.ts';
import { type Ended, fakeValidator, makeFolder, runCli } from './command.ts';

const CYCLE = {
  fingerprint: 'circular-dependency|orders|users|orders',
  code: 'circular-dependency',
  message: 'Potential deadlock: orders → users → orders [circular-dependency]',
};

interface Entry {
  fingerprint: string;
  code?: string;
  message?: string;
  reason: string;
}

function save(cwd: string, given: Snapshot): void {
  writeFileSync(path.join(cwd, 'run.json'), JSON.stringify(given));
}

function saveBaseline(cwd: string, ...findings: Entry[]): void {
  writeFileSync(path.join(cwd, 'known.json'), JSON.stringify({ version: 1, findings }));
}

function readBaseline(cwd: string): Entry[] {
  const text = readFileSync(path.join(cwd, 'known.json'), 'utf8');
  expect(text.endsWith('}\n')).toBe(true);
  return (JSON.parse(text) as { findings: Entry[] }).findings;
}

function report(cwd: string, ...args: string[]): Ended {
  return runCli(['report', '--baseline', 'known.json', ...args, 'run.json'], { cwd });
}

describe('--baseline', () => {
  test('lets known findings pass, and leaves them out', () => {
    const cwd = makeFolder();
    save(cwd, ordersAndUsers());
    saveBaseline(cwd, { fingerprint: CYCLE.fingerprint, reason: 'the job runs alone' });
    const stdout = 'No new findings, 1 known (2 classes, 2 edges).\n';
    expect(report(cwd)).toEqual({ stdout, stderr: '', status: 0, signal: null });
  });

  test('fails at new ones', () => {
    const cwd = makeFolder();
    const given = ordersAndUsers();
    save(cwd, { ...given, findings: [...given.findings, finding('not-held', ['A'])] });
    saveBaseline(cwd, { ...CYCLE, reason: 'the job runs alone' });
    const { stdout, status } = report(cwd);
    expect(stdout).toMatch(
      /^Message about A \[not-held\]\n[^]*\n1 finding: 1 error, 1 known \(2 classes, 2 edges\)\n$/,
    );
    expect(status).toBe(1);
  });

  test('tells in a line each what is stale and what is unexplained', () => {
    const cwd = makeFolder();
    save(cwd, ordersAndUsers());
    const gone = { fingerprint: 'gone', reason: 'was there once' };
    saveBaseline(cwd, { ...CYCLE, reason: 'unexplained' }, gone, { ...gone, fingerprint: 'gone too' });
    expect(report(cwd)).toMatchObject({
      stderr:
        'lockdep: 2 entries of known.json not found again; --update-baseline drops them\n' +
        'lockdep: 1 entry of known.json unexplained; --update-baseline --reason TEXT explains\n',
      status: 0,
    });
  });

  test('reaches every format: json has all, junit skips, github leaves out', () => {
    const cwd = makeFolder();
    save(cwd, ordersAndUsers());
    saveBaseline(cwd, { ...CYCLE, reason: 'old' });
    expect((JSON.parse(report(cwd, '--format', 'json').stdout) as Snapshot).findings).toHaveLength(1);
    expect(report(cwd, '--format', 'junit').stdout).toContain('<skipped message="known: old"/>');
    expect(report(cwd, '--format', 'github').stdout).toBe('No new findings, 1 known (2 classes, 2 edges).\n');
  });

  test('serves lockdep check', () => {
    const cwd = makeFolder();
    const input = 'T1|acq(A)|1\nT1|acq(A)|2\n';
    const options = ['check', '--baseline', 'known.json', '--fail-on', 'warning'];
    expect(runCli([...options, '--update-baseline', '-'], { cwd, input }).status).toBe(0);
    expect(runCli([...options, '-'], { cwd, input }).status).toBe(0);
    expect(runCli([...options, '-'], { cwd, input: `${input}T2|rel(B)|3\n` }).status).toBe(1);
  });

  test('serves lockdep run, whose program keeps its own status', () => {
    const cwd = makeFolder();
    writeFileSync(
      path.join(cwd, 'app.mjs'),
      'fakeValidator.publish("not-held");\nprocess.exitCode = +process.argv[2];',
    );
    const env = { NODE_OPTIONS: `--import ${fakeValidator}` };
    const run = (status: string, ...args: string[]): Ended =>
      runCli(['run', '--baseline', 'known.json', ...args, 'app.mjs', status], { cwd, env });
    expect(run('0', '--update-baseline', '--reason', 'fine')).toMatchObject({
      stderr:
        'No new findings, 1 known (0 classes, 1 edge).\nlockdep: known.json: 1 added, 0 kept, 0 dropped\n',
      status: 0,
    });
    expect(run('0').status).toBe(0);
    expect(run('7').status).toBe(7);
  });
});

describe('--update-baseline', () => {
  test('makes the file, and says what has no reason', () => {
    const cwd = makeFolder();
    save(cwd, ordersAndUsers());
    expect(report(cwd, '--update-baseline')).toEqual({
      stdout: 'No new findings, 1 known (2 classes, 2 edges).\n',
      stderr:
        'lockdep: known.json: 1 added, 0 kept, 0 dropped\n' +
        'lockdep: 1 entry of known.json unexplained; --update-baseline --reason TEXT explains\n',
      status: 0,
      signal: null,
    });
    expect(readBaseline(cwd)).toEqual([{ ...CYCLE, reason: 'unexplained' }]);
    expect(readdirSync(cwd).sort()).toEqual(['known.json', 'run.json']);
  });

  test('keeps reasons, gives the new one to what has none, and drops what is gone', () => {
    const cwd = makeFolder();
    const given = ordersAndUsers();
    const findings = ['A', 'B'].map((name) => finding('not-held', [name]));
    save(cwd, { ...given, findings: [...given.findings, ...findings] });
    saveBaseline(
      cwd,
      { ...CYCLE, reason: 'the job runs alone' },
      { fingerprint: 'gone', reason: 'x' },
      { fingerprint: 'not-held|A', reason: 'unexplained' },
    );
    const { stderr, status } = report(cwd, '--update-baseline', '--reason', 'see #12');
    expect([stderr, status]).toEqual(['lockdep: known.json: 1 added, 2 kept, 1 dropped\n', 0]);
    expect(readBaseline(cwd).map(({ fingerprint, reason }) => [fingerprint, reason])).toEqual([
      [CYCLE.fingerprint, 'the job runs alone'],
      ['not-held|A', 'see #12'],
      ['not-held|B', 'see #12'],
    ]);
  });

  test('writes the same bytes again', () => {
    const cwd = makeFolder();
    save(cwd, rcuChain());
    report(cwd, '--update-baseline', '--reason', 'old');
    const first = readFileSync(path.join(cwd, 'known.json'), 'utf8');
    report(cwd, '--update-baseline');
    expect(readFileSync(path.join(cwd, 'known.json'), 'utf8')).toBe(first);
  });
});
