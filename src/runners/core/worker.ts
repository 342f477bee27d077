/** The session of the process, or of the thread, that runs tests. */
import { leaveToOthers } from '../../console.ts';
import { validator } from '../../validator/default.ts';
import { findRun } from './run-folder.ts';
import { TestSession } from './test-session.ts';

const KEY = Symbol.for('lockdep.tests');
type Holder = typeof globalThis & { [KEY]?: TestSession };

/**
 * Finds the session of this process, or starts it, before the program makes its first lock. Called for each
 * test file.
 * `undefined` where watching is off or no run was opened.
 */
export function findSession(): TestSession | undefined {
  const holder = globalThis as Holder;
  holder[KEY]?.refresh();
  if (holder[KEY] !== undefined) return holder[KEY];
  const run = findRun();
  if (run === undefined || validator.policy === 'off') return undefined;
  leaveToOthers(validator);
  return (holder[KEY] = new TestSession(validator, run.folder, run.rules));
}
