/**
 * `lockdep/mocha`: `mocha --require lockdep/mocha`, in parallel mode too.
 *
 * A root hook that throws ends the whole run of Mocha, so a test fails by what its function throws: the
 * function is wrapped before each test. What is found after that, in its hooks, fails the run at its end.
 */
import { createRequire } from 'node:module';
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

interface MochaPrototype {
  run: (this: unknown, ...args: unknown[]) => MochaRunner;
}

interface RootHooks {
  beforeAll: () => void;
  beforeEach: (this: HookContext) => void;
  afterEach: (this: HookContext) => void;
  afterAll: () => void;
}

const MOCHA = /[\\/]mocha[\\/]lib[\\/]mocha\.c?js$/;

const run = isSwitchedOff() || findRun() !== undefined ? undefined : openSharedRun();
const session = findSession();
const running = new WeakMap<MochaTest, RunningTest>();

/** Root hooks, which Mocha runs in whatever process runs tests. */
export const mochaHooks: RootHooks = {
  beforeAll() {
    // In a watch, the runs have one process.
    session?.refresh();
  },
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

/** In a watch, Mocha gives no runner to its set-up, since each run has one. */
function endEach(opened: TestRun): void {
  const loaded = createRequire(import.meta.url).cache;
  for (const [file, module] of Object.entries(loaded)) {
    if (!MOCHA.test(file)) continue;
    const { prototype } = module!.exports as { prototype: MochaPrototype };
    const { run: start } = prototype;
    prototype.run = function (...args) {
      const runner = Reflect.apply(start, this, args);
      endWith(runner, opened);
      return runner;
    };
  }
}

/** Called once, in the process that runs Mocha itself, with its runner as `this`, if there is one. */
export function mochaGlobalSetup(this: MochaRunner | object): void {
  if (run === undefined) return;
  // oxlint-disable-next-line oxc/no-this-in-exported-function -- it is how Mocha gives its runner
  if ('prependOnceListener' in this) endWith(this, run);
  else endEach(run);
}
