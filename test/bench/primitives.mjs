/**
 * What completions, work queues, group locks and single waits cost with checking off, as ratios to the
 * plainest promise code that is correct; and a group lock under mixed load, against a read/write lock.
 *   node test/bench/primitives.mjs             a table
 *   node test/bench/primitives.mjs --json      the same as JSON
 * Medians of interleaved rounds in one process, so that a noisy machine is noisy for all.
 */
import { Completion, GroupLock, RwLock, SoleWait, Validator, WorkQueue } from '../../dist/index.js';

const COUNT = 20_000;
const ROUNDS = 21;
const WARM_UP = 6;
const validator = new Validator({ policy: 'off' });

/** A count and a list: the least that loses no completion. */
class PlainCompletion {
  #done = 0;
  #waiting = [];
  complete() {
    const resolve = this.#waiting.shift();
    if (resolve === undefined) this.#done++;
    else resolve();
  }
  wait() {
    if (this.#done > 0) {
      this.#done--;
      return Promise.resolve();
    }
    return new Promise((resolve) => void this.#waiting.push(resolve));
  }
}

/** The chain of promises that programs write. */
class PlainQueue {
  #last = Promise.resolve();
  add(fn) {
    const result = this.#last.then(fn);
    this.#last = result.catch(() => {});
    return result;
  }
}

/** A list of jobs and a count of those that run. */
class PlainPool {
  #free;
  #jobs = [];
  constructor(concurrency) {
    this.#free = concurrency;
  }
  add(fn) {
    return new Promise((resolve, reject) => {
      this.#jobs.push({ fn, resolve, reject });
      queueMicrotask(() => this.#pump());
    });
  }
  #pump() {
    while (this.#free > 0 && this.#jobs.length > 0) {
      this.#free--;
      void this.#run(this.#jobs.shift());
    }
  }
  async #run({ fn, resolve, reject }) {
    try {
      resolve(await fn());
    } catch (error) {
      reject(error);
    }
    this.#free++;
    this.#pump();
  }
}

/** Fair between groups, without an allowance, a timeout or a signal. */
class PlainGroupLock {
  #group;
  #holders = 0;
  #waiting = [];
  acquire(group) {
    if (this.#waiting.length === 0 && (this.#holders === 0 || this.#group === group)) {
      this.#group = group;
      this.#holders++;
      return Promise.resolve(this.#release());
    }
    return new Promise((resolve) => void this.#waiting.push({ group, resolve }));
  }
  #release() {
    let isOpen = true;
    return {
      release: () => {
        if (!isOpen) return;
        isOpen = false;
        this.#holders--;
        while (this.#waiting.length > 0) {
          const [{ group, resolve }] = this.#waiting;
          if (this.#holders > 0 && this.#group !== group) return;
          this.#waiting.shift();
          this.#group = group;
          this.#holders++;
          resolve(this.#release());
        }
      },
    };
  }
}

class PlainWait {
  #waiter;
  wait(condition) {
    if (condition()) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiter = { condition, resolve };
    });
  }
  wake() {
    if (this.#waiter === undefined || !this.#waiter.condition()) return;
    const { resolve } = this.#waiter;
    this.#waiter = undefined;
    resolve();
  }
}

const passing = (make) => async () => {
  const completion = make();
  for (let i = 0; i < COUNT; i++) {
    completion.complete();
    await completion.wait();
  }
};
const handshake = (make) => async () => {
  const [ping, pong] = [make(), make()];
  const other = (async () => {
    for (let i = 0; i < COUNT / 2; i++) {
      await ping.wait();
      pong.complete();
    }
  })();
  for (let i = 0; i < COUNT / 2; i++) {
    ping.complete();
    await pong.wait();
  }
  await other;
};
const oneByOne = (make) => async () => {
  const queue = make();
  for (let i = 0; i < COUNT; i++) await queue.add(() => i);
};
const inBursts = (make) => async () => {
  const queue = make();
  for (let i = 0; i < COUNT / 50; i++)
    await Promise.all(Array.from({ length: 50 }, () => queue.add(async () => i)));
};
const alone = (make) => async () => {
  const lock = make();
  for (let i = 0; i < COUNT; i++) (await lock.acquire('a')).release();
};
/** Sixteen flows, three of four in one group or reading, that stay for a few turns. */
const mixed = (acquire) => async () => {
  await Promise.all(
    Array.from({ length: 16 }, async (_, flow) => {
      for (let i = 0; i < COUNT / 64; i++) {
        const hold = await acquire((flow + i) % 4 === 0 ? 'b' : 'a');
        await Promise.resolve();
        await Promise.resolve();
        hold.release();
      }
    }),
  );
};
const waking = (make) => async () => {
  const idle = make();
  let isMet = false;
  const condition = () => isMet;
  for (let i = 0; i < COUNT; i++) {
    isMet = false;
    const wait = idle.wait(condition);
    isMet = true;
    idle.wake();
    await wait;
  }
};

const groups = ['a', 'b'];
const createGroupLock = () => new GroupLock({ groups, validator });
const onGroupLock = (lock) => mixed((group) => lock.acquire(group));

/** Name, ours, the plainest. */
const pairs = [
  [
    'Completion, done before',
    passing(() => new Completion({ validator })),
    passing(() => new PlainCompletion()),
  ],
  [
    'Completion, handshake',
    handshake(() => new Completion({ validator })),
    handshake(() => new PlainCompletion()),
  ],
  ['WorkQueue, one by one', oneByOne(() => new WorkQueue({ validator })), oneByOne(() => new PlainQueue())],
  ['WorkQueue, in bursts', inBursts(() => new WorkQueue({ validator })), inBursts(() => new PlainQueue())],
  [
    'WorkQueue of 4, in bursts',
    inBursts(() => new WorkQueue({ validator, concurrency: 4 })),
    inBursts(() => new PlainPool(4)),
  ],
  ['GroupLock, alone', alone(createGroupLock), alone(() => new PlainGroupLock())],
  ['GroupLock, mixed', onGroupLock(createGroupLock()), onGroupLock(new PlainGroupLock())],
  [
    'GroupLock, mixed, against RwLock',
    onGroupLock(createGroupLock()),
    (() => {
      const lock = new RwLock({ validator });
      return mixed((group) => (group === 'b' ? lock.acquireWrite() : lock.acquireRead()));
    })(),
  ],
  ['SoleWait', waking(() => new SoleWait({ validator })), waking(() => new PlainWait())],
];

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

async function time(fn) {
  const start = performance.now();
  await fn();
  return ((performance.now() - start) * 1e6) / COUNT;
}

const samples = pairs.map(() => [[], []]);
for (let round = 0; round < ROUNDS; round++) {
  for (const [i, [, ...contenders]] of pairs.entries()) {
    for (const [k, run] of contenders.entries()) {
      const ns = await time(run);
      if (round >= WARM_UP) samples[i][k].push(ns);
    }
  }
}
const rows = pairs.map(([name], i) => {
  const [off, plain] = samples[i].map(median);
  return { name, off, plain, ratio: off / plain };
});

if (process.argv.includes('--json'))
  console.log(JSON.stringify({ runtime: `node/${process.versions.node}`, rows }, null, 2));
else {
  console.log(`node/${process.versions.node}: nanoseconds an operation, checking off`);
  console.log(`${''.padEnd(34)}     off   plain  off/plain`);
  for (const { name, off, plain, ratio } of rows) {
    const [a, b] = [off, plain].map((ns) => ns.toFixed(0).padStart(8));
    console.log(`${name.padEnd(34)}${a}${b}${ratio.toFixed(2).padStart(11)}`);
  }
}
