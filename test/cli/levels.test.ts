import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Snapshot } from '../../src/index.ts';
import { ordersAndUsers, rcuChain } from '../report/snapshots.ts';
import { type Ended, makeFolder, runCli, runNode } from './command.ts';

const library = new URL('../../dist/index.js', import.meta.url).href;
const register = new URL('../../dist/register.js', import.meta.url).href;

/** A proven cycle, a lock that is held at the end, and one that is released twice. */
const program = `import { Mutex } from ${JSON.stringify(library)};
const [a, b, c, d] = ['A', 'B', 'C', 'D'].map((name) => new Mutex({ name }));
await a.run(() => b.run(() => {}));
await b.run(() => a.run(() => {}));
const twice = await c.acquire();
twice.release();
twice.release();
globalThis.kept = await d.acquire();
`;

function severitiesOf(json: string): Record<string, string> {
  const { findings } = JSON.parse(json) as Snapshot;
  return Object.fromEntries(findings.map(({ code, severity }) => [code, severity]));
}

function run(args: string[], env: Record<string, string> = {}): Ended {
  const cwd = makeFolder();
  writeFileSync(path.join(cwd, 'app.mjs'), program);
  const ended = runCli(['run', '--format', 'json', '--fail-on', 'never', ...args, 'app.mjs'], { cwd, env });
  return ended;
}

const level = (...given: string[]): string[] => given.flatMap((each) => ['--level', each]);
const byDefault = { 'bad-release': 'error', 'circular-dependency': 'error', 'held-at-end': 'note' };

describe('lockdep run', () => {
  test.for<[args: string[], variable: string | undefined, expected: object]>([
    [[], undefined, byDefault],
    [
      level('held-at-end=error', 'bad-release=off'),
      undefined,
      { 'circular-dependency': 'error', 'held-at-end': 'error' },
    ],
    [
      level('circular-dependency=off', 'circular-dependency=warn'),
      undefined,
      { ...byDefault, 'circular-dependency': 'warning' },
    ],
    [[], 'held-at-end=warn, bad-release=off,', { 'circular-dependency': 'error', 'held-at-end': 'warning' }],
    [
      level('held-at-end=error'),
      'held-at-end=warn,bad-release=warn',
      { ...byDefault, 'bad-release': 'warning', 'held-at-end': 'error' },
    ],
  ])('%j under LOCKDEP_LEVELS=%s', ([args, variable, expected]) => {
    const { stderr } = run(args, variable === undefined ? {} : { LOCKDEP_LEVELS: variable });
    expect(severitiesOf(stderr)).toEqual(expected);
  });

  test('fails by the level, not by the default', () => {
    const cwd = makeFolder();
    writeFileSync(path.join(cwd, 'app.mjs'), program);
    const quiet = level('circular-dependency=warn', 'bad-release=off');
    expect(runCli(['run', ...quiet, 'app.mjs'], { cwd }).status).toBe(0);
    expect(runCli(['run', ...quiet, ...level('held-at-end=error'), 'app.mjs'], { cwd }).status).toBe(1);
  });
});

describe('LOCKDEP_LEVELS', () => {
  function load(variable: string): Ended {
    const cwd = makeFolder();
    writeFileSync(path.join(cwd, 'app.mjs'), `${program}process.stdout.write('went on');`);
    return runNode(['--import', register, 'app.mjs'], { cwd, env: { LOCKDEP_LEVELS: variable } });
  }

  test('is heeded by register: what is off is not printed', () => {
    const { stdout, stderr } = load('circular-dependency=off,bad-release=off,held-at-end=off');
    expect([stdout, stderr]).toEqual(['went on', '']);
  });

  test.for([
    [
      'held-at-edn=off',
      /CODE one of circular-dependency, .*, got "held-at-edn"; did you mean held-at-end\?; it is ignored$/,
    ],
    ['nonsense', /^lockdep: Expected LOCKDEP_LEVELS to be CODE=LEVEL, got "nonsense"; it is ignored$/],
    [
      'held-at-end=fatal',
      /^lockdep: Expected the level of held-at-end to be off, warn or error, got "fatal"; it is ignored$/,
    ],
  ] as const)('%s is told in one line, and the rest counts', ([bad, line]) => {
    const { stdout, stderr, status } = load(`circular-dependency=off,${bad},bad-release=off,held-at-end=off`);
    expect(stderr.split('\n')).toEqual([expect.stringMatching(line), '']);
    expect([stdout, status]).toEqual(['went on', 0]);
  });
});

describe('lockdep check', () => {
  test('replays with the levels that it is given', () => {
    const input =
      'T|acq(A)|1\nT|acq(B)|2\nT|rel(B)|3\nT|rel(A)|4\nT|acq(B)|5\nT|acq(A)|6\nT|rel(B)|7\nT|rel(B)|8\n';
    const check = (...levels: string[]): Ended =>
      runCli(['check', '-', '--format', 'json', ...level(...levels)], { input });
    expect(severitiesOf(check().stdout)).toEqual(byDefault);
    const raised = check('held-at-end=error', 'bad-release=warn', 'circular-dependency=off');
    expect(severitiesOf(raised.stdout)).toEqual({ 'bad-release': 'warning', 'held-at-end': 'error' });
    const quiet = check('bad-release=warn', 'circular-dependency=warn');
    expect([raised.status, quiet.status]).toEqual([1, 0]);
  });
});

describe('lockdep report', () => {
  function report(snapshots: Snapshot[], args: string[]): Ended {
    const cwd = makeFolder();
    const names = snapshots.map((snapshot, i) => {
      writeFileSync(path.join(cwd, `${i}.json`), JSON.stringify(snapshot));
      return `${i}.json`;
    });
    return runCli(['report', '--format', 'json', ...args, ...names], { cwd });
  }

  test('renders saved findings as grave as it is told, of one snapshot and of several', () => {
    for (const saved of [[ordersAndUsers()], [ordersAndUsers(), rcuChain()]]) {
      expect(report(saved, []).status).toBe(1);
      const quiet = report(saved, level('circular-dependency=warn'));
      expect([severitiesOf(quiet.stdout), quiet.status]).toEqual([{ 'circular-dependency': 'warning' }, 0]);
      const off = report(saved, level('circular-dependency=off'));
      expect([severitiesOf(off.stdout), off.status]).toEqual([{}, 0]);
      // The edges stay: they are what was seen.
      expect((JSON.parse(off.stdout) as Snapshot).edges.length).toBeGreaterThan(1);
    }
  });

  test('keeps a note about what cannot happen', () => {
    const given = ordersAndUsers();
    const findings = given.findings.map((finding) => ({ ...finding, severity: 'note' as const }));
    const raised = report([{ ...given, findings }], level('circular-dependency=error'));
    expect([severitiesOf(raised.stdout), raised.status]).toEqual([{ 'circular-dependency': 'note' }, 0]);
  });
});
