/** A newcomer's path: what docs/runners.md says, followed to the letter in an empty folder, with the packed package. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { installPackage } from './project.ts';
import { newest } from './versions.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const root = path.resolve(import.meta.dirname, '../..');
const page = readFileSync(path.join(root, 'docs/runners.md'), 'utf8');
const folder = mkdtempSync(path.join(tmpdir(), 'lockdep-newcomer-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function block(info: string): string {
  const found = new RegExp(`^\`\`\`${info}\\n(.*?)^\`\`\`$`, 'msu').exec(page)?.[1];
  if (found === undefined) throw new Error(`docs/runners.md has no block "${info}"`);
  return found;
}

let packed: string;

beforeAll(() => {
  const output = execFileSync('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], {
    cwd: root,
    encoding: 'utf8',
  });
  const { filename } = Object.values(JSON.parse(output) as Record<string, { filename: string }>)[0]!;
  execFileSync('tar', ['-xzf', filename], { cwd: folder });
  packed = path.join(folder, 'package');
});

const test = block('js test');
/** What the prose tells to change in the file, and the files that stand in blocks. */
const files: Readonly<Record<string, Record<string, string>>> = {
  vitest: {
    'locks.test.js': test,
    'vitest.config.js': block('js vitest'),
    'package.json': '{ "type": "module" }',
  },
  jest: {
    'locks.test.js': test.replace(/^import .*$/mu, "const { Mutex } = require('lockdep');"),
    'package.json': block('json jest'),
  },
  mocha: { 'locks.test.mjs': test.replace('\n\n', '\nconst test = it;\n') },
  'node-test': { 'locks.test.mjs': test.replace('\n\n', "\nimport { test } from 'node:test';\n") },
};

/** Runs what the page says to run, in a folder of its own. */
function follow(
  { runner, alias }: (typeof newest)[number],
  home: string,
  contents: Readonly<Record<string, string>>,
): { status: number | null; text: string } {
  mkdirSync(home);
  installPackage(home, runner, alias, packed);
  for (const [name, content] of Object.entries(contents)) writeFileSync(path.join(home, name), content);
  const [command, ...args] = block(`sh ${runner}`).trim().replace(/^npx /u, '').split(' ');
  const bins: Readonly<Record<string, string>> = {
    vitest: 'vitest/vitest.mjs',
    jest: 'jest/bin/jest.js',
    mocha: 'mocha/bin/mocha.js',
  };
  const script = bins[command!];
  const plain = Object.entries(process.env).filter(
    ([name]) => !/^(?:VITEST|LOCKDEP|NODE_|TEST$|CI$|GITHUB)/u.test(name),
  );
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [...(script === undefined ? [] : [path.join('node_modules', script)]), ...args],
    { cwd: home, encoding: 'utf8', env: { ...Object.fromEntries(plain), NO_COLOR: '1' }, timeout: 50_000 },
  );
  return { status, text: stdout + stderr };
}

it.each(newest)('$runner: the second test fails, as the page shows it', (version) => {
  const { runner } = version;
  const { status, text } = follow(version, path.join(folder, runner), files[runner]!);
  expect(status).not.toBe(0);
  const shown = block('text failure')
    .replace(':6)', '')
    .split('\n')
    .filter((line) => line !== '');
  for (const line of shown)
    expect(text).toContain(
      line
        .trim()
        .replace(/"$/u, '')
        .replace(
          'locks.test.js',
          'locks.test.' + (files[runner]!['locks.test.js'] === undefined ? 'mjs' : 'js'),
        ),
    );
});

const withMatcher = newest.filter(({ runner }) => runner === 'vitest' || runner === 'jest');

it.each(withMatcher)('$runner: a test says that it is clean, as the page shows it', (version) => {
  const { runner } = version;
  const { 'locks.test.js': _test, ...configuration } = files[runner]!;
  const clean = block('js clean');
  const text =
    runner === 'jest' ? clean.replace(/^import .*$/mu, "const lockdep = require('lockdep');") : clean;
  const { status, text: output } = follow(version, path.join(folder, `${runner}-clean`), {
    ...configuration,
    'locks.test.js': text,
  });
  expect(output).toContain('1 passed');
  expect(status).toBe(0);
});
