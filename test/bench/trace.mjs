/**
 * Traces: how fast events are replayed, and what a new edge costs the whole way, from the line of text to the
 * verdict, with few classes and with many.
 *   node --expose-gc test/bench/trace.mjs   (after npm run build; --json for JSON)
 */
import { TraceReader } from '../../dist/trace/read-trace.js';

const EVENTS = 2_000_000;
const SIZES = [1_000, 10_000, 100_000];
const LAYERS = 20;
const MOST_EDGES = 300_000;

/** Mulberry32: the same programs in every run. */
function createRandom(seed) {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296) * below);
  };
}

/** Fifty tasks, each taking three of two hundred locks in their order, again and again. */
function replayMany() {
  const random = createRandom(1);
  const reader = new TraceReader();
  reader.begin('bench');
  const start = performance.now();
  let events = 0;
  while (events < EVENTS) {
    const task = `T${random(50)}`;
    const locks = [...new Set([random(200), random(200), random(200)])].sort((a, b) => a - b);
    for (const lock of locks) reader.line(`${task}|acq(L${lock})|${++events}`);
    for (const lock of locks.reverse()) reader.line(`${task}|rel(L${lock})|${++events}`);
  }
  reader.end();
  globalThis.gc?.();
  return {
    nsPerEvent: ((performance.now() - start) * 1e6) / events,
    heapMb: process.memoryUsage().heapUsed / 2 ** 20,
  };
}

/** Edges from a layer of classes to a later one, each seen once. */
function addEdges(classes) {
  const random = createRandom(2);
  const layers = Array.from({ length: classes }, () => random(LAYERS));
  const seen = new Set();
  const reader = new TraceReader();
  reader.begin('bench');
  const samples = [];
  while (samples.length < Math.min(classes * 10, MOST_EDGES)) {
    const [from, to] = [random(classes), random(classes)];
    if (layers[from] >= layers[to] || seen.has(from * classes + to)) continue;
    seen.add(from * classes + to);
    const lines = [`acq(C${from})`, `acq(C${to})`, `rel(C${to})`, `rel(C${from})`];
    const start = performance.now();
    for (const line of lines) reader.line(`T|${line}|1`);
    samples.push((performance.now() - start) * 1000);
  }
  samples.sort((a, b) => a - b);
  return {
    edges: samples.length,
    medianUs: samples[samples.length >> 1],
    p99Us: samples[Math.floor(samples.length * 0.99)],
  };
}

const events = replayMany();
const edges = Object.fromEntries(SIZES.map((classes) => [classes, addEdges(classes)]));
const growth = edges[SIZES.at(-1)].medianUs / edges[SIZES[0]].medianUs;

if (process.argv.includes('--json')) console.log(JSON.stringify({ events, edges, growth }, null, 2));
else {
  console.log(`node/${process.versions.node}`);
  console.log(
    `${events.nsPerEvent.toFixed(0)} ns an event, ten million in ${(events.nsPerEvent / 100).toFixed(0)} s; heap after ${EVENTS} events ${events.heapMb.toFixed(0)} MB`,
  );
  for (const [classes, { edges: count, medianUs, p99Us }] of Object.entries(edges))
    console.log(
      `${classes} classes, ${count} new edges: median ${medianUs.toFixed(1)} us, p99 ${p99Us.toFixed(0)} us each, four events`,
    );
  console.log(`growth of the median from ${SIZES[0]} to ${SIZES.at(-1)} classes: ${growth.toFixed(2)}`);
}
