/**
 * Speed, as ratios in one process: medians of interleaved rounds, so that a noisy machine is noisy for all.
 *   npm run bench             a table
 *   npm run bench -- --json   the same as JSON
 * Bare libraries are measured with no tracker on. In a program that has watched locks, others pay for the
 * tracker as well: that is what `async-mutex, followed` is, measured as the prototype of this rule was.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { Mutex as BareMutex } from 'async-mutex';
import { Sema } from 'async-sema';
import * as toolkit from 'es-toolkit';
import { Mutex, Validator, promiseHooksTracker } from '../../dist/index.js';

const PAIRS = 40_000;
const AWAITS = 200_000;
const ROUNDS = 15;
const WARM_UP = 4;

const watched = new Validator();
const off = new Validator({ policy: 'off' });
const locks = (make) => Array.from({ length: 8 }, (_, i) => make(i));

/** Acquire and release of `depth` nested locks, `PAIRS` in all. */
const ours = (mutexes) => async (depth) => {
  for (let i = 0; i < PAIRS / depth; i++) {
    const holds = [];
    for (let k = 0; k < depth; k++) holds.push(await mutexes[k].acquire());
    for (let k = depth - 1; k >= 0; k--) holds[k].release();
  }
};
const asyncMutex = (mutexes) => async (depth) => {
  for (let i = 0; i < PAIRS / depth; i++) {
    const releases = [];
    for (let k = 0; k < depth; k++) releases.push(await mutexes[k].acquire());
    for (let k = depth - 1; k >= 0; k--) releases[k]();
  }
};
const handle = (mutexes) => async (depth) => {
  for (let i = 0; i < PAIRS / depth; i++) {
    for (let k = 0; k < depth; k++) await mutexes[k].acquire();
    for (let k = depth - 1; k >= 0; k--) mutexes[k].release();
  }
};

const contenders = {
  watched: ours(locks((i) => new Mutex({ name: `L${i}`, validator: watched }))),
  off: ours(locks(() => new Mutex({ validator: off }))),
  'async-mutex': asyncMutex(locks(() => new BareMutex())),
  'async-mutex, followed': asyncMutex(locks(() => new BareMutex())),
  'es-toolkit': handle(locks(() => new toolkit.Mutex())),
  'async-sema': handle(locks(() => new Sema(1))),
};

const FOLLOWED = new Set(['watched', 'async-mutex, followed']);

async function plainAwaits() {
  let sum = 0;
  for (let i = 0; i < AWAITS; i++) sum += await i;
  return sum;
}

async function time(count, fn) {
  const start = performance.now();
  await fn();
  return ((performance.now() - start) * 1e6) / count;
}

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

async function tracked(isOn, fn) {
  // The watched locks have switched the tracker on; it is taken away for everybody else.
  if (!isOn) promiseHooksTracker.disable();
  try {
    return await fn();
  } finally {
    if (!isOn) promiseHooksTracker.enable();
  }
}

async function measureLocks(depth) {
  const samples = Object.fromEntries(Object.keys(contenders).map((name) => [name, []]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, run] of Object.entries(contenders)) {
      const ns = await tracked(FOLLOWED.has(name), () => time(PAIRS, () => run(depth)));
      if (round >= WARM_UP) samples[name].push(ns);
    }
  }
  return Object.fromEntries(Object.entries(samples).map(([name, values]) => [name, median(values)]));
}

async function measureAwaits() {
  const storage = new AsyncLocalStorage();
  const samples = { none: [], tracker: [], AsyncLocalStorage: [] };
  for (let round = 0; round < ROUNDS; round++) {
    const none = await tracked(false, () => time(AWAITS, plainAwaits));
    const tracker = await tracked(true, () => time(AWAITS, plainAwaits));
    const als = await tracked(false, () => storage.run({}, () => time(AWAITS, plainAwaits)));
    storage.disable();
    if (round < WARM_UP) continue;
    samples.none.push(none);
    samples.tracker.push(tracker);
    samples['AsyncLocalStorage'].push(als);
  }
  return Object.fromEntries(Object.entries(samples).map(([name, values]) => [name, median(values)]));
}

const result = { runtime: `node/${process.versions.node}`, locks: {}, awaits: await measureAwaits() };
for (const depth of [1, 2, 4, 8]) result.locks[depth] = await measureLocks(depth);

if (process.argv.includes('--json')) console.log(JSON.stringify(result, null, 2));
else {
  const ratio = (a, b) => (a / b).toFixed(3);
  console.log(`${result.runtime}: nanoseconds for an uncontended acquire and release, warm graph`);
  console.log(
    'depth  watched      off  async-mutex  followed  es-toolkit  async-sema  watched/async-mutex  /followed  off/es-toolkit',
  );
  for (const [depth, each] of Object.entries(result.locks)) {
    const [watched, off, bare, followed, toolkitMutex, sema] = Object.values(each);
    const cells = [watched, off, bare, followed, toolkitMutex, sema].map((ns) => ns.toFixed(0));
    console.log(
      [
        depth.padStart(5),
        cells[0].padStart(8),
        cells[1].padStart(8),
        cells[2].padStart(12),
        cells[3].padStart(9),
        cells[4].padStart(11),
        cells[5].padStart(11),
        ratio(watched, bare).padStart(20),
        ratio(watched, followed).padStart(10),
        ratio(off, toolkitMutex).padStart(15),
      ].join(' '),
    );
  }
  const { none, tracker, AsyncLocalStorage: als } = result.awaits;
  console.log(
    `\nplain await: ${none.toFixed(0)} ns; with the tracker ${tracker.toFixed(0)} (${ratio(tracker, none)}); with AsyncLocalStorage ${als.toFixed(0)} (${ratio(als, none)})`,
  );
}
