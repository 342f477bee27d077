/** Levels, allow-list, baseline and outputs, as `lockdep.config.json` says them. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { checkRunnerOptions } from '../../src/runners/core/check-options.ts';
import { fingerprintOf } from '../../src/validator/finding.ts';
import { createProject, removeProjects, runProject } from './project.ts';
import { newest } from './versions.ts';

vi.setConfig({ testTimeout: 60_000 });
afterAll(removeProjects, 60_000);

const order = { kind: 'order' } as Parameters<typeof fingerprintOf>[2][number];
const known = fingerprintOf('circular-dependency', ['known1', 'known2', 'known1'], [order, order]);
const baseline = {
  version: 1,
  findings: [
    { fingerprint: known, reason: 'there since 2019' },
    { fingerprint: 'gone', reason: 'mended' },
  ],
};

describe.each(newest)('$alias', ({ runner, alias }) => {
  it('follows levels, allow-list and baseline, and writes what was asked for', () => {
    const folder = createProject(runner, alias, 'options');
    writeFileSync(path.join(folder, 'baseline.json'), JSON.stringify(baseline));
    const { tests, stderr, stdout } = runProject(runner, folder);

    expect(Object.fromEntries(tests.map(({ name, status }) => [name, status]))).toEqual({
      'is allowed by its class': 'passed',
      'is allowed by its name': 'passed',
      'is in the baseline': 'passed',
      'is not allowed': 'failed',
      'leaves a lock held': 'failed',
      'releases twice': 'passed',
    });
    const text = stderr + stdout;
    expect(text.match(/^::error file=options\.test\.js,line=\d+.*other1 → other2/gmu)).toHaveLength(1);
    expect(text).toContain('1 entry of baseline.json not found again');
    expect(text).toContain('Bad release: "twice" was released');

    const junit = readFileSync(path.join(folder, 'lockdep.xml'), 'utf8');
    expect(junit).toContain('<skipped message="known: to be rewritten"/>');
    expect(junit).toContain('<skipped message="known: there since 2019"/>');
    const snapshot = JSON.parse(readFileSync(path.join(folder, 'lockdep.json'), 'utf8')) as {
      version: number;
    };
    expect(snapshot.version).toBe(1);
    expect(existsSync(path.join(folder, 'lockdep.json'))).toBe(true);
  });
});

const misuse: [options: unknown, message: string][] = [
  [
    { level: {} },
    'Expected `options` to be an object with keys of levels, allow, baseline, output, got "level" (string).',
  ],
  [{ levels: { nonsense: 'off' } }, 'Expected `levels` to be an object with keys of circular-dependency, '],
  [
    { levels: { 'held-at-end': 'fatal' } },
    "Expected `levels['held-at-end']` to be 'off', 'warn' or 'error', got \"fatal\" (string).",
  ],
  [{ allow: {} }, 'Expected `allow` to be an array, got an object.'],
  [
    { allow: [{ reason: 'all' }] },
    'Expected `allow[0]` to be an object with a class, code or test, got an object.',
  ],
  [{ allow: [{ class: '' }] }, 'Expected `allow[0].class` to be a non-empty string, got "" (string).'],
  [{ baseline: 1 }, 'Expected `baseline` to be a non-empty string, got 1 (number).'],
  [{ output: { pdf: true } }, 'Expected `output` to be an object with keys of'],
];

it.each(misuse)('rejects %j in one line', (options, message) => {
  expect(() => checkRunnerOptions(options)).toThrow(message);
});
