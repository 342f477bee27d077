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

type RunTest = () => Promise<void>;

interface Vitest {
  aroundEach?: (hook: (runTest: RunTest, context: Context) => Promise<void>) => void;
  beforeEach: (hook: (context: Context) => void) => void;
  afterAll: (hook: () => void) => void;
}

interface VitestSuite {
  getFn: (task: Task) => () => Promise<unknown>;
  setFn: (task: Task, fn: () => Promise<unknown>) => void;
}

const SUITE: string = 'vitest/suite';
const { aroundEach, beforeEach, afterAll } = vitest as unknown as Vitest;

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
  const begin = (task: Task): RunningTest => session.begin(nameTest(task.file.filepath, namesOf(task)), task);

  if (aroundEach === undefined) {
    // By a name that Vite does not see: later versions, which do not get here, have no such module.
    const { getFn, setFn } = (await import(/* @vite-ignore */ SUITE)) as VitestSuite;
    const plain = new WeakMap<Task, () => Promise<unknown>>();
    beforeEach(({ task, onTestFinished }) => {
      const test = begin(task);
      const fn = plain.get(task) ?? getFn(task);
      plain.set(task, fn);
      setFn(task, () => test.call(fn));
      onTestFinished(() => finish(test, task));
    });
  } else {
    aroundEach(async (runTest, { task }) => {
      const test = begin(task);
      await test.call(runTest);
      finish(test, task);
    });
  }
  afterAll(() => session.save());
}
