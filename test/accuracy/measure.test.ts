import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

const command = new URL('measure.mjs', import.meta.url).pathname;

function measure(...args: string[]): { stdout: string; stderr: string; status: number | null } {
  return spawnSync(process.execPath, [command, ...args], { encoding: 'utf8' });
}

test('measures every predictor on every program', () => {
  const { stdout, status } = measure('--programs', '40', '--json');
  const result = JSON.parse(stdout);
  expect(status).toBe(0);
  expect(result).toMatchObject({ seed: 1, programs: 40 });
  for (const { found, missed, falseAlarms, clean } of result.predictors) {
    expect(found + missed).toBe(result.reachable);
    expect(found + missed + falseAlarms + clean).toBe(40);
  }
  expect(result.predictors[0]).toMatchObject({ name: 'classic' });
}, 60_000);

test('shows programs about which the classic rule is wrong, and each of them again', () => {
  const { stdout } = measure('--programs', '40', '--show', '2', '--of', 'classic');
  const shown = stdout.split('\n== program ');
  expect(shown).toHaveLength(2);
  const [, seed, heading] = /program (\d+): (.*)/.exec(stdout) ?? [];
  expect(measure('--only', seed ?? '', '--of', 'classic').stdout).toContain(heading);
  expect(stdout).toMatch(/\| classic +\|/);
}, 60_000);

test.each([
  [['--programs', 'many'], 'Expected --programs to be an integer ≥ 0, got "many"'],
  [['--of', 'nobody'], 'Expected --of to be a predictor, got "nobody"'],
])('rejects %s', (args, reason) => {
  const { stderr, status } = measure(...args);
  expect(stderr).toContain(reason);
  expect(status).toBe(1);
});
