/**
 * One run that a predictor is shown: a walk that takes random steps, and steps back where a try would fail or
 * nobody can move.
 */
import { canMove, createState, isFinished, isWaiting, nextStep, takeStep } from './semantics.mjs';
import { formatOperation } from './program-text.mjs';
import { ACQUIRE, TRY } from './step-kinds.mjs';
import { POSITION, RANK_SHIFT, createSystem } from './system.mjs';
/** @import { Program } from './program.mjs' */
/** @import { Random } from './random.mjs' */
/** @import { System } from './system.mjs' */

/** @param {Program} program @param {Random} random @returns {string | undefined} */
export function observe(program, random) {
  const system = createSystem(program);
  const run = findRun(system, createState(system), random, new Set());
  if (run === undefined) return undefined;
  const declarations = program.locks.map(
    ({ name, kind }) => `#! class ${name} kind=${kind}${kind === 'semaphore' ? ' permits=2' : ''}`,
  );
  return `${[...declarations, ...run.reverse()].join('\n')}\n`;
}

/**
 * The events from a state on, last first.
 * @param {System} system @param {Uint16Array} state @param {Random} random @param {Set<string>} deadEnds
 * @returns {string[] | undefined}
 */
function findRun(system, state, random, deadEnds) {
  const tasks = [...system.tasks.keys()];
  const movable = tasks.filter((task) => canMove(system, state, task));
  if (movable.length === 0) {
    const isOver = tasks.every((task) => state[task] === 0 || isFinished(system, state, task));
    return isOver ? [] : undefined;
  }
  const key = state.join();
  if (deadEnds.has(key)) return undefined;
  for (const task of random.shuffle(movable)) {
    const next = takeStep(system, state, task);
    if (hasFailed(system, state, next, task)) continue;
    const rest = findRun(system, next, random, deadEnds);
    if (rest) return [...rest, ...listEvents(system, state, next, task).reverse()];
  }
  deadEnds.add(key);
  return undefined;
}

/** Whether the step was a try that failed. @param {System} system @param {Uint16Array} state @param {Uint16Array} next @param {number} task */
function hasFailed(system, state, next, task) {
  return nextStep(system, state, task).kind === TRY && next[task] !== state[task] + 1;
}

/**
 * The step of `task`, unless it was put off, and the requests granted with it, in the order of their queue.
 * @param {System} system @param {Uint16Array} state @param {Uint16Array} next @param {number} task
 */
function listEvents(system, state, next, task) {
  const granted = [...state.keys()]
    .filter((other) => isWaiting(state, other) && !isWaiting(next, other))
    .sort((one, other) => (state[one] >> RANK_SHIFT) - (state[other] >> RANK_SHIFT));
  const isPutOff = nextStep(system, state, task).kind === ACQUIRE && isWaiting(next, task);
  return [...(isPutOff ? [] : [task]), ...granted].map((one) => {
    const { label, steps } = system.tasks[one];
    const { operation } = steps[(state[one] & POSITION) - 1];
    return `${label}|${formatOperation(operation)}|${operation.id}`;
  });
}
