/**
 * `lockdep/mocha`: `mocha --require lockdep/mocha`, in parallel mode too.
 *
 * A root hook that throws ends the whole run of Mocha, so a test fails by what its function throws: the
 * function is wrapped before each test. What is found after that, in its hooks, fails the run at its end.
 */
import type { RunningTest } from './core/test-session.ts';
import { findRun } from './core/run-folder.ts';
import { type TestRun, isSwitchedOff, openSharedRun } from './core/test-run.ts';
import { findSession } from './core/worker.ts';
import { type MochaTest, beginTest } from './mocha/wrap-test.ts';

export { assertClean } from './core/clean.ts';

interface HookContext {
  currentTest?: MochaTest;
}

interface MochaRunner {
  failures: number;
  prependOnceListener: (event: string, listener: () => void) => void;
}

interface RootHooks {
  beforeEach: (this: HookContext) => void;
  afterEach: (this: HookContext) => void;
  afterAll: () => void;
}

const run = isSwitchedOff() || findRun() !== undefined ? undefined : openSharedRun();
const session = findSession();
const running = new WeakMap<MochaTest, RunningTest>();

/** Root hooks, which Mocha runs in whatever process runs tests. */
export const mochaHooks: RootHooks = {
  beforeEach() {
    const test = this.currentTest;
    if (session !== undefined && test !== undefined) running.set(test, beginTest(session, test));
  },
  afterEach() {
    const test = this.currentTest;
    if (test === undefined) return;
    const { err } = test;
    running.get(test)?.end({ ...(err == null ? {} : { error: err }), isUntold: true });
  },
  afterAll() {
    session?.save();
  },
};

function endWith(runner: MochaRunner, opened: TestRun): void {
  // Before the reporters have their say of the end, since some of them end the process.
  runner.prependOnceListener('end', () => {
    if (opened.end().isFailing) runner.failures++;
  });
}

/** Called once, in the process that runs Mocha itself, with its runner as `this`. */
export function mochaGlobalSetup(this: MochaRunner): void {
  // oxlint-disable-next-line oxc/no-this-in-exported-function -- it is how Mocha gives its runner
  if (run !== undefined) endWith(this, run);
}
