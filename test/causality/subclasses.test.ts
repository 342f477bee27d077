/** What is done to a subclass of `Promise` shows in nothing but edges; those are in flows.test.ts. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { promiseHooksTracker } from '../../src/index.ts';

beforeAll(() => promiseHooksTracker.enable());
afterAll(() => promiseHooksTracker.disable());

function withoutTracker<T>(fn: () => T): T {
  promiseHooksTracker.disable();
  try {
    return fn();
  } finally {
    promiseHooksTracker.enable();
  }
}

test('`then` is wrapped with the first promise, looks as it did, and is put back', async () => {
  class Task<T> extends Promise<T> {}
  class Step<T> extends Task<T> {}
  await Step.resolve(1);
  expect(Object.getOwnPropertyDescriptor(Task.prototype, 'then')).toMatchObject({
    enumerable: false,
    writable: true,
    configurable: true,
  });
  expect([Task.prototype.then.name, Task.prototype.then.length]).toEqual(['then', 2]);
  expect(Object.hasOwn(Step.prototype, 'then')).toBe(false);
  expect(Object.hasOwn(Promise.prototype, 'then')).toBe(true);
  withoutTracker(() => expect(Object.hasOwn(Task.prototype, 'then')).toBe(false));
  expect(Object.hasOwn(Task.prototype, 'then')).toBe(true);
});

test('a method of its own is put back, unless somebody else has replaced it since', async () => {
  const own = function (this: Promise<unknown>, ...args: Parameters<Promise<unknown>['then']>) {
    return Reflect.apply(Promise.prototype.then, this, args);
  };
  class Task<T> extends Promise<T> {}
  Object.defineProperty(Task.prototype, 'then', { value: own, writable: true, configurable: true });
  await Task.resolve(1);
  expect(Task.prototype.then).not.toBe(own);
  withoutTracker(() => expect(Task.prototype.then).toBe(own));
  const other = (): Promise<never> => Promise.reject(new Error('other'));
  Object.defineProperty(Task.prototype, 'then', { value: other, writable: true, configurable: true });
  withoutTracker(() => expect(Task.prototype.then).toBe(other));
});

test('a class that cannot be changed works as it is', async () => {
  class Task<T> extends Promise<T> {}
  Object.freeze(Task.prototype);
  expect(await Task.resolve(1).then((value) => value + 1)).toBe(2);
  expect(Object.hasOwn(Task.prototype, 'then')).toBe(false);
});

test('what it inherits may be replaced', async () => {
  class Task<T> extends Promise<T> {}
  await Task.resolve(1);
  const { then } = Promise.prototype;
  const seen: unknown[] = [];
  // oxlint-disable-next-line no-extend-native -- what a program may do
  Object.defineProperty(Promise.prototype, 'then', {
    value(this: Promise<unknown>, ...args: Parameters<Promise<unknown>['then']>) {
      seen.push(this);
      return Reflect.apply(then, this, args);
    },
    writable: true,
    configurable: true,
  });
  const task = Task.resolve(2);
  try {
    void task.then(() => {});
  } finally {
    // oxlint-disable-next-line no-extend-native -- as it was
    Object.defineProperty(Promise.prototype, 'then', { value: then, writable: true, configurable: true });
  }
  expect(seen).toEqual([task]);
});

/** The order in which continuations of both kinds run, and what comes out. */
async function play(): Promise<unknown[]> {
  const seen: unknown[] = [];
  class Task<T> extends Promise<T> {
    readonly kind = 'task';
  }
  const tick = async (): Promise<void> => {
    for (let i = 0; i < 12; i++) {
      await undefined;
      seen.push(i);
    }
  };
  const chain = Task.resolve(1)
    .then((value) => seen.push(`then ${value}`))
    .finally(() => seen.push('finally'));
  seen.push(chain instanceof Task, (chain as Task<number>).kind);
  const failing = Task.reject(new Error('no')).catch((error: unknown) => seen.push(String(error)));
  const awaiting = (async () => seen.push(await new Task((resolve) => resolve(Task.resolve('in')))))();
  await Promise.all([tick(), chain, failing, awaiting, Task.all([Task.resolve(1), 2])]);
  expect(() => Reflect.apply(Task.prototype.then, {}, [])).toThrow(TypeError);
  return seen;
}

test('it takes as many ticks, and gives the same', async () => {
  const followed = await play();
  promiseHooksTracker.disable();
  const plain = await play();
  promiseHooksTracker.enable();
  expect(followed).toEqual(plain);
});
