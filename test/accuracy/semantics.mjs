/**
 * What a step does. Locks are first come, first served and granted at the release; a blocking request enters its
 * queue as a step of its own, so that a queued writer keeps later readers out. A recursive reader passes the queue,
 * and is granted before it at a release.
 */
import { ACQUIRE, FORK, JOIN, RELEASE, TRY } from './step-kinds.mjs';
import { POSITION, RANK_SHIFT } from './system.mjs';
/** @import { Step, System } from './system.mjs' */

/** @param {System} system */
export function createState({ tasks }) {
  return Uint16Array.from(tasks, ({ isRoot }) => (isRoot ? 1 : 0));
}

/** @param {System} system @param {Uint16Array} state @param {number} task */
export function isFinished({ tasks }, state, task) {
  return state[task] === tasks[task].end;
}

/** @param {Uint16Array} state @param {number} task */
export function isWaiting(state, task) {
  return state[task] >> RANK_SHIFT > 0;
}

/** The step that a started and unfinished task takes next, or waits in. @param {System} system @param {Uint16Array} state @param {number} task */
export function nextStep({ tasks }, state, task) {
  return tasks[task].steps[(state[task] & POSITION) - 1];
}

/** @param {System} system @param {Uint16Array} state @param {number} task */
export function canMove(system, state, task) {
  if (state[task] === 0 || isWaiting(state, task) || isFinished(system, state, task)) return false;
  const step = nextStep(system, state, task);
  if (step.kind === JOIN) return isFinished(system, state, step.target);
  return step.kind !== ACQUIRE || step.isQueued || isGrantable(system, state, step);
}

/** The units that a task holds of a lock. @param {System} system @param {Uint16Array} state @param {number} task @param {number} lock */
export function countHeld({ tasks, locks }, state, task, lock) {
  return tasks[task].held[(state[task] & POSITION) * locks.length + lock];
}

/**
 * The state after the next step of a task that can move.
 * @param {System} system @param {Uint16Array} state @param {number} task
 */
export function takeStep(system, state, task) {
  const step = nextStep(system, state, task);
  const next = state.slice();
  if (step.kind === TRY && !isGrantable(system, state, step)) next[task] = step.skipTo;
  else if (step.kind === ACQUIRE && !isGrantable(system, state, step)) enqueue(system, next, task, step);
  else next[task]++;
  if (step.kind === FORK) next[step.target] = 1;
  if (step.kind === RELEASE) grantWaiting(system, next, step.lock);
  return next;
}

/** Whether a request made now is granted at once. @param {System} system @param {Uint16Array} state @param {Step} step */
function isGrantable(system, state, step) {
  return (
    fits(system, state, step) &&
    (step.overtakes || !state.some((_, other) => isWaitingFor(system, state, other, step.lock)))
  );
}

/** @param {System} system @param {Uint16Array} state @param {Step} step */
function fits(system, state, { lock, units }) {
  let used = units;
  for (let task = 0; task < state.length; task++) used += countHeld(system, state, task, lock);
  return used <= system.capacities[lock];
}

/** @param {System} system @param {Uint16Array} state @param {number} task @param {number} lock */
function isWaitingFor(system, state, task, lock) {
  return isWaiting(state, task) && nextStep(system, state, task).lock === lock;
}

/** @param {System} system @param {Uint16Array} state @param {number} task @param {Step} step */
function enqueue(system, state, task, { lock, isReader }) {
  let last = 0;
  let isLastReader = false;
  for (let other = 0; other < state.length; other++) {
    const rank = state[other] >> RANK_SHIFT;
    if (rank <= last || !isWaitingFor(system, state, other, lock)) continue;
    last = rank;
    isLastReader = nextStep(system, state, other).isReader;
  }
  state[task] |= (isReader && isLastReader ? last : last + 1) << RANK_SHIFT;
}

/** Grants whatever can be granted, and closes the ranks. @param {System} system @param {Uint16Array} state @param {number} lock */
function grantWaiting(system, state, lock) {
  const queue = [];
  for (let task = 0; task < state.length; task++)
    if (isWaitingFor(system, state, task, lock)) queue.push(task);
  if (queue.length === 0) return;
  queue.sort((one, other) => (state[one] >> RANK_SHIFT) - (state[other] >> RANK_SHIFT));

  const isPassing = (/** @type {number} */ task) => nextStep(system, state, task).overtakes;
  for (const task of queue.filter(isPassing)) grantIfFits(system, state, task);
  const inOrder = queue.filter((task) => isWaiting(state, task));
  while (inOrder.length > 0 && grantIfFits(system, state, inOrder[0])) inOrder.shift();
  closeRanks(state, inOrder);
}

/** @param {System} system @param {Uint16Array} state @param {number} task */
function grantIfFits(system, state, task) {
  if (!fits(system, state, nextStep(system, state, task))) return false;
  state[task] = (state[task] & POSITION) + 1;
  return true;
}

/** @param {Uint16Array} state @param {readonly number[]} queue */
function closeRanks(state, queue) {
  let rank = 0;
  let previous = 0;
  for (const task of queue) {
    const old = state[task] >> RANK_SHIFT;
    if (old !== previous) rank++;
    previous = old;
    state[task] = (state[task] & POSITION) | (rank << RANK_SHIFT);
  }
}
