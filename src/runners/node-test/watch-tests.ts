/** Tests of `node:test` as they run, seen through the scope in which each runs its function. */
import type { AsyncResource } from 'node:async_hooks';
import { nameTest } from '../core/test-name.ts';
import type { RunningTest, TestSession } from '../core/test-session.ts';

/** What is used of Node's own class of tests, which is not exported. */
interface NodeTest {
  name: string;
  parent: NodeTest | null;
  loc?: { file?: string };
  error: (Error & { failureType?: string }) | null;
  passed: boolean;
  expectFailure?: unknown;
  postRun: (pendingSubtestsError?: unknown) => void;
  fail: (error: Error) => void;
  diagnostic: (message: string) => void;
}

type Scope = AsyncResource['runInAsyncScope'];

function namesOf(test: NodeTest): string[] {
  // The root is what the file itself is.
  return test.parent === null ? [] : [...namesOf(test.parent), test.name];
}

function fileOf(test: NodeTest): string {
  return test.loc?.file ?? process.argv[1] ?? '';
}

/** As Node's runner wraps what a test throws, so that reporters unwrap it. */
function createFailure(cause: Error): Error {
  return Object.assign(new Error(cause.message, { cause }), {
    code: 'ERR_TEST_FAILURE',
    failureType: 'testCodeFailure',
  });
}

function withReason({ message, ...rest }: Error, { message: reason }: Error): Error {
  return Object.assign(new Error(`${message}\n\n${reason}`), rest);
}

/** Why it failed before us; what Node has not said yet of a test that never ended. */
function errorOf({ error }: NodeTest): unknown {
  return error === null ? undefined : (error.cause ?? error);
}

class TestWatch {
  readonly #session: TestSession;
  readonly #running = new WeakMap<NodeTest, RunningTest>();
  readonly #patched = new WeakSet<object>();

  constructor(session: TestSession) {
    this.#session = session;
  }

  /** The test begins when it runs its function, or its first hook before that. */
  testOf(test: NodeTest): RunningTest {
    this.#patch(test);
    let running = this.#running.get(test);
    if (running === undefined) {
      running = this.#session.begin(nameTest(fileOf(test), namesOf(test)), test);
      this.#running.set(test, running);
    }
    return running;
  }

  #patch(test: NodeTest): void {
    const prototype = Object.getPrototypeOf(test) as NodeTest;
    if (this.#patched.has(prototype)) return;
    this.#patched.add(prototype);
    const { postRun, fail } = prototype;
    const { testOfKnown, finish } = {
      testOfKnown: (each: NodeTest) => this.#running.get(each),
      finish: (each: NodeTest) => this.#finish(each),
    };
    prototype.fail = function (this: NodeTest, error: Error & { failureType?: string }) {
      const running = testOfKnown(this);
      // Node cancels a test that hangs: by its time-out, or since the loop has drained.
      if (running !== undefined && this.error === null && isCancellation(error)) {
        const { error: why } = running.end({ error });
        // A copy, since all that a drained loop cancels is cancelled by one and the same error.
        if (why !== undefined) return Reflect.apply(fail, this, [withReason(error, why)]);
      }
      return Reflect.apply(fail, this, [error]);
    };
    prototype.postRun = function (this: NodeTest, ...args) {
      finish(this);
      Reflect.apply(postRun, this, args);
    };
  }

  #finish(test: NodeTest): void {
    const running = this.#running.get(test);
    if (running === undefined) return;
    const own = errorOf(test);
    const isUntold = test.expectFailure !== undefined && test.expectFailure !== false;
    const { error } = running.end({ ...(own === undefined ? {} : { error: own }), isUntold });
    if (error === undefined) return;
    if (own === undefined) test.fail(createFailure(error));
    else for (const line of error.message.split('\n')) test.diagnostic(line);
  }
}

const CANCELLED: readonly unknown[] = ['testTimeoutFailure', 'cancelledByParent'];

function isCancellation(error: unknown): boolean {
  return error instanceof Error && 'failureType' in error && CANCELLED.includes(error.failureType);
}

function isTest(resource: object): resource is NodeTest {
  return resource.constructor.name === 'Test' && 'postRun' in resource && 'loc' in resource;
}

/** Makes each test a flow of the session, from the first test on that runs. */
export function watchTests(session: TestSession, prototype: AsyncResource): void {
  const watch = new TestWatch(session);
  const plain: Scope = prototype.runInAsyncScope;
  const wrapped = function (
    this: AsyncResource,
    fn: (...args: unknown[]) => unknown,
    self?: unknown,
    ...args: unknown[]
  ) {
    if (!isTest(this) || this.parent === null) return Reflect.apply(plain, this, [fn, self, ...args]);
    const test = watch.testOf(this);
    const inFlow = function (this: unknown, ...inner: unknown[]): unknown {
      return test.call(() => Reflect.apply(fn, this, inner));
    };
    return Reflect.apply(plain, this, [inFlow, self, ...args]);
  };
  prototype.runInAsyncScope = wrapped as Scope;
}
