import { explore } from './explore.mjs';
import { observe } from './observe.mjs';
import { generateProgram } from './program.mjs';
import { Random } from './random.mjs';
/** @import { Exploration } from './explore.mjs' */
/** @import { Program } from './program.mjs' */

/** @typedef {{ seed: number, program: Program, trace: string, exploration: Exploration }} Case */
/** @typedef {'no run finishes' | 'too many states'} Reason */

/** Keeps the choices of the run apart from those of the program. */
const RUN_SEED = 0x5b_d1_e9_95;

/**
 * A program, a run of it and the truth, or why there is none of these.
 * @param {number} seed @param {number} stateLimit @returns {Case | Reason}
 */
export function drawCase(seed, stateLimit) {
  const program = generateProgram(seed);
  const trace = observe(program, new Random(seed ^ RUN_SEED));
  if (trace === undefined) return 'no run finishes';
  const exploration = explore(program, { stateLimit });
  if (exploration.isDeadlockReachable === undefined) return 'too many states';
  return { seed, program, trace, exploration };
}
