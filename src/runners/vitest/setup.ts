/** Runs in each worker, before each test file. */
import * as vitest from 'vitest';
import './matcher.ts';
import type { RunningTest } from '../core/test-session.ts';
import { nameTest } from '../core/test-name.ts';
import { findSession } from '../core/worker.ts';
import { areImportsReplaced } from './imports.ts';

/** What is used of Vitest, whose types differ between its versions. */
interface Task {
  name: string;
  fails?: boolean;
  suite?: Task;
  file: { filepath: string };
  result?: { state?: string; errors?: unknown[] };
}

interface Context {
  task: Task;
  onTestFinished: (fn: () => void) => void;
}

interface Vitest {
  beforeEach: (hook: (context: Context) => Promise<void>) => void;
  afterAll: (hook: () => void) => void;
}

const { beforeEach, afterAll } = vitest as unknown as Vitest;

function namesOf(task: Task | undefined): string[] {
  return task === undefined ? [] : [...namesOf(task.suite), task.name];
}

/** Vitest throws away what fails a test that is to fail: that goes to the end of the run. */
function finish(test: RunningTest, { fails, result }: Task): void {
  const [own, ...besides] = result?.state === 'fail' ? (result.errors ?? [new Error('failed')]) : [];
  const { error } = test.end({
    ...(own === undefined ? {} : { error: own, besides }),
    isUntold: fails === true,
  });
  if (error !== undefined) throw error;
}

const session = findSession({ isImportWatched: areImportsReplaced() });

if (session !== undefined) {
  // A hook that surrounds tests would do, but Vitest races what it waits for: a copy of all that each test has taken.
  beforeEach(({ task, onTestFinished }) => {
    const test = session.begin(nameTest(task.file.filepath, namesOf(task)), task);
    // The first that is registered, so the last that runs.
    onTestFinished(() => finish(test, task));
    return test.enter();
  });
  afterAll(() => session.save());
}
