/**
 * `lockdep/node-test`: `node --import lockdep/node-test --test`.
 *
 * Node's runner has no hook around a test. But each test of it is an `AsyncResource` that runs its function in
 * its own scope, by a method that can be replaced. Its hooks would not do: a store that they enter does not
 * reach the test.
 */
import { AsyncResource } from 'node:async_hooks';
import { isMainThread } from 'node:worker_threads';
import { findRun } from './core/run-folder.ts';
import { TestRun, isSwitchedOff } from './core/test-run.ts';
import { findSession } from './core/worker.ts';
import { findTestParent } from './node-test/parent.ts';
import { watchTests } from './node-test/watch-tests.ts';

export { assertClean } from './core/clean.ts';

/** Names of files may be longer, not by much. */
const MAX_NAME = 200;

function watchProcess(): void {
  // A process that a test starts inherits the run, and is none of the runner's.
  if (!isMainThread || isSwitchedOff() || findRun() !== undefined) return;
  const run = new TestRun({}, findTestParent());
  // A file that is run again in a watch takes the place of what it was.
  const file = (process.argv[1] ?? '').replaceAll(/\W+/gu, '_').slice(-MAX_NAME);
  const session = findSession({ savesAs: `file-${file}` });
  if (session === undefined) return;
  watchTests(session, AsyncResource.prototype);
  process.on('exit', () => {
    session.save();
    if (run.end().isFailing) process.exitCode = 1;
    run.close();
  });
}

watchProcess();
