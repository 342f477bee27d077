/**
 * The ground truth. Every root runs twice at once, every read/write lock has one more task that writes, and a
 * deadlock is a state in which nobody can move and somebody has not finished. The search is depth first through all
 * states, less what four arguments spare, each told where it is made: copies of a task are alike (`toCanonical`), of
 * steps that commute one order is enough (`PersistentSets`), what can go round in no circle ends well
 * (`OrderAhead`), and most requests can be put off until they are granted (`chooseQueue`).
 */
import { OrderAhead } from './order-ahead.mjs';
import { PersistentSets } from './persistent-set.mjs';
import { canMove, createState, isFinished, takeStep } from './semantics.mjs';
import { describeStuck } from './stuck.mjs';
import { createSystem } from './system.mjs';
/** @import { Program } from './program.mjs' */
/** @import { Exploration, ExploreOptions } from './explore.mjs' */
/** @import { System } from './system.mjs' */

/** @param {Program} program @param {ExploreOptions} [options] @returns {Exploration} */
export function explore(program, { stateLimit = 200_000, isReduced = true } = {}) {
  const system = createSystem(program, { isCrowded: true, areAllQueued: !isReduced });
  const sets = new PersistentSets(system);
  const order = new OrderAhead(system);
  const seen = new Set();
  const stack = [createState(system)];
  for (let state = stack.pop(); state !== undefined; state = stack.pop()) {
    if (isReduced) {
      if (!order.mayClose(state)) continue;
      toCanonical(system, state);
    }
    const key = String.fromCharCode(...state);
    if (seen.has(key)) continue;
    if (seen.size >= stateLimit)
      return { isDeadlockReachable: undefined, stateCount: seen.size, stuck: undefined };
    seen.add(key);

    const movable = listMovable(system, state);
    if (movable.length === 0 && !isOver(system, state))
      return { isDeadlockReachable: true, stateCount: seen.size, stuck: describeStuck(system, state) };
    for (const task of isReduced ? sets.choose(state, movable) : movable)
      stack.push(takeStep(system, state, task));
  }
  return { isDeadlockReachable: false, stateCount: seen.size, stuck: undefined };
}

/** @param {System} system @param {Uint16Array} state */
function listMovable(system, state) {
  const movable = [];
  for (let task = 0; task < state.length; task++) if (canMove(system, state, task)) movable.push(task);
  return movable;
}

/** @param {System} system @param {Uint16Array} state */
function isOver(system, state) {
  return state.every((position, task) => position === 0 || isFinished(system, state, task));
}

/**
 * Exchanges copies of a root, with all that they forked, so that the one with the smaller numbers comes first.
 * @param {System} system @param {Uint16Array} state
 */
function toCanonical({ twins }, state) {
  for (const [ones, others] of twins) {
    const differing = ones.findIndex((one, index) => state[one] !== state[others[index]]);
    if (differing < 0 || state[ones[differing]] < state[others[differing]]) continue;
    ones.forEach((one, index) => {
      [state[one], state[others[index]]] = [state[others[index]], state[one]];
    });
  }
}
