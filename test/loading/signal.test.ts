/** `register` loads the validator with the first library; a signal may come before. */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { expect, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');

it.each([
  ['no library', ''],
  ['a library', "require('async-mutex');"],
  ['a listener of its own', "process.on('SIGUSR2', () => console.log('own'));"],
])('a signal is answered once in a program with %s', (_what, load) => {
  const script = `${load} process.on('SIGUSR2', () => setImmediate(() => process.exit(3)));
    setTimeout(() => {}, 60_000); process.kill(process.pid, 'SIGUSR2');`;
  const { NODE_ENV: _, LOCKDEP: __, LOCKDEP_SIGNAL: ___, ...env } = process.env;
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    ['--import', 'lockdep/register', '--eval', script],
    { cwd: root, encoding: 'utf8', env },
  );
  expect(stderr.match(/lockdep \(SIGUSR2\)/g) ?? []).toHaveLength(1);
  expect(stdout).toBe(load.includes('own') ? 'own\n' : '');
  expect(status).toBe(3);
});
