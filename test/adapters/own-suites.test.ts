/** The suites of the libraries themselves, with the watched library in place of the plain one. See `fixtures/suites/list.ts`. */
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type ShippedSuite, type SuiteVersion, suites } from '../../fixtures/suites/list.ts';
import type { Adapter } from '../../src/adapters/shared/adapter.ts';
import { libraries } from '../../src/adapters/shared/libraries.ts';
import { compareVersions, mayWatch } from '../../src/adapters/shared/versions.ts';
import type { Snapshot } from '../../src/index.ts';

const root = path.resolve(import.meta.dirname, '../..');
const register = pathToFileURL(path.join(root, 'dist/register.js')).href;
const redirect = path.join(root, 'fixtures/suites/redirect.cjs');
const mocha = path.join(root, 'fixtures/runners/node_modules/mocha-10/bin/mocha.js');
// Not in git.
const work = path.join(root, 'fixtures/dist/suites');

interface Outcome {
  passed: string[];
  failed: string[];
}

function manifestOf(installed: string): { name: string; version: string } {
  return JSON.parse(readFileSync(path.join(root, 'node_modules', installed, 'package.json'), 'utf8')) as {
    name: string;
    version: string;
  };
}

/** The package under its own name, and its suite beside it. */
function layOut(library: string, { installed, version }: SuiteVersion, files: RegExp): string {
  const folder = path.join(work, `${library}@${version}`);
  rmSync(folder, { recursive: true, force: true });
  const original = path.join(root, 'node_modules', installed);
  const within = (file: string): boolean => files.test(path.relative(original, file));
  const copy = path.join(folder, 'node_modules', library);
  mkdirSync(copy, { recursive: true });
  // What is above says that files are ES modules.
  writeFileSync(path.join(folder, 'package.json'), '{}');
  cpSync(original, copy, { recursive: true, filter: (file) => !within(file) });
  for (const file of readdirSync(original, { recursive: true, encoding: 'utf8' }))
    if (files.test(file)) cpSync(path.join(original, file), path.join(folder, file));
  return folder;
}

async function run(args: string[], cwd: string, env: NodeJS.ProcessEnv): Promise<string> {
  const child = spawn(process.execPath, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => void (stdout += text));
  child.stderr.resume();
  await new Promise((resolve) => void child.once('close', resolve));
  return stdout;
}

function readTap(text: string): Outcome {
  const titles = (pattern: RegExp): string[] => [...text.matchAll(pattern)].map(([, title]) => title!);
  return { passed: titles(/^ok (.*)$/gm), failed: titles(/^not ok (.*)$/gm) };
}

function readMocha(file: string): Outcome {
  const { passes, failures } = JSON.parse(readFileSync(file, 'utf8')) as Record<
    'passes' | 'failures',
    { fullTitle: string }[]
  >;
  const titles = (tests: { fullTitle: string }[]): string[] => tests.map(({ fullTitle }) => fullTitle);
  return { passed: titles(passes), failed: titles(failures) };
}

async function runSuite(
  folder: string,
  library: string,
  { framework, leapsThroughTime = false }: ShippedSuite,
  isWatched: boolean,
): Promise<Outcome> {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => !file.includes('node_modules') && file.endsWith('.js'))
    .sort();
  const { NODE_ENV: _, LOCKDEP: __, NODE_OPTIONS: ___, ...inherited } = process.env;
  const snapshot = path.join(folder, 'snapshot.json');
  const env = {
    ...inherited,
    SUITE_FOLDER: folder,
    SUITE_LIBRARY: library,
    ...(leapsThroughTime ? { SUITE_CLOCK: 'leaps' } : {}),
    ...(isWatched ? { LOCKDEP_SNAPSHOT: snapshot } : {}),
  };
  const node = [...(isWatched ? ['--import', register] : []), '--require', redirect];
  const result = path.join(folder, `${isWatched ? 'watched' : 'plain'}.json`);
  const mochaArgs = ['--no-config', '--exit', '--reporter', 'json', '--reporter-option', `output=${result}`];
  const stdout = await run(
    framework === 'mocha' ? [...node, mocha, ...mochaArgs, ...files] : [...node, files[0]!],
    folder,
    env,
  );
  if (isWatched) {
    const { classes } = JSON.parse(readFileSync(snapshot, 'utf8')) as Snapshot;
    expect(classes.length, 'lock classes of the library').toBeGreaterThan(0);
  }
  return framework === 'mocha' ? readMocha(result) : readTap(stdout);
}

const shipped = Object.entries(suites).flatMap(([library, suite]) =>
  suite.shipped === undefined
    ? []
    : suite.versions.map((version): [string, string, SuiteVersion, NonNullable<typeof suite.shipped>] => [
        library,
        version.version,
        version,
        suite.shipped!,
      ]),
);

describe('suites that packages ship', () => {
  it.each(shipped)('%s %s passes as it does plain', async (library, _name, version, how) => {
    const folder = layOut(library, version, how.files);
    const plain = await runSuite(folder, library, how, false);
    const watched = await runSuite(folder, library, how, true);
    expect(watched).toEqual(plain);
    expect([plain.passed.length, plain.failed.length]).toEqual([version.passed, version.failed ?? 0]);
  });
});

describe.each(Object.keys(libraries))('%s', (library) => {
  it('has a suite, at the lowest and the highest version that there is', async () => {
    const { adapter } = (await import(`../../src/adapters/${library}.ts`)) as { adapter: Adapter };
    const suite = suites[library];
    expect(suite, 'in fixtures/suites/list.ts').toBeDefined();
    const { versions, written = [], failing } = suite!;
    for (const { installed, version, passed, failed = 0 } of versions) {
      const manifest = manifestOf(installed);
      expect([manifest.name, manifest.version.replace(/^v/, '')]).toEqual([library, version]);
      expect(passed ?? 1).toBeGreaterThan(0);
      if (failed > 0) expect(failing).toBeDefined();
    }
    const { version: lowest } = versions[0]!;
    expect(compareVersions(lowest, adapter.versions.from)).toBe(0);
    // Every copy of it that the tests have.
    const { devDependencies } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
      devDependencies: Record<string, string>;
    };
    const copies = Object.entries(devDependencies).filter(
      ([name, range]) => name === library || range.startsWith(`npm:${library}@`),
    );
    expect(versions.map(({ installed }) => installed).sort()).toEqual(copies.map(([name]) => name).sort());
    for (const file of written) expect(existsSync(path.join(root, 'test/adapters', file))).toBe(true);
    expect(written.length).toBeGreaterThan(0);
  });

  it('is watched at these versions', async () => {
    const { adapter } = (await import(`../../src/adapters/${library}.ts`)) as { adapter: Adapter };
    for (const { installed } of suites[library]!.versions)
      expect(mayWatch(adapter, path.join(root, 'node_modules', installed, 'package.json'))).toBe(true);
  });
});

it('lists no suite of what is not watched', () => {
  expect(Object.keys(suites).sort()).toEqual(Object.keys(libraries).sort());
});

it('docs/adapters.md has the same numbers', () => {
  const docs = readFileSync(path.join(root, 'docs/adapters.md'), 'utf8');
  const [, section] = /## Their own suites\n([\s\S]*?)(?=\n## )/.exec(docs)!;
  const rows = section!.split('\n').filter((line) => line.startsWith('| `'));
  const expected = Object.entries(suites).flatMap(([library, { versions, shipped: isShipped }]) =>
    versions.map(({ version, passed, failed = 0, suiteOf = version }) =>
      passed === undefined
        ? `| \`${library}\` | ${version} | not run | | |`
        : `| \`${library}\` | ${version} | ${isShipped === undefined ? 'repository' : 'package'}, ${suiteOf} | ${passed} | ${failed === 0 ? '' : failed} |`,
    ),
  );
  // The columns are padded by the formatter.
  expect(rows.map((row) => row.replaceAll(/ +/g, ' '))).toEqual(
    expected.map((row) => row.replaceAll(/ +/g, ' ')),
  );
});
