/**
 * What watching a library costs, as ratios in one process: medians of interleaved rounds.
 *   npm run build && node test/bench/adapters.mjs [--json] [--least] [library…]
 * With `--least` more and shorter rounds, and of each the fourth least in place of the median: for a machine that is busy.
 * Plain is measured without any tracker, and under the promise hooks that watching needs; watched on a graph that knows all its edges. Then the start of a program
 * under `lockdep/register`, next to plain `node`.
 */
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';

// Whether flows are followed is seen by what is replaced then; an entry begins with it when it is loaded.
const plainSetTimeout = globalThis.setTimeout;
const isFollowed = () => globalThis.setTimeout !== plainSetTimeout;
const { Validator, promiseHooksTracker } = await import('../../dist/index.js');
const { watch: watchAsyncLock } = await import('../../dist/entries/async-lock.js');
const { watch: watchAsyncMutex } = await import('../../dist/entries/async-mutex.js');
const { watch: watchPLimit } = await import('../../dist/entries/p-limit.js');

const isLeast = process.argv.includes('--least');
const [OPERATIONS, ROUNDS, WARM_UP] = isLeast ? [5000, 120, 30] : [20_000, 21, 6];
const STARTS = 21;
const root = fileURLToPath(new URL('../..', import.meta.url));

const validator = new Validator();
const require = createRequire(import.meta.url);

/** A copy of a package of its own, so that one is watched and one is not. */
function loadCopy(name) {
  const file = require.resolve(name);
  for (const key of Object.keys(require.cache))
    if (key.includes(`/node_modules/${name}/`)) delete require.cache[key];
  return require(file);
}

/** How one operation of each library is done, by what is measured. The most that watched may take of plain. */
const subjects = {
  'async-lock': {
    limit: 1.5,
    copies: () => [loadCopy('async-lock'), watchAsyncLock(loadCopy('async-lock'), { validator })],
    prepare(AsyncLock) {
      const lock = new AsyncLock();
      return () => lock.acquire('key', work);
    },
  },
  'async-lock, a thousand keys': {
    limit: 1.5,
    copies: () => [loadCopy('async-lock'), watchAsyncLock(loadCopy('async-lock'), { validator })],
    prepare(AsyncLock) {
      const lock = new AsyncLock();
      const keys = Array.from({ length: 1000 }, (_, i) => `key:${i}`);
      let next = 0;
      return () => lock.acquire(keys[next++ % 1000], work);
    },
  },
  'async-lock nested': {
    limit: 1.5,
    copies: () => [loadCopy('async-lock'), watchAsyncLock(loadCopy('async-lock'), { validator })],
    prepare(AsyncLock) {
      const lock = new AsyncLock();
      return () => lock.acquire('a', () => lock.acquire('b', work));
    },
  },
  'async-lock, ten at once': {
    limit: 1.5,
    copies: () => [loadCopy('async-lock'), watchAsyncLock(loadCopy('async-lock'), { validator })],
    prepare(AsyncLock) {
      const lock = new AsyncLock();
      return () => Promise.all(Array.from({ length: 10 }, () => lock.acquire('key', work)));
    },
    count: 10,
  },
  'async-mutex acquire': {
    limit: 1.15,
    copies: () => [loadCopy('async-mutex'), watchAsyncMutex(loadCopy('async-mutex'), { validator })],
    prepare({ Mutex }) {
      const mutex = new Mutex();
      return async () => {
        const release = await mutex.acquire();
        release();
      };
    },
  },
  'async-mutex runExclusive': {
    limit: 1.15,
    copies: () => [loadCopy('async-mutex'), watchAsyncMutex(loadCopy('async-mutex'), { validator })],
    prepare({ Mutex }) {
      const mutex = new Mutex();
      return () => mutex.runExclusive(work);
    },
  },
  'async-mutex nested': {
    limit: 1.15,
    copies: () => [loadCopy('async-mutex'), watchAsyncMutex(loadCopy('async-mutex'), { validator })],
    prepare({ Mutex }) {
      const outer = new Mutex();
      const inner = new Mutex();
      return () => outer.runExclusive(() => inner.runExclusive(work));
    },
  },
  'p-limit': {
    limit: 1.5,
    copies: () => [require('p-limit').default, watchPLimit(require('p-limit'), { validator }).default],
    prepare(pLimit) {
      const limit = pLimit(4);
      return () => limit(work);
    },
  },
  'p-limit, ten at once': {
    limit: 1.5,
    copies: () => [require('p-limit').default, watchPLimit(require('p-limit'), { validator }).default],
    prepare(pLimit) {
      const limit = pLimit(4);
      return () => Promise.all(Array.from({ length: 10 }, () => limit(work)));
    },
    count: 10,
  },
};

async function work() {}

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

const pick = (values) => (isLeast ? values.toSorted((a, b) => a - b)[3] : median(values));

async function time(operation, count) {
  const start = performance.now();
  for (let i = 0; i < OPERATIONS / count; i++) await operation();
  return ((performance.now() - start) * 1e6) / OPERATIONS;
}

async function measure({ copies, prepare, count = 1 }) {
  const [plain, watched] = copies().map(prepare);
  await watched();
  if (!isFollowed()) throw new Error('Nothing is followed');
  const samples = { plain: [], hooked: [], watched: [] };
  for (let round = 0; round < ROUNDS; round++) {
    // Each validator follows for itself.
    let followers = 0;
    for (; isFollowed(); followers++) promiseHooksTracker.disable();
    const plainNs = await time(plain, count);
    for (; followers > 0; followers--) promiseHooksTracker.enable();
    const hookedNs = await time(plain, count);
    const watchedNs = await time(watched, count);
    if (round < WARM_UP) continue;
    samples.plain.push(plainNs);
    samples.hooked.push(hookedNs);
    samples.watched.push(watchedNs);
  }
  return {
    plain: pick(samples.plain),
    hooked: pick(samples.hooked),
    watched: pick(samples.watched),
  };
}

/**
 * Programs, and the folder that they are started in. In one without a library nothing of it is loaded; where an ES
 * module that is supported lies in reach of a program that imports, Node 20 needs a thread. The last one loads a
 * library, and so the validator.
 */
const starts = {
  'with no library in reach': { folder: tmpdir(), script: '0', limit: 60 },
  'of CommonJS, with ES modules in reach': { folder: root, script: '0', limit: 60 },
  'of an ES module, with others in reach': {
    folder: root,
    script: "import 'node:fs'",
    isModule: true,
    limit: 60,
  },
  'of a program with async-mutex': { folder: root, script: "require('async-mutex')", limit: undefined },
};

/** Plain, registered and switched off in turns. */
function measureStart({ folder, script, isModule = false }) {
  const type = `--input-type=${isModule ? 'module' : 'commonjs'}`;
  const register = new URL('../../dist/register.js', import.meta.url).href;
  const variants = {
    plain: [[], {}],
    registered: [['--import', register], {}],
    off: [['--import', register], { LOCKDEP: 'off' }],
  };
  const samples = { plain: [], registered: [], off: [] };
  for (let i = 0; i < STARTS; i++) {
    for (const [name, [args, settings]] of Object.entries(variants)) {
      const env = Object.assign({}, process.env, { NODE_OPTIONS: '', NODE_ENV: '', LOCKDEP: '' }, settings);
      const start = performance.now();
      const { status } = spawnSync(process.execPath, [...args, type, '--eval', script], { cwd: folder, env });
      samples[name].push(performance.now() - start);
      if (status !== 0) throw new Error(`The start ${name} ended with status ${status}`);
    }
  }
  return { plain: median(samples.plain), registered: median(samples.registered), off: median(samples.off) };
}

const isJson = process.argv.includes('--json');
const wanted = process.argv.slice(2).filter((each) => !each.startsWith('-'));
const result = { runtime: `node/${process.versions.node}`, libraries: {}, start: null };
for (const [name, subject] of Object.entries(subjects)) {
  if (wanted.length > 0 && !wanted.some((each) => name.startsWith(each))) continue;
  const figures = await measure(subject);
  result.libraries[name] = { ...figures, ratio: figures.watched / figures.plain, limit: subject.limit };
}
if (wanted.length === 0 || wanted.includes('start')) {
  result.start = {};
  for (const [name, program] of Object.entries(starts)) result.start[name] = measureStart(program);
}

if (isJson) console.log(JSON.stringify(result, null, 2));
else {
  console.log(
    `${result.runtime}: nanoseconds an operation, uncontended save where it says otherwise, warm graph`,
  );
  for (const [name, { plain, hooked, watched, ratio, limit }] of Object.entries(result.libraries))
    console.log(
      `${name.padEnd(26)} plain ${plain.toFixed(0).padStart(6)}  under the hooks ${hooked.toFixed(0).padStart(6)}  watched ${watched.toFixed(0).padStart(6)}  ${ratio.toFixed(2)} of plain (at most ${limit}), ${(watched / hooked).toFixed(2)} of hooked`,
    );
  if (result.start !== null) {
    for (const [name, { plain, registered, off }] of Object.entries(result.start)) {
      const { limit } = starts[name];
      console.log(
        `start ${name.padEnd(38)} plain ${plain.toFixed(0).padStart(4)} ms, ${(registered - plain).toFixed(0).padStart(3)} more registered${limit === undefined ? '' : ` (at most ${limit})`}, ${(off - plain).toFixed(0)} more when off`,
      );
    }
  }
}
