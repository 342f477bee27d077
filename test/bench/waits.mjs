/**
 * The locks for unusual jobs (docs/letters.md) with checking off, next to the plainest correct promises that do
 * the same: medians of interleaved rounds.
 *   node test/bench/waits.mjs [--json]
 * Exits with 1 when one takes over 1.5 times as long.
 */
import { FamilyLock, Mutex, RefGate, Validator, optimistic } from '../../dist/index.js';

const ROUNDS = 15;
const WARM_UP = 4;
const MAX_RATIO = 1.5;
const WAITERS = 4;

const off = new Validator({ policy: 'off' });

/**
 * A mutex without names, options, ways to give up, or a check of anything. What it gives can be called twice
 * and releases once, or it would not be correct.
 */
class PlainMutex {
  isHeld = false;
  queue = [];
  onlookers = [];
  flushes = [];
  acquire() {
    if (!this.isHeld) {
      this.isHeld = true;
      return Promise.resolve(this.createRelease());
    }
    return new Promise((resolve) => void this.queue.push(resolve));
  }
  createRelease() {
    let isOpen = true;
    return () => {
      if (!isOpen) return;
      isOpen = false;
      this.release();
    };
  }
  release() {
    const next = this.queue.shift();
    if (next === undefined) this.isHeld = false;
    else next(this.createRelease());
    if (this.onlookers.length > 0) {
      for (const wake of this.onlookers) wake();
      this.onlookers = [];
    }
    for (const flush of this.flushes) flush.left--;
    while (this.flushes[0]?.left === 0) this.flushes.shift().resolve();
  }
  waitForUnlock() {
    if (!this.isHeld) return Promise.resolve();
    return new Promise((resolve) => void this.onlookers.push(resolve));
  }
  waitForQueue() {
    if (!this.isHeld) return Promise.resolve();
    const left = 1 + this.queue.length;
    return new Promise((resolve) => void this.flushes.push({ left, resolve }));
  }
}

async function plainOptimistic(mutex, attempt) {
  for (let round = 1; round <= 3; round++) {
    const result = await attempt();
    if (result !== undefined) return result;
    if (round < 3) await mutex.waitForUnlock();
  }
  const release = await mutex.acquire();
  try {
    return await attempt();
  } finally {
    release();
  }
}

/** The same programs for both: `create` makes what they are about. */
const mutexes = {
  ours: {
    create: () => new Mutex({ validator: off }),
    release: (hold) => hold.release(),
    optimistic,
  },
  plain: {
    create: () => new PlainMutex(),
    release: (release) => release(),
    optimistic: plainOptimistic,
  },
};

/** Counts who is in; once closed, whoever leaves last wakes those who wait for it. */
class PlainGate {
  inside = 0;
  isClosed = false;
  waiting = [];
  tryEnter() {
    if (this.isClosed) return undefined;
    this.inside++;
    let isIn = true;
    return () => {
      if (!isIn) return;
      isIn = false;
      if (--this.inside > 0) return;
      for (const wake of this.waiting.splice(0)) wake();
    };
  }
  close() {
    this.isClosed = true;
  }
  drained() {
    if (this.inside === 0) return Promise.resolve();
    return new Promise((resolve) => void this.waiting.push(resolve));
  }
}

const gates = {
  ours: { create: () => new RefGate({ validator: off }), release: (pass) => pass.release() },
  plain: { create: () => new PlainGate(), release: (release) => release() },
};

/** A count of readers, one writer at most who waits for it to be zero, and a number that ends the writes of all. */
class PlainMember {
  readers = 0;
  sequence = 0;
  writer = null;
  constructor(family) {
    this.family = family;
  }
  tryRead() {
    if (this.writer !== null || this.sequence === this.family.sequence) return false;
    this.readers++;
    return true;
  }
  endRead() {
    if (this.readers === 0) return;
    if (--this.readers > 0 || this.writer === null) return;
    const { writer } = this;
    this.writer = null;
    this.sequence = this.family.sequence;
    writer();
  }
  startWrite() {
    if (this.readers > 0) return new Promise((resolve) => void (this.writer = resolve));
    this.sequence = this.family.sequence;
    return Promise.resolve();
  }
  endWrite() {
    this.sequence = 0;
  }
}

const family = new FamilyLock({ validator: off });
await family.acquireWrite();
const plainFamily = { sequence: 1 };

const members = {
  ours: { create: () => family.attach() },
  plain: { create: () => new PlainMember(plainFamily) },
};

/** Name, how many, and the program; each side brings its own way of doing it. */
const programs = [
  [
    'waitForUnlock, free',
    50_000,
    mutexes,
    async ({ create }, count) => {
      const mutex = create();
      for (let i = 0; i < count; i++) await mutex.waitForUnlock();
    },
  ],
  [
    `waitForUnlock, ${WAITERS} wait`,
    20_000,
    mutexes,
    async ({ create, release }, count) => {
      const mutex = create();
      for (let i = 0; i < count / WAITERS; i++) {
        const hold = await mutex.acquire();
        const waits = [];
        for (let k = 0; k < WAITERS; k++) waits.push(mutex.waitForUnlock());
        release(hold);
        for (const wait of waits) await wait;
      }
    },
  ],
  [
    'waitForQueue, free',
    50_000,
    mutexes,
    async ({ create }, count) => {
      const mutex = create();
      for (let i = 0; i < count; i++) await mutex.waitForQueue();
    },
  ],
  [
    `waitForQueue, ${WAITERS} before it`,
    20_000,
    mutexes,
    async ({ create, release }, count) => {
      const mutex = create();
      for (let i = 0; i < count / WAITERS; i++) {
        const asked = [];
        for (let k = 0; k < WAITERS; k++) asked.push(mutex.acquire());
        const wait = mutex.waitForQueue();
        for (const each of asked) release(await each);
        await wait;
      }
    },
  ],
  [
    'optimistic, at once',
    50_000,
    mutexes,
    async ({ create, optimistic }, count) => {
      const mutex = create();
      for (let i = 0; i < count; i++) await optimistic(mutex, () => i);
    },
  ],
  [
    'optimistic, under the lock',
    10_000,
    mutexes,
    async ({ create, optimistic }, count) => {
      const mutex = create();
      let attempts = 0;
      for (let i = 0; i < count; i++) await optimistic(mutex, () => (++attempts % 4 === 0 ? i : undefined));
    },
  ],
  [
    'RefGate, enter and leave',
    200_000,
    gates,
    ({ create, release }, count) => {
      const gate = create();
      for (let i = 0; i < count; i++) release(gate.tryEnter());
    },
  ],
  [
    `RefGate, drained, ${WAITERS} in`,
    40_000,
    gates,
    async ({ create, release }, count) => {
      const gate = create();
      for (let i = 0; i < count; i++) {
        const passes = [];
        for (let k = 0; k < WAITERS; k++) passes.push(gate.tryEnter());
        const wait = gate.drained();
        for (const pass of passes) release(pass);
        await wait;
      }
    },
  ],
  [
    'Member, read',
    200_000,
    members,
    ({ create }, count) => {
      const member = create();
      for (let i = 0; i < count; i++) {
        member.tryRead();
        member.endRead();
      }
    },
  ],
  [
    'Member, write, nobody reads',
    40_000,
    members,
    async ({ create }, count) => {
      const member = create();
      for (let i = 0; i < count; i++) {
        await member.startWrite();
        member.endWrite();
      }
    },
  ],
  [
    `Member, write, ${WAITERS} read`,
    40_000,
    members,
    async ({ create }, count) => {
      const member = create();
      for (let i = 0; i < count; i++) {
        for (let k = 0; k < WAITERS; k++) member.tryRead();
        const wait = member.startWrite();
        for (let k = 0; k < WAITERS; k++) member.endRead();
        await wait;
        member.endWrite();
      }
    },
  ],
];

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

async function time(run, side, count) {
  const start = performance.now();
  await run(side, count);
  return ((performance.now() - start) * 1e6) / count;
}

async function measure([name, count, sides, run]) {
  const samples = { ours: [], plain: [] };
  for (let round = 0; round < ROUNDS; round++) {
    for (const side of ['ours', 'plain']) {
      const ns = await time(run, sides[side], count);
      if (round >= WARM_UP) samples[side].push(ns);
    }
  }
  const [oursNs, plainNs] = [median(samples.ours), median(samples.plain)];
  return { name, oursNs, plainNs, ratio: oursNs / plainNs };
}

const results = [];
for (const program of programs) results.push(await measure(program));
if (results.some(({ ratio }) => ratio > MAX_RATIO)) process.exitCode = 1;

if (process.argv.includes('--json'))
  console.log(JSON.stringify({ runtime: `node/${process.versions.node}`, results }, null, 2));
else {
  console.log(
    `node/${process.versions.node}: nanoseconds each, checking off (claim: at most ${MAX_RATIO} times)`,
  );
  console.log(`${'wait'.padEnd(36)} lockdep    plain  ratio`);
  for (const { name, oursNs, plainNs, ratio } of results)
    console.log(
      [
        name.padEnd(36),
        oursNs.toFixed(0).padStart(7),
        plainNs.toFixed(0).padStart(8),
        ratio.toFixed(2).padStart(6),
      ].join(' '),
    );
}
