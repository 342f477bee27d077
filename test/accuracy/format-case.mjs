import { formatProgram } from './program-text.mjs';
import { formatStuck } from './stuck.mjs';
/** @import { Case } from './draw-case.mjs' */
/** @import { Predictor } from './predictors.mjs' */

/** All that it takes to see who is right. @param {Case} drawn @param {Predictor} predictor */
export function formatCase({ seed, program, trace, exploration }, { name, predict, explain }) {
  const { isDeadlockReachable, stateCount, stuck = [] } = exploration;
  const truth = isDeadlockReachable ? 'a deadlock is reachable' : 'no deadlock is reachable';
  return [
    `== program ${seed}: ${truth} (${stateCount} states), ${name} says ${predict(trace) ? 'report' : 'clean'}`,
    formatProgram(program),
    '-- trace',
    trace.trimEnd(),
    ...listPart('-- findings', explain(trace)),
    ...listPart('-- stuck', formatStuck(stuck)),
    '',
  ].join('\n');
}

/** @param {string} heading @param {readonly string[]} lines */
function listPart(heading, lines) {
  return lines.length > 0 ? [heading, ...lines] : [];
}
