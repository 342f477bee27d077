import { isFinished } from './semantics.mjs';
import { ACQUIRE, RELEASE, TRY } from './step-kinds.mjs';
import { POSITION } from './system.mjs';
/** @import { StuckTask } from './explore.mjs' */
/** @import { Step, System } from './system.mjs' */

/** Who holds what and waits for what in a deadlock. @param {System} system @param {Uint16Array} state @returns {StuckTask[]} */
export function describeStuck(system, state) {
  const stuck = [...system.tasks.keys()].filter(
    (task) => state[task] > 0 && !isFinished(system, state, task),
  );
  return stuck.map((task) => {
    const { label, steps } = system.tasks[task];
    const at = (state[task] & POSITION) - 1;
    const { kind, operation, target } = steps[at];
    const waitsFor = kind === ACQUIRE ? formatLock(operation) : `the end of ${system.tasks[target].label}`;
    return { task: label, holds: listHeld(steps.slice(0, at)), waitsFor };
  });
}

/** @param {readonly StuckTask[]} stuck */
export function formatStuck(stuck) {
  return stuck.map(({ task, holds, waitsFor }) => {
    const held = holds.length > 0 ? `holds ${holds.join(' and ')} and ` : '';
    return `${task} ${held}waits for ${waitsFor}`;
  });
}

/** The section of a try that failed counts for nothing: it releases all that it takes. @param {readonly Step[]} steps */
function listHeld(steps) {
  const held = new Map();
  for (const { kind, operation } of steps) {
    if (kind === ACQUIRE || kind === TRY) held.set(operation.id, formatLock(operation));
    if (kind === RELEASE && 'acquisition' in operation) held.delete(operation.acquisition);
  }
  return [...held.values()];
}

/** @param {Step['operation']} operation */
function formatLock(operation) {
  if (!('mode' in operation)) return '';
  return operation.mode === 'exclusive' ? operation.lock : `${operation.lock} (${operation.mode})`;
}
