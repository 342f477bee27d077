/**
 * Jest runs each test file in a `vm` context with modules of its own. The environment is outside of it: the
 * validator lives here, so that the graph goes on from file to file, and the sandbox finds it in the
 * registry that it is given.
 */
import { createRequire } from 'node:module';
import { SESSION_KEY } from '../core/process-session.ts';
import { nameTest } from '../core/test-name.ts';
import type { RunningTest, TestSession } from '../core/test-session.ts';
import { findSession } from '../core/worker.ts';
import { watchModules } from './watch-modules.ts';

type AnyFunction = (this: unknown, ...args: unknown[]) => unknown;

interface CircusHook {
  type: string;
  fn: AnyFunction;
}

interface DescribeBlock {
  type: 'describeBlock';
  name: string;
  parent?: DescribeBlock;
  children: (DescribeBlock | CircusTest)[];
  hooks: CircusHook[];
}

interface CircusTest {
  type: 'test';
  name: string;
  parent: DescribeBlock;
  fn?: AnyFunction;
  errors: unknown[];
}

/** What is used of the events of jest-circus. */
export interface CircusEvent {
  name: string;
  test?: CircusTest;
}

export interface CircusState {
  rootDescribeBlock: DescribeBlock;
}

export interface Environment {
  global: object;
  handleTestEvent?(event: CircusEvent, state: CircusState): void | Promise<void>;
  teardown(): Promise<void>;
}

export type EnvironmentClass = new (config: unknown, context: { testPath: string }) => Environment;

/** What two copies of our package in one realm share. */
const SHARED_KEYS = [Symbol.for('lockdep'), Symbol.for('lockdep.console'), SESSION_KEY];

function namesOf({ name, parent }: { name: string; parent?: DescribeBlock }): string[] {
  return parent === undefined ? [] : [...namesOf(parent), name];
}

function isGenerator(fn: AnyFunction): boolean {
  return Object.prototype.toString.call(fn) === '[object GeneratorFunction]';
}

/** The same function, called through `around`; jest asks how many parameters it has. */
function wrap(fn: AnyFunction, around: (call: () => unknown) => unknown): AnyFunction {
  if (isGenerator(fn)) return fn;
  if (fn.length === 0)
    return function (this: unknown) {
      return around(() => Reflect.apply(fn, this, []));
    };
  return function (this: unknown, done: unknown) {
    return around(() => Reflect.apply(fn, this, [done]));
  };
}

/** The tests of one file. */
class FileWatch {
  readonly #session: TestSession;
  readonly #file: string;
  readonly #running = new Map<CircusTest, RunningTest>();
  readonly #seen = new WeakSet<CircusTest>();
  #current: CircusTest | undefined;

  constructor(session: TestSession, file: string) {
    this.#session = session;
    this.#file = file;
  }

  handle({ name, test }: CircusEvent, { rootDescribeBlock }: CircusState): void {
    if (name === 'run_start') this.#wrapBlock(rootDescribeBlock);
    else if (name === 'test_start') this.#current = test;
    else if (name === 'test_done' && test !== undefined) this.#finish(test);
  }

  #wrapBlock(block: DescribeBlock): void {
    for (const hook of block.hooks)
      if (hook.type === 'beforeEach' || hook.type === 'afterEach')
        hook.fn = wrap(hook.fn, (call) =>
          this.#current === undefined ? call() : this.#call(this.#current, call),
        );
    for (const child of block.children) {
      if (child.type === 'describeBlock') this.#wrapBlock(child);
      // Those that run concurrently are called before they start.
      else if (child.fn !== undefined) child.fn = wrap(child.fn, (call) => this.#call(child, call));
    }
  }

  #call(test: CircusTest, call: () => unknown): unknown {
    return this.#begin(test).call(call);
  }

  #begin(test: CircusTest): RunningTest {
    let running = this.#running.get(test);
    if (running === undefined) {
      running = this.#session.begin(nameTest(this.#file, namesOf(test)), test);
      this.#running.set(test, running);
      this.#seen.add(test);
    }
    return running;
  }

  #finish(test: CircusTest): void {
    this.#current = undefined;
    // Jest 29 does not call a concurrent test again, but has the promise of its first attempt count again.
    const running = this.#seen.has(test) ? this.#begin(test) : undefined;
    // The next attempt is a flow of its own.
    this.#running.delete(test);
    const [first] = test.errors;
    const own: unknown = Array.isArray(first) ? (first[0] ?? first[1]) : first;
    const { error } = running?.end(test.errors.length === 0 ? {} : { error: own }) ?? {};
    if (error !== undefined) test.errors.push(error);
  }
}

/** An environment of Jest whose tests are watched. */
export function watchEnvironment(Base: EnvironmentClass): EnvironmentClass {
  return class WatchedEnvironment extends Base {
    readonly #session: TestSession | undefined;
    readonly #watch: FileWatch | undefined;

    constructor(config: unknown, context: { testPath: string }) {
      // First: what the sandbox gets of timers is copied from here, and must carry clocks.
      const session = findSession({ hasOwnLoader: true });
      super(config, context);
      this.#session = session;
      if (session === undefined) return;
      watchModules(createRequire(import.meta.url).cache);
      this.#watch = new FileWatch(session, context.testPath);
      for (const key of SHARED_KEYS)
        Object.defineProperty(this.global, key, {
          value: (globalThis as Record<symbol, unknown>)[key],
          configurable: true,
          writable: true,
        });
    }

    override async handleTestEvent(event: CircusEvent, state: CircusState): Promise<void> {
      await super.handleTestEvent?.(event, state);
      this.#watch?.handle(event, state);
    }

    override async teardown(): Promise<void> {
      this.#session?.save();
      await super.teardown();
    }
  };
}
