/** The export condition `production`, as a program meets it: in a process of its own, with the built package. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');

const SCRIPT = `
  import * as library from 'async-mutex';
  const watched = await import('lockdep/async-mutex');
  const { validator } = await import('lockdep');
  console.log(validator.policy, watched.withTimeout === library.withTimeout);`;

type Row = [name: string, condition: string[], env: Record<string, string>, expected: string];

it.each<Row>([
  ['is off', ['-C', 'production'], {}, 'off true'],
  [
    'is off in a program that is registered',
    ['-C', 'production', '--import', 'lockdep/register'],
    {},
    'off true',
  ],
  ['is on when LOCKDEP says so', ['-C', 'production'], { LOCKDEP: 'warn' }, 'warn false'],
  ['is on under any other condition', ['-C', 'development'], {}, 'warn false'],
])('%s', (_name, condition, env, expected) => {
  const { NODE_ENV: _, LOCKDEP: __, ...inherited } = process.env;
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [...condition, '--input-type=module', '--eval', SCRIPT],
    { cwd: root, encoding: 'utf8', env: Object.assign(inherited, env) },
  );
  expect(stderr).toBe('');
  expect(stdout).toBe(`${expected}\n`);
});

it('is off where nobody can say which build was resolved, as in a bundle', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'lockdep-production-'));
  try {
    cpSync(path.join(root, 'dist'), path.join(folder, 'dist'), { recursive: true });
    writeFileSync(path.join(folder, 'package.json'), '{ "type": "module" }');
    const policyOf = (file: string): string => {
      const { NODE_ENV: _, LOCKDEP: __, ...env } = process.env;
      const script = `console.log((await import('./dist/${file}')).validator.policy);`;
      const args = ['--input-type=module', '--eval', script];
      return spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8', env }).stdout;
    };
    expect(policyOf('production.js')).toBe('off\n');
    expect(policyOf('index.js')).toBe('warn\n');
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it('exports the same names', async () => {
  const [production, usual] = await Promise.all([
    import('../../src/production.ts'),
    import('../../src/index.ts'),
  ]);
  expect(Object.keys(production)).toEqual(Object.keys(usual));
});
