/**
 * How often predictors are right about random lock programs: recall and precision against every schedule.
 *   node test/accuracy/measure.mjs [--programs 2000] [--seed 1] [--json]
 *     --show N        prints the first N programs about which a predictor is wrong
 *     --of NAME       which predictor that is; the last of the table unless told
 *     --only SEED     looks at one program, by the number that --show gives it, and prints it
 *     --states N      discards programs with more states than that; 200,000 unless told
 */
import { parseArgs } from 'node:util';
import { drawCase } from './draw-case.mjs';
import { formatCase } from './format-case.mjs';
import { formatTable } from './format-table.mjs';
import { loadPredictors } from './predictors.mjs';
import { Score } from './score.mjs';
/** @import { Case } from './draw-case.mjs' */
/** @import { Predictor } from './predictors.mjs' */

/** Seeds of the command are so far apart that their programs are different ones. */
const SEED_STRIDE = 1_000_000;

const { values } = parseArgs({
  options: {
    programs: { type: 'string', default: '2000' },
    seed: { type: 'string', default: '1' },
    states: { type: 'string', default: '200000' },
    show: { type: 'string', default: '0' },
    of: { type: 'string' },
    only: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
const wanted = readCount('programs');
const seed = readCount('seed');
const stateLimit = readCount('states');
const showCount = readCount('show');
const predictors = await loadPredictors();
const watched = values.of ? predictors.find(({ name }) => name === values.of) : predictors.at(-1);
if (!watched) throw new Error(`Expected --of to be a predictor, got "${values.of}".`);

if (values.only === undefined) measure();
else show(readCount('only'));

/** @param {'programs' | 'seed' | 'states' | 'show' | 'only'} name */
function readCount(name) {
  const count = Number(values[name]);
  if (!Number.isSafeInteger(count) || count < 0)
    throw new Error(`Expected --${name} to be an integer ≥ 0, got "${values[name]}".`);
  return count;
}

/** @param {number} programSeed */
function show(programSeed) {
  const drawn = drawCase(programSeed, stateLimit);
  const text = typeof drawn === 'string' ? `Discarded: ${drawn}.` : formatCase(drawn, watched);
  process.stdout.write(`${text}\n`);
}

function measure() {
  const begin = performance.now();
  const scores = predictors.map((predictor) => ({ predictor, score: new Score() }));
  const counts = { programs: 0, reachable: 0, states: 0 };
  const discarded = { 'no run finishes': 0, 'too many states': 0 };
  let shown = 0;
  for (let drawnCount = 0; counts.programs < wanted; drawnCount++) {
    const drawn = drawCase(seed * SEED_STRIDE + drawnCount, stateLimit);
    if (typeof drawn === 'string') {
      discarded[drawn]++;
      continue;
    }
    const { isDeadlockReachable, stateCount } = drawn.exploration;
    counts.programs++;
    counts.states += stateCount;
    if (isDeadlockReachable) counts.reachable++;
    for (const { predictor, score } of scores) {
      const isReported = predict(predictor, drawn);
      score.count(isReported, isDeadlockReachable);
      if (predictor !== watched || isReported === isDeadlockReachable || shown >= showCount) continue;
      shown++;
      if (!values.json) process.stdout.write(`${formatCase(drawn, predictor)}\n`);
    }
  }
  const result = {
    seed,
    ...counts,
    discarded,
    seconds: (performance.now() - begin) / 1000,
    predictors: scores.map(({ predictor: { name }, score }) => ({ name, ...score.toJSON() })),
  };
  process.stdout.write(values.json ? `${JSON.stringify(result, null, 2)}\n` : formatTable(result));
}

/** @param {Predictor} predictor @param {Case} drawn */
function predict({ name, predict }, { seed, trace }) {
  try {
    return predict(trace);
  } catch (error) {
    throw new Error(`${name} failed on program ${seed}.`, { cause: error });
  }
}
