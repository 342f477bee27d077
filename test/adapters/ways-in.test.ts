/** The entries and `register`, as a program meets them: in a process of its own, with the built package. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { libraries } from '../../src/adapters/shared/libraries.ts';
import { findWebLocks } from '../../src/adapters/shared/web-lock-manager.ts';

const root = path.resolve(import.meta.dirname, '../..');

interface Options {
  env?: Record<string, string>;
  isCommonJs?: boolean;
  isRegistered?: boolean;
  cwd?: string;
}

function run(
  script: string,
  { env = {}, isCommonJs = false, isRegistered = false, cwd = root }: Options = {},
) {
  const { NODE_ENV: _, LOCKDEP: __, ...inherited } = process.env;
  return spawnSync(
    process.execPath,
    [
      ...(isRegistered ? ['--import', 'lockdep/register'] : []),
      `--input-type=${isCommonJs ? 'commonjs' : 'module'}`,
      '--eval',
      script,
    ],
    { cwd, encoding: 'utf8', env: Object.assign(inherited, env) },
  );
}

const ORDERS = `
  (async () => {
    const a = new Mutex();
    const b = new Mutex();
    await a.runExclusive(() => b.runExclusive(() => {}));
    await b.runExclusive(() => a.runExclusive(() => {}));
    const limit = pLimit(2);
    await limit(() => limit(() => {}));
    const keyed = new AsyncLock();
    await keyed.acquire('user:1', () => keyed.acquire('user:2', () => {}));
    await keyed.acquire('user:2', () => keyed.acquire('user:1', () => {}));
  })();`;
const IMPORTS = `
  import AsyncLock from 'async-lock';
  import { Mutex } from 'async-mutex';
  import pLimit from 'p-limit';`;
const REQUIRES = `
  const AsyncLock = require('async-lock');
  const { Mutex } = require('async-mutex');
  const { default: pLimit } = require('p-limit');`;
const NAMES = Object.keys(libraries);

function expectFindings(report: string): void {
  expect(report).toContain('[circular-dependency]');
  expect(report).toContain('[nested-capacity]');
  expect(report).toMatch(/\[user:\*\].*\[recursive-acquisition\]/);
}
/** Every library, by a lock and one of another library in both orders. */
const LIBRARIES: [name: string, load: { import: string; require: string }, use: string][] = [
  both(
    'async-sema',
    '{ Sema }',
    'const lock = new Sema(1); const use = async (fn) => { await lock.acquire(); await fn(); lock.release(); };',
  ),
  both(
    'await-lock',
    'Lock',
    'const lock = new (Lock.default ?? Lock)(); const use = async (fn) => { await lock.acquireAsync(); await fn(); lock.release(); };',
  ),
  both('await-semaphore', '{ Mutex: Lock }', 'const lock = new Lock(); const use = (fn) => lock.use(fn);'),
  both(
    'effect',
    '{ Semaphore }',
    `const lock = Semaphore.makeUnsafe(1);
    const use = async (fn) => {
      const { Effect } = await import('effect');
      await Effect.runPromise(lock.withPermits(1)(Effect.promise(fn)));
    };`,
  ),
  both(
    'es-toolkit',
    '{ Mutex: Lock }',
    'const lock = new Lock(); const use = async (fn) => { await lock.acquire(); await fn(); lock.release(); };',
  ),
  both(
    'es-toolkit/promise',
    '{ Semaphore }',
    'const lock = new Semaphore(1); const use = async (fn) => { await lock.acquire(); await fn(); lock.release(); };',
  ),
  both(
    'mutexify',
    'mutexify',
    'const lock = mutexify(); const use = (fn) => new Promise((done) => lock(async (release) => { await fn(); release(done); }));',
  ),
  both(
    'mutexify/promise',
    'mutexify',
    'const lock = mutexify(); const use = async (fn) => { const release = await lock(); await fn(); release(); };',
  ),
  both(
    'p-mutex',
    'Lock',
    'const lock = new (Lock.default ?? Lock)(); const use = (fn) => lock.withLock(fn);',
  ),
  both(
    'rwlock',
    'Lock',
    'const lock = new Lock(); const use = (fn) => new Promise((done) => lock.writeLock(async (release) => { await fn(); release(); done(); }));',
  ),
];
const NESTED = `
  (async () => {
    const mutex = new Mutex();
    await use(() => mutex.runExclusive(() => {}));
    await mutex.runExclusive(() => use(async () => {}));
  })();`;

function both(name: string, names: string, use: string): (typeof LIBRARIES)[number] {
  return [
    name,
    {
      import: `import { Mutex } from 'async-mutex'; import ${names.replace(': ', ' as ')} from '${name === 'mutexify/promise' ? `${name}.js` : name}';`,
      require: `const { Mutex } = require('async-mutex'); const ${names} = require('${name}');`,
    },
    use,
  ];
}

/** What Node adds to a CommonJS module that is imported. */
const ADDED = ['default', '__esModule', 'module.exports'];

describe('register', () => {
  it.each([
    ['import', IMPORTS, false],
    ['require', REQUIRES, true],
  ])('watches what a program loads by %s', (_way, load, isCommonJs) => {
    const { stdout, stderr, status } = run(load + ORDERS, { isCommonJs, isRegistered: true });
    expectFindings(stderr);
    expect(stdout).toBe('');
    expect(status).toBe(0);
  });

  it.each(LIBRARIES)('watches %s', (name, load, use) => {
    const report = /^Potential deadlock: .* \[circular-dependency\]$/m;
    expect(run(load.import + use + NESTED, { isRegistered: true }).stderr).toMatch(report);
    // It has no entry for `require`.
    if (name === 'await-lock') return;
    expect(run(load.require + use + NESTED, { isCommonJs: true, isRegistered: true }).stderr).toMatch(report);
    const fromEntry = load.import
      .replaceAll("from '", "from 'lockdep/")
      .replace('/es-toolkit/promise', '/es-toolkit')
      .replace('promise.js', 'promise');
    expect(run(fromEntry + use + NESTED).stderr).toMatch(report);
  });

  it('makes the status non-zero under `LOCKDEP=error`', () => {
    expect(run(IMPORTS + ORDERS, { isRegistered: true, env: { LOCKDEP: 'error' } }).status).toBe(1);
  });

  it('is nothing under `LOCKDEP=off`', () => {
    const { stderr, status } = run(IMPORTS + ORDERS, { isRegistered: true, env: { LOCKDEP: 'off' } });
    expect(stderr).toBe('');
    expect(status).toBe(0);
  });
});

describe('an entry', () => {
  const ENTRIES = IMPORTS.replaceAll("from '", "from 'lockdep/");

  it('is the library, watched', () => {
    const { stderr } = run(ENTRIES + ORDERS);
    expectFindings(stderr);
  });

  // Their entries have what we watch of them, and not the rest of a large library.
  it.each(NAMES.filter((name) => name !== 'effect' && name !== 'es-toolkit'))(
    'of %s has the names that it has',
    (name) => {
      const script = `
      import * as entry from 'lockdep/${name}'; import * as plain from '${name}';
      const names = Object.keys(entry).filter((name) => name !== 'watch' && name !== 'unwatch');
      console.log(JSON.stringify([names, Object.keys(plain)]));`;
      const [names, plain] = JSON.parse(run(script).stdout) as [string[], string[]];
      expect(plain.length).toBeGreaterThan(0);
      // A compiled module has no default export; Node adds one.
      const added = plain.includes('__esModule') ? ADDED : ['module.exports'];
      const own = (all: string[]): string[] => all.filter((each) => !added.includes(each)).sort();
      expect(own(names)).toEqual(own(plain));
    },
  );

  it.each(NAMES)('of %s is the original under `LOCKDEP=off`', (name) => {
    const script = `
      import * as plain from '${name}'; import * as entry from 'lockdep/${name}';
      const names = Object.keys(entry).filter((name) => name !== 'watch' && name !== 'unwatch');
      console.log(names.length > 0 && names.every((name) => plain[name] === entry[name]));`;
    expect(run(script, { env: { LOCKDEP: 'off' } }).stdout).toBe('true\n');
  });
});

describe.each(['effect-3.0', 'effect-3'])('%s', (installed) => {
  // A program that has it under its own name, and a copy of lockdep, which looks for it beside itself.
  const folder = path.join(root, 'fixtures/dist/ways-in', installed);
  const modules = path.join(folder, 'node_modules');
  const copy = (from: string, to: string): void => {
    const isRun = (file: string): boolean => !/\/(?:src|dts)$|\.map$|\.d\.ts$/.test(file);
    for (const each of ['dist', 'package.json'])
      cpSync(path.join(root, from, each), path.join(modules, to, each), { recursive: true, filter: isRun });
  };
  beforeAll(() => {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(modules, { recursive: true });
    // What is above is lockdep itself.
    writeFileSync(path.join(folder, 'package.json'), '{}');
    copy(path.join('node_modules', installed), 'effect');
    copy('', 'lockdep');
  });
  const use = `
    const { Effect } = library;
    const [a, b] = [Effect.unsafeMakeSemaphore(1), Effect.unsafeMakeSemaphore(1)];
    Effect.runPromise(
      Effect.all([
        a.withPermits(1)(b.withPermits(1)(Effect.void)),
        b.withPermits(1)(a.withPermits(1)(Effect.void)),
      ]),
    );`;

  it.each([
    ['import', `import * as library from 'effect';`, { isRegistered: true }],
    ['require', `const library = require('effect');`, { isRegistered: true, isCommonJs: true }],
    [
      'its entry',
      `import { Effect as watched } from 'lockdep/effect'; import * as plain from 'effect';
       const library = { ...plain, Effect: watched };`,
      {},
    ],
  ])('is watched by %s', (_way, load, options) => {
    const { stderr } = run(load + use, { ...options, cwd: folder });
    expect(stderr).toMatch(/^Potential deadlock: .* \[circular-dependency\]$/m);
    expect(stderr).not.toContain('LOCKDEP_VERSION');
  });

  it('has the names that it has', () => {
    const script = `import * as library from 'effect'; console.log(JSON.stringify(Object.keys(library)));`;
    const [plain, watched] = [false, true].map(
      (isRegistered) => run(script, { isRegistered, cwd: folder }).stdout,
    );
    expect(JSON.parse(plain!)).toContain('Effect');
    expect(watched).toBe(plain);
  });
});

const WEB_LOCKS = `
  (async () => {
    await locks.request('user:1', () => locks.request('user:2', () => {}));
    await locks.request('user:2', () => locks.request('user:1', () => {}));
  })();`;

describe('Web Locks', () => {
  const hasLocks = findWebLocks() !== undefined;

  it.skipIf(!hasLocks).each([
    ['register', 'const { locks } = navigator;', true],
    ['register, from a worker thread', `import { locks } from 'node:worker_threads';`, true],
    ['the entry', `import { locks } from 'lockdep/web-locks';`, false],
  ])('are watched by %s', (_way, load, isRegistered) => {
    expect(run(load + WEB_LOCKS, { isRegistered }).stderr).toMatch(
      /navigator\.locks\[user:\*\].*\[recursive-acquisition\]/,
    );
  });

  it('are what they are under `LOCKDEP=off`, also where there are none', () => {
    const script = `
      import { locks } from 'lockdep/web-locks';
      console.log(locks === globalThis.navigator?.locks, Object.hasOwn(Object.prototype, 'request'));`;
    expect(run(script, { env: { LOCKDEP: 'off' } }).stdout).toBe('true false\n');
  });
});
