/** A folder with a package of its own: `lockdep` as it is packed, one test runner, and a fixture project. */
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

export type Runner = 'vitest' | 'jest' | 'mocha' | 'node-test';

const root = path.resolve(import.meta.dirname, '../..');
const fixtures = path.join(root, 'fixtures/runners');
const installed = path.join(fixtures, 'node_modules');
const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
  dependencies: Record<string, string>;
};
const aliases = Object.keys(
  (JSON.parse(readFileSync(path.join(fixtures, 'package.json'), 'utf8')) as { dependencies: object })
    .dependencies,
);

/** What users write in one line. */
const CONFIGURATIONS: Readonly<Record<Runner, Readonly<Record<string, string>>>> = {
  vitest: {
    'package.json': '{ "type": "module" }',
    'vitest.config.js': `import { lockdep } from 'lockdep/vitest';\nexport default { plugins: [lockdep()], test: { testTimeout: 300 } };\n`,
  },
  jest: { 'package.json': '{ "jest": { "preset": "lockdep/jest", "testTimeout": 300 } }' },
  mocha: { 'package.json': '{ "type": "module", "mocha": { "require": "lockdep/mocha", "timeout": 300 } }' },
  'node-test': { 'package.json': '{ "type": "module" }' },
};

/** Where the functions of a test come from, which fixtures import from `#runner`. */
const RUNNER_IMPORTS: Readonly<Record<Runner, string>> = {
  vitest: `import { test, expect, describe, beforeAll, afterAll, beforeEach, afterEach } from 'vitest';`,
  jest: '',
  mocha:
    'const { it: test, describe, before: beforeAll, after: afterAll, beforeEach, afterEach } = globalThis;',
  'node-test': `import { test as plain, after, describe, beforeEach, afterEach } from 'node:test'; const alive = setInterval(() => {}, 1000); after(() => clearInterval(alive)); const test = (name, fn) => plain(name, { timeout: 300 }, fn);`,
};

const modules = (folder: string, name: string): string => path.join(folder, 'node_modules', name);

function link(target: string, at: string): void {
  mkdirSync(path.dirname(at), { recursive: true });
  if (!existsSync(at)) symlinkSync(target, at);
}

/** The runner itself is copied, since it looks for plug-ins from where it really is. */
function installRunner(folder: string, alias: string, runner: string): void {
  for (const name of readdirSync(installed))
    if (!aliases.includes(name) && name !== 'lockdep')
      link(path.join(installed, name), modules(folder, name));
  const source = path.join(installed, alias);
  for (const name of readdirSync(source)) {
    const at = path.join(modules(folder, runner), name);
    if (name === 'node_modules') link(path.join(source, name), at);
    else cpSync(path.join(source, name), at, { recursive: true });
  }
}

/** Installs what `npm pack` packs, with its dependencies. */
function installLockdep(folder: string, packed: string = root): void {
  const home = modules(folder, 'lockdep');
  for (const name of ['dist', 'src', 'package.json'])
    cpSync(path.join(packed, name), path.join(home, name), { recursive: true });
  const names = [...Object.keys(manifest.dependencies), 'graphology-utils', 'graphology-indices', 'events'];
  for (const name of [...names, 'mnemonist', 'obliterator', 'source-map', 'buffer-from'])
    if (existsSync(modules(root, name))) link(modules(root, name), modules(home, name));
  // What fixtures use beside it.
  for (const name of ['async-mutex', 'tslib']) link(modules(root, name), modules(folder, name));
}

/** Jest has CommonJS in its sandbox, and no transform is set up. */
function toCommonJs(text: string): string {
  return text.replaceAll(/^import (?:\* as )?(\{.*?\}|\w+) from '(.*)';$/gmu, "const $1 = require('$2');");
}

function copyFixture(folder: string, fixture: string, runner: Runner): void {
  const source = path.join(fixtures, 'projects', fixture);
  for (const name of readdirSync(source)) {
    let text = readFileSync(path.join(source, name), 'utf8');
    if (name.endsWith('.js')) {
      text = text
        .replace(/^import .* from '#runner';$/mu, RUNNER_IMPORTS[runner])
        .replace("'#plugin'", `'lockdep/${runner}'`);
      if (runner === 'jest') text = toCommonJs(text);
    }
    writeFileSync(path.join(folder, name), text);
  }
}

/** Installs a packed package and a runner into a folder. */
export function installPackage(folder: string, runner: Runner, alias: string, packed: string): void {
  installLockdep(folder, packed);
  if (runner !== 'node-test') installRunner(folder, alias, runner);
}

/** Folders with a runner installed; a fixture takes the place of the one before. */
const homes = new Map<string, string>();

function openHome(runner: Runner, alias: string): string {
  const known = homes.get(alias);
  if (known !== undefined) return known;
  const folder = mkdtempSync(path.join(tmpdir(), 'lockdep-project-'));
  homes.set(alias, folder);
  installLockdep(folder);
  if (runner !== 'node-test') installRunner(folder, alias, runner);
  return folder;
}

/** Creates a project in which a fixture can be run, in the place of the one before of the same runner. */
export function createProject(runner: Runner, alias: string, fixture: string): string {
  const folder = openHome(runner, alias);
  for (const name of readdirSync(folder))
    if (name !== 'node_modules') rmSync(path.join(folder, name), { recursive: true });
  for (const [name, text] of Object.entries(CONFIGURATIONS[runner]))
    writeFileSync(path.join(folder, name), text);
  copyFixture(folder, fixture, runner);
  return folder;
}

export function removeProjects(): void {
  for (const folder of homes.values()) rmSync(folder, { recursive: true, force: true });
}

export interface TestResult {
  name: string;
  status: 'passed' | 'failed' | 'skipped';
  /** What it failed with, one text for each error. */
  errors: string[];
}

export interface RunResult {
  status: number | null;
  stderr: string;
  stdout: string;
  /** By name. */
  tests: TestResult[];
}

const NODE_REPORTER = `
export default async function* report(events) {
  const results = [];
  for await (const { type, data } of events) {
    if (type === 'test:stderr') process.stderr.write(data.message);
    if (type !== 'test:pass' && type !== 'test:fail') continue;
    if (data.details.type === 'suite' || data.name.endsWith('.js')) continue;
    const { error } = data.details;
    results.push({ name: data.name, status: type === 'test:pass' ? 'passed' : 'failed', errors: error ? [(error.cause?.message ?? error.message)] : [] });
  }
  yield JSON.stringify(results);
}
`;

interface JsonReport {
  testResults: { assertionResults: { title: string; status: string; failureMessages?: string[] }[] }[];
}

interface MochaReport {
  tests: { title: string; pending?: boolean; err: { message?: string; multiple?: { message: string }[] } }[];
}

function readJestReport(file: string): TestResult[] {
  const report = JSON.parse(readFileSync(file, 'utf8')) as JsonReport;
  return report.testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .map(({ title, status, failureMessages = [] }) => ({
      name: title,
      status: status as TestResult['status'],
      errors: failureMessages.map((text) => text.replace(/^\w*Error: /u, '')),
    }));
}

function readMochaReport(file: string): TestResult[] {
  const report = JSON.parse(readFileSync(file, 'utf8')) as MochaReport;
  return report.tests.map(({ title, err }) => {
    const errors =
      err.message === undefined ? [] : [err.message, ...(err.multiple ?? []).map(({ message }) => message)];
    return { name: title, status: errors.length > 0 ? 'failed' : 'passed', errors };
  });
}

interface RunOptions {
  args?: readonly string[];
  env?: Record<string, string>;
}

const OUTPUT = 'results.json';

function commandOf(runner: Runner, folder: string): string[] {
  switch (runner) {
    case 'vitest':
      return [modules(folder, 'vitest/vitest.mjs'), 'run', '--reporter=json', `--outputFile=${OUTPUT}`];
    case 'jest':
      return [modules(folder, 'jest/bin/jest.js'), '--json', `--outputFile=${OUTPUT}`];
    case 'mocha':
      return [
        modules(folder, 'mocha/bin/mocha.js'),
        '--reporter=json',
        `--reporter-option=output=${OUTPUT}`,
        '*.test.js',
      ];
    case 'node-test': {
      writeFileSync(path.join(folder, 'reporter.mjs'), NODE_REPORTER);
      return [
        '--import',
        'lockdep/node-test',
        '--test',
        '--test-reporter=./reporter.mjs',
        `--test-reporter-destination=${OUTPUT}`,
      ];
    }
  }
}

const READERS: Readonly<Record<Runner, (file: string) => TestResult[]>> = {
  vitest: readJestReport,
  jest: readJestReport,
  mocha: readMochaReport,
  'node-test': (file) => JSON.parse(readFileSync(file, 'utf8')) as TestResult[],
};

const TIMEOUT_MS = 60_000;

/** The environment without what the runner of these tests has put into it. */
export function plainEnvironment(): Record<string, string | undefined> {
  const plain = Object.entries(process.env).filter(
    ([name]) => !/^(?:VITEST|LOCKDEP|NODE_ENV|NODE_OPTIONS|TEST$|CI$)/u.test(name),
  );
  return { ...Object.fromEntries(plain), NO_COLOR: '1' };
}

/** Runs the tests of a project by its real runner. */
export function runProject(
  runner: Runner,
  folder: string,
  { args = [], env = {} }: RunOptions = {},
): RunResult {
  const { status, stdout, stderr } = spawnSync(process.execPath, [...commandOf(runner, folder), ...args], {
    cwd: folder,
    env: { ...plainEnvironment(), ...env },
    encoding: 'utf8',
    timeout: TIMEOUT_MS,
  });
  const file = path.join(folder, OUTPUT);
  const tests = existsSync(file) ? READERS[runner](file) : [];
  return { status, stdout, stderr, tests: tests.sort((a, b) => (a.name < b.name ? -1 : 1)) };
}
