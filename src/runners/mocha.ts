/**
 * `lockdep/mocha`: `mocha --require lockdep/mocha`, in parallel mode too.
 *
 * A root hook that throws ends the whole run of Mocha, so a test fails by what its function throws: the
 * function is wrapped before each test. What is found after that, in its hooks, fails the run at its end.
 *
 * Mocha goes from one step to the next by a `setImmediate` that it took before we came, so that is made to carry
 * on what a hook or a test has begun: the flow of the test, or a lock that is held through all tests.
 */
import { createRequire } from 'node:module';
import type { RunningTest, TestSession } from './core/test-session.ts';
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

type Immediately = (fn: () => void) => void;

interface RunnerClass {
  immediately: Immediately;
}

interface RootHooks {
  beforeAll: () => void;
  beforeEach: (this: HookContext) => Promise<void> | undefined;
  afterEach: (this: HookContext) => void;
  afterAll: () => void;
}

const MOCHA = /[\\/]mocha[\\/]lib[\\/]mocha\.c?js$/;
const RUNNER = /[\\/]mocha[\\/]lib[\\/]runner\.c?js$/;
const carrying = new WeakSet<Immediately>();

const run = isSwitchedOff() || findRun() !== undefined ? undefined : openSharedRun();
const session = findSession();
const running = new WeakMap<MochaTest, RunningTest>();

/** The class of a file of Mocha, in each copy of it that is loaded: all that the file exports, or one name of it. */
function listClasses(file: RegExp, name: string): unknown[] {
  const loaded = Object.entries(createRequire(import.meta.url).cache);
  return loaded.flatMap(([each, module]) => {
    if (!file.test(each)) return [];
    const exports = module!.exports as Record<string, unknown>;
    return [exports[name] ?? exports['default'] ?? exports];
  });
}

function carrySteps(by: TestSession): void {
  for (const runner of listClasses(RUNNER, 'Runner') as RunnerClass[]) {
    const { immediately } = runner;
    if (typeof immediately !== 'function' || carrying.has(immediately)) continue;
    runner.immediately = (fn) => immediately(by.carry(fn));
    carrying.add(runner.immediately);
  }
}

/** Root hooks, which Mocha runs in whatever process runs tests. */
export const mochaHooks: RootHooks = {
  beforeAll() {
    // In a watch, the runs have one process.
    session?.refresh();
    if (session !== undefined) carrySteps(session);
  },
  beforeEach() {
    const test = this.currentTest;
    if (session === undefined || test === undefined) return undefined;
    const begun = beginTest(session, test);
    running.set(test, begun);
    return begun.enter();
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
  for (const { prototype } of listClasses(MOCHA, 'Mocha') as { prototype: MochaPrototype }[]) {
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
