/**
 * What a million members of a family take: bytes each, and nanoseconds to read one.
 *   node --expose-gc test/bench/members.mjs [--json]
 * Next to it, a million RwLocks, of which an application would have made one each. Exits with 1 when a member
 * takes over 100 bytes.
 */
import { FamilyLock, RwLock, Validator } from '../../dist/index.js';

const MEMBERS = 1_000_000;
const MAX_BYTES = 100;
const ROUNDS = 5;

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

function heap() {
  globalThis.gc();
  return process.memoryUsage().heapUsed;
}

/** The array they are in is there before, and is not counted. */
function measureBytes(create, count) {
  const all = Array.from({ length: count }, () => null);
  const before = heap();
  for (let i = 0; i < count; i++) all[i] = create();
  return { bytes: (heap() - before) / count, all };
}

function measureReads(all) {
  const samples = [];
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    for (const member of all) {
      member.tryRead();
      member.endRead();
    }
    samples.push(((performance.now() - start) * 1e6) / all.length);
  }
  return median(samples);
}

const results = [];
for (const [name, options] of [
  ['off', { policy: 'off' }],
  ['watched', {}],
]) {
  const validator = new Validator(options);
  const family = new FamilyLock({ name: 'rows', validator });
  const { bytes, all } = measureBytes(() => family.attach(), MEMBERS);
  const readNs = measureReads(all);
  all.length = 0;
  const lockBytes = measureBytes(() => new RwLock({ name: 'row', validator }), MEMBERS / 10).bytes;
  results.push({ name, bytes, readNs, lockBytes });
  if (bytes > MAX_BYTES) process.exitCode = 1;
}

if (process.argv.includes('--json'))
  console.log(
    JSON.stringify({ runtime: `node/${process.versions.node}`, members: MEMBERS, results }, null, 2),
  );
else {
  console.log(`node/${process.versions.node}: ${MEMBERS.toLocaleString('en')} members of a family`);
  for (const { name, bytes, readNs, lockBytes } of results)
    console.log(
      `${name.padEnd(8)} ${bytes.toFixed(0)} bytes each (an RwLock: ${lockBytes.toFixed(0)}), ${readNs.toFixed(0)} ns to read`,
    );
}
