/** The session of the process, or of the thread, that runs tests. */
import { leaveToOthers } from '../../console.ts';
import { type WatchLibrariesOptions, watchLibraries } from '../../loading/watch-libraries.ts';
import { validator } from '../../validator/default.ts';
import { findRun, nameWorker } from './run-folder.ts';
import { currentSession, keepSession } from './process-session.ts';
import { TestSession } from './test-session.ts';

export interface WorkerOptions extends WatchLibrariesOptions {
  /** The runner loads modules by itself, where Node's hooks do not reach. */
  hasOwnLoader?: boolean;
  /** What it saves is in the place of what was saved under this name before. Default: a name of its own. */
  savesAs?: string;
}

/**
 * Finds the session of this process, or starts it, before the program makes its first lock. Called for each
 * test file.
 * `undefined` where watching is off or no run was opened.
 */
export function findSession({
  hasOwnLoader = false,
  savesAs = nameWorker(),
  ...options
}: WorkerOptions = {}): TestSession | undefined {
  const current = currentSession();
  current?.refresh();
  if (current !== undefined) return current;
  const run = findRun();
  if (run === undefined || validator.policy === 'off') return undefined;
  leaveToOthers(validator);
  if (!hasOwnLoader) watchWhatIsLoaded(options);
  return keepSession(new TestSession(validator, run.folder, run.rules, savesAs));
}

/** In a `vm` context of Vitest there are no hooks to be had; what its tests import is replaced by then. */
function watchWhatIsLoaded(options: WatchLibrariesOptions): void {
  try {
    watchLibraries(options);
  } catch {}
}
