/**
 * Memory is flat over millions of operations: the heap after a forced collection, at the tenths of each run.
 *   node --expose-gc test/bench/memory.mjs [--json]
 * Exits with 1 when the last tenth needs over 2 MB more than the second.
 */
import { setImmediate as turn } from 'node:timers/promises';
import { Mutex, Validator } from '../../dist/index.js';

const ALLOWED_MB = 2;
const validator = new Validator();
const make = (name) => new Mutex({ name, validator });
const [a, b, c] = ['A', 'B', 'C'].map(make);

const programs = {
  '10,000,000 acquire/release pairs of one lock': [
    10_000_000,
    async (count) => {
      for (let i = 0; i < count; i++) (await a.acquire()).release();
    },
  ],
  '1,000,000 chained promises under a lock': [
    1_000_000,
    (count) =>
      a.run(async () => {
        let chain = b.run(() => 0);
        for (let i = 0; i < count; i++) {
          chain = chain.then((sum) => sum + 1);
          if (i % 1000 === 0) await chain;
        }
        await chain;
      }),
  ],
  '1,000,000 times hand over hand through three locks': [
    1_000_000,
    async (count) => {
      let held = await a.acquire();
      for (let i = 0; i < count; i++) {
        const next = await [b, c, a][i % 3].acquire();
        held.release();
        held = next;
      }
      held.release();
    },
  ],
  '300,000 times Promise.all of two locks': [
    300_000,
    async (count) => {
      for (let i = 0; i < count; i++)
        for (const hold of await Promise.all([a.acquire(), b.acquire()])) hold.release();
    },
  ],
  '300,000 requests made while one lock stays held': [
    300_000,
    (count) =>
      a.run(async () => {
        for (let i = 0; i < count; i++) await b.run(() => c.run(() => {}));
      }),
  ],
  '100,000 locks made, used and dropped': [
    100_000,
    async (count) => {
      for (let i = 0; i < count; i++) await make('D').run(() => {});
    },
  ],
  '10,000 validators whose program hangs': [
    10_000,
    async (count) => {
      for (let i = 0; i < count; i++) {
        const options = { validator: new Validator() };
        const [x, y] = [new Mutex(options), new Mutex(options)];
        const nest = (outer, inner) => void outer.run(() => turn().then(() => inner.run(() => {})));
        nest(x, y);
        nest(y, x);
        await turn();
        await turn();
      }
    },
  ],
  '1,000,000 tries in one synchronous run of 1,000': [
    1_000_000,
    async (count) => {
      for (let i = 0; i < count; i++) {
        a.tryAcquire().release();
        if (i % 1000 === 0) await turn();
      }
    },
  ],
};

function heapMb() {
  globalThis.gc();
  return process.memoryUsage().heapUsed / 1e6;
}

const results = [];
for (const [name, [count, run]] of Object.entries(programs)) {
  const heap = [];
  for (let tenth = 0; tenth < 10; tenth++) {
    await run(count / 10);
    await turn();
    heap.push(heapMb());
  }
  const growth = heap.at(-1) - heap[1];
  results.push({ name, heapMb: heap, growthMb: growth });
  if (growth > ALLOWED_MB) process.exitCode = 1;
  if (!process.argv.includes('--json')) {
    console.log(`${name}: ${heap.map((mb) => mb.toFixed(1)).join(' ')} MB; growth ${growth.toFixed(1)} MB`);
  }
}
if (process.argv.includes('--json'))
  console.log(JSON.stringify({ runtime: `node/${process.versions.node}`, results }, null, 2));
