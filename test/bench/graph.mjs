/**
 * Incremental cycle checking: what a new edge costs as the graph grows, and next to graphology-dag.
 *   node --expose-gc test/bench/graph.mjs [--json]
 * Without --expose-gc no heap is measured. About 100 seconds and 2.5 GB.
 *
 * Classes are in 20 layers, numbered at random; edges, ten to a class, lead from a layer to a later one and
 * come in random order. An edge's cost is `observe` and `findCycle` together; two readings of the clock are
 * in it. In the graphs with cycles 1 % of the edges are turned round, and `findCycle` is called for some
 * edges only, spread evenly, because all of them would take hours: its total is estimated from these.
 */
import { DirectedGraph } from 'graphology';
import { willCreateCycle } from 'graphology-dag';
import { DependencyGraph } from '../../dist/graph/dependency-graph.js';

const LAYERS = 20;
const EDGES_PER_CLASS = 10;
const BACKWARDS = 0.01;
const ROUNDS = 3;
/** Per round: so many graphs of so many classes. */
const SIZES = [
  { classes: 1000, graphs: 15 },
  { classes: 10_000, graphs: 3 },
  { classes: 100_000, graphs: 1 },
];
/** With cycles: `findCycle` for each so-manieth edge. */
const CYCLIC_SIZES = [
  { classes: 1000, stride: 1 },
  { classes: 10_000, stride: 50 },
  { classes: 100_000, stride: 10_000 },
];
const COMPARED_CLASSES = 10_000;
/** Edges held back, per round, to be added to the otherwise full graph. */
const COMPARED_EDGES = 100;
/** So many edges of ours, then the same ones of theirs. By turns, their long searches leave our caches cold. */
const MANNERS = { 'in a row': COMPARED_EDGES, 'by turns': 1 };
const MAX_GROWTH = 3;
const MIN_GAIN = 50;

const OBSERVATION = {
  evidence: 'proven',
  isBreakable: false,
  isSimultaneous: false,
  isProvisional: false,
  isWaiting: false,
  gates: [],
};
const DATA = {};
const makeData = () => DATA;

/** Mulberry32: numbers from 0 to below 1. */
function randomFrom(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Edges of a random layered graph, all different, in typed arrays to stay out of the heap that is measured. */
function makeEdges(classes, seed, backwards = 0) {
  const random = randomFrom(seed);
  const below = (bound) => Math.floor(random() * bound);
  const width = classes / LAYERS;
  // Layer after layer, which class stands where.
  const places = Uint32Array.from({ length: classes }, (_, i) => i);
  for (let i = classes - 1; i > 0; i--) {
    const k = below(i + 1);
    [places[i], places[k]] = [places[k], places[i]];
  }
  const count = classes * EDGES_PER_CLASS;
  const from = new Uint32Array(count);
  const to = new Uint32Array(count);
  const known = new Set();
  while (known.size < count) {
    const tail = below(classes - width);
    const next = (Math.floor(tail / width) + 1) * width;
    const ends = [places[tail], places[next + below(classes - next)]];
    if (random() < backwards) ends.reverse();
    const key = ends[0] * classes + ends[1];
    if (known.has(key)) continue;
    [from[known.size], to[known.size]] = ends;
    known.add(key);
  }
  return { count, from, to };
}

function makeGraph(classes) {
  const graph = new DependencyGraph();
  for (let i = 0; i < classes; i++) {
    graph.addNode({ name: `L${i}`, capacity: 1, isFair: true, isExecutor: false, isSerial: false });
  }
  return graph;
}

const observe = (graph, from, to) =>
  graph.observe(from, to, 'order', 'exclusive', 'exclusive', OBSERVATION, makeData).edge;

function addAcyclic(graph, { from, to }, i) {
  if (graph.findCycle(observe(graph, from[i], to[i])) !== undefined) {
    throw new Error(`Expected no cycle through edge ${i}.`);
  }
}

/** Returns the value below which the given part of the values is. */
function quantile(values, part) {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
}
const median = (values) => quantile(values, 0.5);
const sum = (values) => values.reduce((total, value) => total + value, 0);
const largest = (values) => values.reduce((a, b) => Math.max(a, b));

function heapMb() {
  globalThis.gc();
  return process.memoryUsage().heapUsed / 1e6;
}

/** Builds a graph, and returns what each edge took, in microseconds, and what the whole needs. */
function build(classes, seed, hasHeap = false) {
  const edges = makeEdges(classes, seed);
  const us = new Float64Array(edges.count);
  const heapBefore = hasHeap ? heapMb() : 0;
  const start = performance.now();
  const graph = makeGraph(classes);
  for (let i = 0; i < edges.count; i++) {
    const before = performance.now();
    addAcyclic(graph, edges, i);
    us[i] = (performance.now() - before) * 1000;
  }
  const totalMs = performance.now() - start;
  const heap = hasHeap ? heapMb() - heapBefore : undefined;
  if (graph.nodes.length !== classes) throw new Error('Expected the graph to live until here.');
  return { us, totalMs, heapMb: heap };
}

function measureGrowth() {
  const rounds = SIZES.map(() => []);
  const heaps = [];
  for (let round = 0; round < ROUNDS; round++) {
    SIZES.forEach(({ classes, graphs }, i) => {
      const built = [];
      for (let k = 0; k < graphs; k++) {
        // A forced collection throws compiled code away too, so the heap is measured of one graph only.
        const hasHeap = globalThis.gc !== undefined && round === ROUNDS - 1 && k === graphs - 1;
        built.push(build(classes, classes + round * graphs + k, hasHeap));
      }
      const each = (measure) => median(built.map(measure));
      rounds[i].push({
        medianUs: each(({ us }) => median(us)),
        lateMedianUs: each(({ us }) => median(us.subarray(us.length * 0.9))),
        meanUs: each(({ us }) => sum(us) / us.length),
        p99Us: each(({ us }) => quantile(us, 0.99)),
        maxUs: largest(built.map(({ us }) => largest(us))),
        totalMs: each(({ totalMs }) => totalMs),
      });
      heaps[i] = built.at(-1).heapMb;
    });
  }
  return SIZES.map(({ classes }, i) => {
    const over = (key) => median(rounds[i].map((round) => round[key]));
    return {
      classes,
      edges: classes * EDGES_PER_CLASS,
      medianUs: over('medianUs'),
      lateMedianUs: over('lateMedianUs'),
      meanUs: over('meanUs'),
      p99Us: over('p99Us'),
      maxUs: largest(rounds[i].map(({ maxUs }) => maxUs)),
      totalMs: over('totalMs'),
      heapMb: heaps[i],
    };
  });
}

/** Times `add` for some edges, in microseconds. */
function timeEach(start, count, add) {
  return Array.from({ length: count }, (_, k) => {
    const before = performance.now();
    add(start + k);
    return (performance.now() - before) * 1000;
  });
}

/** The same last edges into the same graph, once ours and once theirs. */
function compare(classes, seed, block) {
  const edges = makeEdges(classes, seed);
  const ours = makeGraph(classes);
  const theirs = new DirectedGraph();
  for (let i = 0; i < classes; i++) theirs.addNode(i);
  const first = edges.count - COMPARED_EDGES;
  for (let i = 0; i < first; i++) {
    addAcyclic(ours, edges, i);
    theirs.addDirectedEdge(edges.from[i], edges.to[i]);
  }
  const us = { ours: [], theirs: [] };
  for (let i = first; i < edges.count; i += block) {
    us.ours.push(...timeEach(i, block, (k) => addAcyclic(ours, edges, k)));
    const addTheirs = (k) => {
      if (willCreateCycle(theirs, edges.from[k], edges.to[k])) throw new Error('Expected no cycle.');
      theirs.addDirectedEdge(edges.from[k], edges.to[k]);
    };
    us.theirs.push(...timeEach(i, block, addTheirs));
  }
  return us;
}

function measureGain() {
  const rounds = Object.fromEntries(Object.keys(MANNERS).map((manner) => [manner, []]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [manner, block] of Object.entries(MANNERS))
      rounds[manner].push(compare(COMPARED_CLASSES, 500 + round, block));
  }
  const mean = (values) => sum(values) / values.length;
  return Object.entries(rounds).map(([manner, each]) => {
    const describe = (name) => ({
      medianUs: median(each.map((us) => median(us[name]))),
      meanUs: median(each.map((us) => mean(us[name]))),
      maxUs: largest(each.flatMap((us) => us[name])),
    });
    return {
      manner,
      ours: describe('ours'),
      theirs: describe('theirs'),
      medianRatio: median(each.map((us) => median(us.theirs) / median(us.ours))),
      meanRatio: median(each.map((us) => mean(us.theirs) / mean(us.ours))),
    };
  });
}

function measureCyclic({ classes, stride }) {
  const edges = makeEdges(classes, 900 + classes, BACKWARDS);
  const graph = makeGraph(classes);
  const observeUs = new Float64Array(edges.count);
  const bothUs = [];
  const searchUs = [];
  const closing = [];
  for (let i = 0; i < edges.count; i++) {
    const before = performance.now();
    const edge = observe(graph, edges.from[i], edges.to[i]);
    const between = performance.now();
    observeUs[i] = (between - before) * 1000;
    if (i % stride !== stride - 1) continue;
    const cycle = graph.findCycle(edge);
    const us = (performance.now() - between) * 1000;
    searchUs.push(us);
    bothUs.push(observeUs[i] + us);
    if (cycle !== undefined) closing.push(us);
  }
  return {
    classes,
    edges: edges.count,
    searched: searchUs.length,
    closedCycles: closing.length,
    medianUs: median(bothUs),
    p99Us: quantile(bothUs, 0.99),
    closingMedianUs: median(closing),
    closingMaxUs: largest(closing),
    observeMedianUs: median(observeUs),
    observeMaxUs: largest(observeUs),
    observeTotalMs: sum(observeUs) / 1000,
    findCycleTotalMs: (sum(searchUs) * stride) / 1000,
  };
}

function clockNs() {
  const values = Float64Array.from({ length: 10_000 }, () => {
    const before = performance.now();
    return performance.now() - before;
  });
  return sum(values) * (1e6 / values.length);
}

// So that the small graphs, which come first, are not the only ones to meet code that is not yet compiled.
for (let i = 0; i < 5; i++) build(10_000, i);
compare(1000, 5, 1);
measureCyclic({ classes: 1000, stride: 1 });

const growth = measureGrowth();
const result = {
  runtime: `node/${process.versions.node}`,
  clockNs: clockNs(),
  growth,
  growthRatios: growth.map(({ medianUs }) => medianUs / growth[0].medianUs),
  graphologyDag: measureGain(),
  cyclic: CYCLIC_SIZES.map(measureCyclic),
  maxRssMb: process.resourceUsage().maxRSS / 1000,
};

function printTable(columns, rows) {
  const cells = [Object.keys(columns), ...rows.map((row) => Object.values(columns).map((cell) => cell(row)))];
  const widths = cells[0].map((_, i) => largest(cells.map((line) => line[i].length)));
  for (const line of cells) console.log(line.map((cell, i) => cell.padStart(widths[i])).join('  '));
}

if (process.argv.includes('--json')) console.log(JSON.stringify(result, null, 2));
else {
  const whole = (value) => Math.round(value).toLocaleString('en');
  const short = (value) => (value < 100 ? value.toFixed(2) : whole(value));
  const seconds = (ms) => (ms < 100_000 ? (ms / 1000).toFixed(2) : whole(ms / 1000));
  const { graphologyDag: gains } = result;

  console.log(
    `${result.runtime}: microseconds for a new edge, no cycles (the clock itself: ${result.clockNs.toFixed(0)} ns)`,
  );
  printTable(
    {
      classes: (row) => whole(row.classes),
      edges: (row) => whole(row.edges),
      median: (row) => short(row.medianUs),
      'to the first': (row) => (row.medianUs / growth[0].medianUs).toFixed(2),
      'last tenth': (row) => short(row.lateMedianUs),
      mean: (row) => short(row.meanUs),
      p99: (row) => short(row.p99Us),
      max: (row) => short(row.maxUs),
      'total s': (row) => seconds(row.totalMs),
      'heap MB': (row) => (row.heapMb === undefined ? '-' : row.heapMb.toFixed(1)),
    },
    growth,
  );
  console.log(
    `Growth of the median: ${result.growthRatios.at(-1).toFixed(2)} (claim: at most ${MAX_GROWTH})`,
  );

  console.log(
    `\n${whole(COMPARED_EDGES * ROUNDS)} edges into graphs of ${whole(COMPARED_CLASSES)} classes, full but for these: microseconds`,
  );
  printTable(
    {
      added: ({ manner }) => manner,
      '': ({ name }) => name,
      median: ({ each }) => short(each.medianUs),
      mean: ({ each }) => short(each.meanUs),
      max: ({ each }) => short(each.maxUs),
    },
    gains.flatMap(({ manner, ours, theirs }) => [
      { manner, name: 'lockdep', each: ours },
      { manner, name: 'graphology-dag', each: theirs },
    ]),
  );
  for (const { manner, medianRatio, meanRatio } of gains) {
    console.log(
      `graphology-dag/lockdep, ${manner}: medians ${short(medianRatio)} (claim: at least ${MIN_GAIN}), means ${short(meanRatio)}`,
    );
  }

  console.log(
    '\n1 % of the edges backwards: microseconds; median and p99 of observe and findCycle together, then of findCycle alone where it found a cycle',
  );
  printTable(
    {
      classes: (row) => whole(row.classes),
      edges: (row) => whole(row.edges),
      searched: (row) => whole(row.searched),
      cycles: (row) => whole(row.closedCycles),
      median: (row) => short(row.medianUs),
      p99: (row) => short(row.p99Us),
      'median, cycle': (row) => short(row.closingMedianUs),
      'max, cycle': (row) => short(row.closingMaxUs),
      'observe total s': (row) => seconds(row.observeTotalMs),
      'findCycle total s': (row) => (row.searched < row.edges ? '~' : '') + seconds(row.findCycleTotalMs),
    },
    result.cyclic,
  );
  console.log(`\nLargest resident set: ${whole(result.maxRssMb)} MB`);
}
