import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

const command = new URL('live.mjs', import.meta.url).pathname;

interface Row {
  ended: number;
  falseAlarms: number;
  hung: number;
  missed: number;
  certain: number;
}

test('no schedule that ends has a live deadlock, and none that hangs is without', () => {
  const { stdout } = spawnSync(process.execPath, [command, '--schedules', '60', '--json'], {
    encoding: 'utf8',
  });
  const rows = JSON.parse(stdout) as Row[];
  expect(rows).toMatchObject([
    { ended: 60, falseAlarms: 0, hung: 60, missed: 0 },
    { ended: 60, falseAlarms: 0, hung: 60, missed: 0 },
  ]);
  expect(rows[1]!.certain).toBeGreaterThan(0);
}, 60_000);

test('a number that is none is refused', () => {
  const { stderr, status } = spawnSync(process.execPath, [command, '--schedules', 'many'], {
    encoding: 'utf8',
  });
  expect(stderr).toContain('Expected --schedules to be an integer ≥ 1, got "many".');
  expect(status).toBe(1);
});
