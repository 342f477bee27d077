// Merging 1,000 snapshots of 1,000 edges, as `lockdep merge` does it: time, and the most memory it had.
// `npm run build && node test/bench/merge.mjs`. Two sets: runs of one program, whose edges are mostly the
// same, and runs that have nothing in common. Each is merged in a process of its own.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const SNAPSHOTS = 1000;
const EDGES = 1000;
const CLASSES = 200;

const main = new URL('../../dist/cli/main.js', import.meta.url).pathname;

/** The same numbers each time (mulberry32). */
function createRandom(seed) {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

function createStack(file, line) {
  const frames = ['inner', 'outer', 'main'].map((fn, depth) => ({
    at: `src/${file}.ts:${line + depth}:7`,
    fn,
  }));
  return { frames };
}

/** One run: nine of ten edges are of the program, the others of this run alone; one in 500 goes the wrong way. */
function createSnapshot(run, isAlike) {
  const random = createRandom(run);
  const prefix = isAlike ? '' : `run${run}/`;
  const edges = new Map();
  const program = createRandom(-1);
  while (edges.size < EDGES) {
    const isShared = isAlike && edges.size < EDGES * 0.9;
    const draw = isShared ? program : random;
    const [a, b] = [draw(CLASSES), draw(CLASSES)].sort((x, y) => x - y);
    if (a === b) continue;
    const [from, to] = !isShared && random(500) === 0 ? [b, a] : [a, b];
    edges.set(`${from} ${to}`, {
      from: `${prefix}lock-${from}`,
      to: `${prefix}lock-${to}`,
      kind: 'order',
      fromMode: 'exclusive',
      toMode: 'exclusive',
      evidence: 'proven',
      breakable: false,
      simultaneous: false,
      provisional: false,
      count: 1 + random(100),
      gates: [],
      held: createStack(`${prefix}file-${from}`, to),
      requested: createStack(`${prefix}file-${to}`, from),
    });
  }
  const times = { max: random(100), mean: random(10) };
  const classes = Array.from({ length: CLASSES }, (_, index) => ({
    name: `${prefix}lock-${index}`,
    kind: 'mutex',
    instances: 1,
    acquisitions: 1 + random(1000),
    contentions: random(10),
    waitMs: times,
    holdMs: times,
  }));
  const inputs = [{ id: `input-${run}`, runs: 1 }];
  const list = [...edges.values()];
  return {
    version: 1,
    tool: 'lockdep/0.1.0',
    runtime: 'node/20.0.0',
    inputs,
    classes,
    edges: list,
    findings: [],
  };
}

/** Prints the peak of the process at its end, on stderr. */
const MEASURE = 'data:text/javascript,process.on("exit",()=>console.error(process.resourceUsage().maxRSS))';

function measure(name, isAlike) {
  const folder = mkdtempSync(path.join(tmpdir(), 'lockdep-bench-'));
  try {
    mkdirSync(path.join(folder, 'in'));
    const files = Array.from({ length: SNAPSHOTS }, (_, run) => path.join('in', `${run}.json`));
    for (const [run, file] of files.entries())
      writeFileSync(path.join(folder, file), JSON.stringify(createSnapshot(run, isAlike)));
    const start = performance.now();
    const args = ['--import', MEASURE, main, 'merge', '-o', 'merged.json', ...files];
    const { status, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
    const seconds = (performance.now() - start) / 1000;
    if (status !== 0) throw new Error(`lockdep merge ended with ${status}: ${stderr}`);
    const megabytes = (bytes) => Math.round(bytes / 1e6);
    const peak = megabytes(Number(stderr.trim()) * 1024);
    const size = megabytes(statSync(path.join(folder, 'merged.json')).size);
    console.log(`${name}: ${seconds.toFixed(1)} s, peak ${peak} MB, result ${size} MB`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

console.log(`${SNAPSHOTS} snapshots of ${EDGES} edges, Node ${process.versions.node}`);
measure('runs of one program', true);
if (process.argv.includes('--apart')) measure('nothing in common', false);
