/**
 * Mistakes that programs make with locks of libraries, each with its correct twin: as files, run from outside with
 * nothing but `--import lockdep/register`. A file is written for each library, so that the places are a program's own.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { libraries } from '../../src/adapters/shared/libraries.ts';

const root = path.resolve(import.meta.dirname, '../..');
// Below the root, so that `lockdep` and the libraries are found; not in git.
const folder = path.join(root, 'fixtures/dist/real-bugs');

interface Dialect {
  load: string;
  make: string;
  /** One statement, which makes `release` of that name where the library has such. */
  take: (lock: string, release: string) => string;
  give: (lock: string, release: string) => string;
  /** What asking for it again is called. */
  nesting: 'recursive-acquisition' | 'nested-capacity';
}

const handle = (lock: string, release: string): string => `const ${release} = await ${lock}.acquire();`;
const call = (_lock: string, release: string): string => `${release}();`;

/** A function that runs under a lock holds it for as long as the program likes. */
const underFunction =
  (call: (job: string) => string): Dialect['take'] =>
  (lock, release) =>
    `const ${release} = await new Promise((take, fail) => ${lock}${call('() => new Promise(take)')}.catch(fail));`.replace(
      'new Promise(take)',
      'new Promise((give) => take(give))',
    );

/** Locks that are taken and given back, by what a program writes. */
const dialects: Record<string, Dialect> = {
  'async-lock': {
    load: `import AsyncLock from 'async-lock';`,
    make: 'new AsyncLock()',
    take: underFunction((job) => `.acquire('user:1', ${job})`),
    give: call,
    nesting: 'recursive-acquisition',
  },
  'async-mutex': {
    load: `import { Mutex } from 'async-mutex';`,
    make: 'new Mutex()',
    take: handle,
    give: call,
    nesting: 'recursive-acquisition',
  },
  'async-mutex Semaphore': {
    load: `import { Semaphore } from 'async-mutex';`,
    make: 'new Semaphore(1)',
    take: (lock, release) => `const [, ${release}] = await ${lock}.acquire();`,
    give: call,
    nesting: 'nested-capacity',
  },
  'async-sema': {
    load: `import { Sema } from 'async-sema';`,
    make: 'new Sema(1)',
    take: (lock) => `await ${lock}.acquire();`,
    give: (lock) => `${lock}.release();`,
    nesting: 'nested-capacity',
  },
  'await-lock': {
    load: `import AwaitLock from 'await-lock';`,
    make: 'new AwaitLock()',
    take: (lock) => `await ${lock}.acquireAsync();`,
    give: (lock) => `${lock}.release();`,
    nesting: 'recursive-acquisition',
  },
  'await-semaphore': {
    load: `import { Mutex } from 'await-semaphore';`,
    make: 'new Mutex()',
    take: handle,
    give: call,
    nesting: 'recursive-acquisition',
  },
  bottleneck: {
    load: `import Bottleneck from 'bottleneck';`,
    make: 'new Bottleneck({ maxConcurrent: 1 })',
    take: underFunction((job) => `.schedule(${job})`),
    give: call,
    nesting: 'nested-capacity',
  },
  effect: {
    load: `import { Effect, Semaphore } from 'effect';`,
    make: 'Semaphore.makeUnsafe(1)',
    take: (lock) => `await Effect.runPromise(${lock}.take(1));`,
    give: (lock) => `await Effect.runPromise(${lock}.release(1));`,
    nesting: 'nested-capacity',
  },
  'es-toolkit': {
    load: `import { Mutex } from 'es-toolkit';`,
    make: 'new Mutex()',
    take: (lock) => `await ${lock}.acquire();`,
    give: (lock) => `${lock}.release();`,
    nesting: 'recursive-acquisition',
  },
  'es-toolkit/promise Semaphore': {
    load: `import { Semaphore } from 'es-toolkit/promise';`,
    make: 'new Semaphore(1)',
    take: (lock) => `await ${lock}.acquire();`,
    give: (lock) => `${lock}.release();`,
    nesting: 'nested-capacity',
  },
  'generic-pool': {
    load: `import { createPool } from 'generic-pool';`,
    make: 'createPool({ create: async () => ({}), destroy: async () => {} }, { max: 1 })',
    take: handle,
    give: (lock, release) => `await ${lock}.release(${release});`,
    nesting: 'nested-capacity',
  },
  mutexify: {
    load: `import mutexify from 'mutexify';`,
    make: 'mutexify()',
    take: (lock, release) => `const ${release} = await new Promise((done) => ${lock}(done));`,
    give: call,
    nesting: 'recursive-acquisition',
  },
  'mutexify/promise': {
    load: `import mutexify from 'mutexify/promise.js';`,
    make: 'mutexify()',
    take: (lock, release) => `const ${release} = await ${lock}();`,
    give: call,
    nesting: 'recursive-acquisition',
  },
  'p-limit': {
    load: `import pLimit from 'p-limit';`,
    make: 'pLimit(1)',
    take: underFunction((job) => `(${job})`),
    give: call,
    nesting: 'nested-capacity',
  },
  'p-mutex': {
    load: `import Mutex from 'p-mutex';`,
    make: 'new Mutex()',
    take: (lock) => `await ${lock}.lock();`,
    give: (lock) => `${lock}.unlock();`,
    nesting: 'recursive-acquisition',
  },
  'p-queue': {
    load: `import PQueue from 'p-queue';`,
    make: 'new PQueue({ concurrency: 1 })',
    take: underFunction((job) => `.add(${job})`),
    give: call,
    nesting: 'nested-capacity',
  },
  rwlock: {
    load: `import ReadWriteLock from 'rwlock';`,
    make: 'new ReadWriteLock()',
    take: (lock, release) => `const ${release} = await new Promise((done) => ${lock}.writeLock(done));`,
    give: call,
    nesting: 'recursive-acquisition',
  },
};

/** `// held` and `// asked` mark the lines that the report has to name. */
interface Bug {
  name: string;
  code: string;
  bug: string;
  twin: string;
  /** A run to the end, from which the bug is found all the same. */
  finishes?: boolean;
}

function bugsOf({ load, make, take, give, nesting }: Dialect): Bug[] {
  const listening = (emits: string): string => `
    import { EventEmitter } from 'node:events';
    ${load}
    const lock = ${make};
    const events = new EventEmitter();
    events.on('saved', async () => {
      ${take('lock', 'again')} // asked
      ${give('lock', 'again')}
    });
    const emit = () => Promise.all(events.listeners('saved').map((listener) => listener()));
    async function save() {
      ${take('lock', 'release')} // held
      ${emits}
    }
    save().then(() => console.log('done'));`;
  const saving = (body: string): string => `
    ${load}
    const lock = ${make};
    async function save(text) {
      ${take('lock', 'release')} // held // asked
      ${body}
    }
    save('').catch(() => {}).then(() => save('text')).then(() => console.log('done'));`;
  const twoLocks = (second: string): string => `
    ${load}
    const first = ${make};
    const second = ${make};
    async function both() {
      ${take('first', 'releaseFirst')}
      ${take('second', 'releaseSecond')}
      ${give('second', 'releaseSecond')}
      ${give('first', 'releaseFirst')}
    }
    async function other() {
      ${second}
    }
    both().then(other).then(() => console.log('done'));`;
  return [
    {
      name: 'a lock held over an awaited listener that asks for it again',
      code: nesting,
      bug: listening(`await emit();\n${give('lock', 'release')}`),
      twin: listening(`${give('lock', 'release')}\nawait emit();`),
    },
    {
      name: 'a hold lost by a throw',
      code: nesting,
      bug: saving(`if (text === '') throw new Error('empty');\n${give('lock', 'release')}`),
      twin: saving(
        `try {\nif (text === '') throw new Error('empty');\n} finally {\n${give('lock', 'release')}\n}`,
      ),
    },
    {
      name: 'two locks in both orders, one after another',
      code: 'circular-dependency',
      finishes: true,
      bug: twoLocks(`
        ${take('second', 'releaseSecond')} // held
        ${take('first', 'releaseFirst')} // asked
        ${give('first', 'releaseFirst')}
        ${give('second', 'releaseSecond')}`),
      twin: twoLocks('await both();'),
    },
  ];
}

/** Functions that run under a lock of their own kind, one deep: it goes well, once. */
function insideItself(load: string, make: string, run: string): Bug {
  const program = (inner: string): string => `
    ${load}
    const limit = ${make};
    const inner = ${inner};
    const visit = (depth) =>
      (depth === 2 ? limit : inner)${run}(async () => { // held // asked
        if (depth > 1) await visit(depth - 1);
      });
    visit(2).then(() => console.log('done'));`;
  return {
    name: 'a limiter used inside itself',
    code: 'nested-capacity',
    finishes: true,
    bug: program('limit'),
    twin: program(make),
  };
}

/** The second key under the first, and the other way round. */
function keysInBothOrders(load: string, take: (key: string, job: string) => string, code: string): Bug {
  const program = (second: [string, string]): string => `
    ${load}
    const transfer = (from, to) => // the twin sorts its keys
      ${take('from', `() => ${take('to', 'async () => {}')}`)}; // held // asked
    await transfer('a', 'b');
    await transfer('${second[0]}', '${second[1]}');
    console.log('done');`;
  return {
    name: 'two keyed locks in both orders',
    code,
    finishes: true,
    bug: program(['b', 'a']),
    twin: program(['a', 'b']),
  };
}

/** What only some libraries have. */
const special: Record<string, Bug[]> = {
  'async-lock': [
    keysInBothOrders(
      `import AsyncLock from 'async-lock';\nconst lock = new AsyncLock();`,
      (key, job) => `lock.acquire(${key}, ${job})`,
      'recursive-acquisition',
    ),
  ],
  bottleneck: [
    insideItself(`import Bottleneck from 'bottleneck';`, 'new Bottleneck({ maxConcurrent: 2 })', '.schedule'),
  ],
  'p-queue': [insideItself(`import PQueue from 'p-queue';`, 'new PQueue({ concurrency: 2 })', '.add')],
  'es-toolkit': [
    {
      name: 'a limited function that calls itself',
      code: 'nested-capacity',
      finishes: true,
      ...(() => {
        const program = (inner: string): string => `
          import { limitAsync } from 'es-toolkit';
          const visit = limitAsync(async (depth) => {
            if (depth > 1) await ${inner}(depth - 1); // asked
          }, 2);
          const other = limitAsync(async () => {}, 2);
          visit(2).then(() => console.log('done')); // held`;
        return { bug: program('visit'), twin: program('other') };
      })(),
    },
  ],
  tarn: [
    {
      name: 'a resource asked for while one is held',
      code: 'nested-capacity',
      finishes: true,
      ...(() => {
        const program = (body: string): string => `
          import { Pool } from 'tarn';
          const pool = new Pool({ create: () => ({}), destroy() {}, min: 0, max: 2 });
          async function report() {
            ${body}
          }
          report().then(() => pool.destroy()).then(() => console.log('done'));`;
        const [take, query] = [
          'const client = await pool.acquire().promise; // held',
          'const other = await pool.acquire().promise; // asked',
        ];
        return {
          bug: program(`${take}\n${query}\npool.release(other);\npool.release(client);`),
          twin: program(`${take}\npool.release(client);\n${query}\npool.release(other);`),
        };
      })(),
    },
  ],
  'async-mutex': ['Mutex()', 'Semaphore(1)'].map((make) => {
    const [first, second] = make === 'Mutex()' ? ['release', ''] : ['[, release]', ''];
    const program = (body: string): string => `
      import { Mutex, Semaphore } from 'async-mutex';
      const lock = new ${make};
      async function start() {
        ${body}
        release();${second}
      }
      start().then(() => console.log('done'));`;
    return {
      name: `an acquire and a wait for the unlock in one Promise.all, ${make}`,
      code: make === 'Mutex()' ? 'recursive-acquisition' : 'nested-capacity',
      bug: program(`const [${first}] = await Promise.all([
          lock.acquire(), // held
          lock.waitForUnlock(), // asked
        ]);`),
      twin: program(`await lock.waitForUnlock();\nconst ${first} = await lock.acquire();`),
    };
  }),
  'await-semaphore': [
    {
      name: 'a callback of `use` that throws at once',
      code: 'recursive-acquisition',
      ...(() => {
        const program = (fn: string): Pick<Bug, 'bug'>['bug'] => `
          import { Mutex } from 'await-semaphore';
          const mutex = new Mutex();
          const save = (text) =>
            mutex.use(${fn} => { // held // asked
              if (text === '') throw new Error('empty');
              return Promise.resolve();
            });
          save('').catch(() => {}).then(() => save('text')).then(() => console.log('done'));`;
        return { bug: program('()'), twin: program('async ()') };
      })(),
    },
  ],
  effect: [
    {
      name: 'two semaphores in both orders, by two fibers',
      code: 'circular-dependency',
      finishes: true,
      ...(() => {
        const program = (outer: string, inner: string): string => `
          import { Effect, Fiber, Semaphore } from 'effect';
          const program = Effect.gen(function* () {
            const users = yield* Semaphore.make(1);
            const orders = yield* Semaphore.make(1);
            const first = yield* Effect.forkChild(users.withPermits(1)(orders.withPermits(1)(Effect.yieldNow)));
            yield* Fiber.join(first);
            const count = ${inner}.withPermits(1)(Effect.yieldNow); // asked
            const second = yield* Effect.forkChild(${outer}.withPermits(1)(count)); // held
            yield* Fiber.join(second);
          });
          Effect.runPromise(program).then(() => console.log('done'));`;
        return { bug: program('orders', 'users'), twin: program('users', 'orders') };
      })(),
    },
    {
      name: 'a semaphore inside itself',
      code: 'nested-capacity',
      ...(() => {
        const program = (inner: string): string => `
          import { Effect, Semaphore } from 'effect';
          const limit = Semaphore.makeUnsafe(1);
          const inner = ${inner};
          const count = inner.withPermits(1)(Effect.succeed(7)); // asked
          const visit = limit.withPermits(1)(count); // held
          Effect.runPromise(visit).then(() => console.log('done'));`;
        return { bug: program('limit'), twin: program('Semaphore.makeUnsafe(1)') };
      })(),
    },
    {
      name: 'units taken within units',
      code: 'nested-capacity',
      finishes: true,
      ...(() => {
        const program = (take: string): string => `
          import { Effect, Semaphore } from 'effect';
          const memory = Semaphore.makeUnsafe(8);
          ${take}
          Effect.runPromise(load).then(() => console.log('done'));`;
        return {
          bug: program(`const parse = memory.withPermits(3)(Effect.yieldNow); // asked
          const load = memory.withPermits(5)(parse); // held`),
          twin: program(`const load = memory.withPermits(8)(Effect.yieldNow);`),
        };
      })(),
    },
  ],
  'p-limit': [insideItself(`import pLimit from 'p-limit';`, 'pLimit(2)', '')],
  rwlock: [true, false].map((hasWriter) => {
    const program = (inner: string): string => `
      import ReadWriteLock from 'rwlock';
      const lock = new ReadWriteLock();
      const read = (fn) => new Promise((done) => lock.readLock(async (release) => { // held
        await fn();
        release();
        done();
      }));
      const count = (fn) => new Promise((done) => lock.readLock(async (release) => { // asked
        await fn();
        release();
        done();
      }));
      const turn = () => new Promise((done) => setImmediate(done));
      ${hasWriter ? 'setImmediate(() => lock.writeLock((release) => release()));' : ''}
      ${inner}.then(() => console.log('done'));`;
    return {
      name: `reader inside reader, ${hasWriter ? 'with a writer queued' : 'and no writer in this run'}`,
      code: 'recursive-acquisition',
      finishes: !hasWriter,
      bug: program(`read(async () => {\nawait turn();\nawait count(async () => {});\n})`),
      twin: program(`read(turn).then(() => count(async () => {}))`),
    };
  }),
};

const table: [library: string, name: string, bug: Bug][] = [
  ...Object.entries(dialects).flatMap(([name, dialect]) =>
    bugsOf(dialect).map((bug): [string, string, Bug] => [name, bug.name, bug]),
  ),
  ...Object.entries(special).flatMap(([name, bugs]) =>
    bugs.map((bug): [string, string, Bug] => [name, bug.name, bug]),
  ),
];

function runFile(name: string, source: string): { file: string; result: ReturnType<typeof spawnSync> } {
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, `${name.replaceAll(/[^\w-]+/g, '-')}.mjs`);
  writeFileSync(file, source);
  const { NODE_ENV: _, LOCKDEP: __, ...inherited } = process.env;
  const env = { ...inherited, LOCKDEP: 'error' };
  const result = spawnSync(process.execPath, ['--import', 'lockdep/register', file], {
    cwd: root,
    encoding: 'utf8',
    env,
    timeout: 20_000,
  });
  return { file: path.relative(root, file), result };
}

function linesWith(source: string, mark: string): number[] {
  return source.split('\n').flatMap((line, index) => (line.includes(`// ${mark}`) ? [index + 1] : []));
}

describe.each(table)('%s: %s', (library, name, { code, bug, twin, finishes = false }) => {
  it('is found, with both places', () => {
    const { file, result } = runFile(`${library} ${name}`, bug);
    expect(result.stderr).toContain(`[${code}]`);
    const places = [...linesWith(bug, 'held'), ...linesWith(bug, 'asked')];
    expect(places.length).toBeGreaterThan(1);
    for (const line of places) expect(result.stderr).toContain(`${file}:${line}:`);
    expect(result.stdout).toBe(finishes ? 'done\n' : '');
    expect(result.status).toBe(1);
  });

  it('has a twin that stays silent', () => {
    const { result } = runFile(`${library} ${name} twin`, twin);
    expect([result.status, result.stdout, result.stderr]).toEqual([0, 'done\n', '']);
  });
});

it('has a line for each library that has locks to be taken', () => {
  const tried = new Set(
    [...Object.keys(dialects), ...Object.keys(special)].map((each) => each.split(/[ /]/)[0]),
  );
  const others = Object.keys(libraries).filter((each) => !tried.has(each));
  // Locks by key, queues and pools: their programs are in a file of their own.
  for (const name of others)
    expect(readFileSync(path.join(root, `test/adapters/${name}.test.ts`), 'utf8')).toContain('checkProgram');
  expect(others.length).toBeLessThan(Object.keys(libraries).length);
});
