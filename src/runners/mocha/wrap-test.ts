/** A test of Mocha whose function runs in a flow, and throws what the test completed. */
import { nameTest } from '../core/test-name.ts';
import type { RunningTest, TestSession } from '../core/test-session.ts';

interface MochaSuite {
  title: string;
  root?: boolean;
  parent?: MochaSuite;
  _afterEach?: readonly unknown[];
}

/** What is used of Mocha's tests. */
export interface MochaTest {
  title: string;
  file?: string;
  parent?: MochaSuite;
  err?: unknown;
  fn?: TestFunction;
  retriedTest?: () => MochaTest | undefined;
  /** Makes the error of a time-out; not public, and in all versions. */
  _timeoutError?: (ms: number) => Error;
}

type Done = (error?: unknown) => void;
type TestFunction = (this: unknown, done?: Done) => unknown;

/** By what took their place: a test that is run again has the function that was wrapped before. */
const plainFunctions = new WeakMap<TestFunction, TestFunction>();

function suitesOf(suite: MochaSuite | undefined): MochaSuite[] {
  return suite === undefined ? [] : [...suitesOf(suite.parent), suite];
}

function firstTry(test: MochaTest): MochaTest {
  const earlier = test.retriedTest?.();
  return earlier === undefined || earlier === test ? test : firstTry(earlier);
}

/** Whether hooks of the user run after the test, which may release what it holds. Of the root's, one is ours. */
function hasLaterHooks(test: MochaTest): boolean {
  return suitesOf(test.parent).some(
    ({ root, _afterEach: hooks = [] }) => hooks.length > (root === true ? 1 : 0),
  );
}

/** Puts a second error beside the one that the test has thrown, as Mocha does where a test fails twice. */
function addBeside(error: object, second: Error): void {
  const { multiple = [] } = error as { multiple?: Error[] };
  // Reporters that write JSON copy what is enumerable.
  Object.defineProperty(second, 'message', { value: second.message, enumerable: true });
  Object.assign(error, { multiple: [...multiple, second] });
}

class WrappedTest {
  readonly #running: RunningTest;
  readonly #hasLaterHooks: boolean;

  constructor(running: RunningTest, test: MochaTest) {
    this.#running = running;
    this.#hasLaterHooks = hasLaterHooks(test);
  }

  /** What the test fails with, in the end. Throws nothing. */
  fail(error: unknown): unknown {
    // Nothing can be put beside what is no object: that goes to the end of the run.
    const isUntold = typeof error !== 'object' || error === null;
    const second = this.#end({ error, isUntold });
    if (second !== undefined && !isUntold) addBeside(error, second);
    return error;
  }

  pass(): Error | undefined {
    return this.#end({});
  }

  explain(error: Error): Error {
    const { error: why } = this.#running.end({ error });
    if (why !== undefined) {
      error.message += `\n\n${why.message}`;
      error.stack = `${error.name}: ${error.message}`;
    }
    return error;
  }

  #end(end: { error?: unknown; isUntold?: boolean }): Error | undefined {
    const { error } = this.#hasLaterHooks ? this.#running.settle(end) : this.#running.end(end);
    return error;
  }

  /** Calls a function that returns or promises. */
  call(fn: TestFunction, self: unknown): unknown {
    let result: unknown;
    try {
      result = this.#running.call(() => Reflect.apply(fn, self, []));
    } catch (error) {
      throw this.fail(error);
    }
    if (typeof (result as PromiseLike<unknown> | undefined)?.then === 'function') {
      return (result as PromiseLike<unknown>).then(
        () => this.#throwOwn(),
        (error: unknown) => {
          throw this.fail(error);
        },
      );
    }
    this.#throwOwn();
    return result;
  }

  #throwOwn(): void {
    const error = this.pass();
    if (error !== undefined) throw error;
  }

  /** Calls a function that takes a callback. */
  callBack(fn: TestFunction, self: unknown, done: Done): void {
    const finish: Done = (error) => {
      done(error ? this.fail(error) : this.pass());
    };
    try {
      this.#running.call(() => Reflect.apply(fn, self, [finish]));
    } catch (error) {
      throw this.fail(error);
    }
  }
}

/** Begins a test: its function, which Mocha calls next, runs in its flow. */
export function beginTest(session: TestSession, test: MochaTest): RunningTest {
  const names = suitesOf(test.parent).flatMap(({ title }) => (title === '' ? [] : [title]));
  const running = session.begin(nameTest(test.file ?? '', [...names, test.title]), firstTry(test));
  const { fn, _timeoutError: timeoutError } = test;
  if (fn === undefined) return running;
  const wrapped = new WrappedTest(running, test);
  const plain = plainFunctions.get(fn) ?? fn;
  // The number of parameters tells Mocha whether to wait for a callback.
  test.fn =
    plain.length > 0
      ? function (this: unknown, done?: Done) {
          return wrapped.callBack(plain, this, done!);
        }
      : function (this: unknown) {
          return wrapped.call(plain, this);
        };
  plainFunctions.set(test.fn, plain);
  if (timeoutError !== undefined)
    test._timeoutError = (ms) => wrapped.explain(Reflect.apply(timeoutError, test, [ms]));
  return running;
}
