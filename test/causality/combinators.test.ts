/** The patched combinators are told from the built-in ones by nothing but what the tracker learns. */
import { inspect } from 'node:util';
import { createContext, runInContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { promiseHooksTracker } from '../../src/index.ts';

type Combinator = 'all' | 'allSettled' | 'race' | 'any';
const names: Combinator[] = ['all', 'allSettled', 'race', 'any'];
const plain = Object.fromEntries(names.map((name) => [name, Promise[name]])) as unknown as Record<
  Combinator,
  typeof Promise.all
>;

beforeAll(() => promiseHooksTracker.enable());
afterAll(() => promiseHooksTracker.disable());

class Sub<T> extends Promise<T> {}

const hostile = {
  [Symbol.iterator]() {
    let isClosed = false;
    return {
      next: () => {
        if (isClosed) throw new Error('closed');
        throw new Error('from next');
      },
      return: () => ((isClosed = true), { done: true, value: undefined }),
    };
  },
};

/** An error without a stack, which would tell where it was made. */
function failure(message: string): Error {
  const error = new Error(message);
  delete error.stack;
  return error;
}

/** Inputs, made anew for each of the two. */
const inputs: Record<string, () => unknown> = {
  promises: () => [Promise.resolve(1), Promise.resolve(2)],
  values: () => [1, 'x', null],
  nothing: () => [],
  'a rejection': () => [Promise.resolve(1), Promise.reject(failure('no')), Promise.reject(failure('second'))],
  thenables: () => [{ then: (resolve: (value: number) => void) => resolve(3) }, Promise.resolve(4)],
  'a thenable that throws': () => [
    {
      then: () => {
        throw new Error('in then');
      },
    },
  ],
  'a set': () => new Set([Promise.resolve(1), 2]),
  'a generator': () =>
    (function* () {
      yield Promise.resolve(1);
      yield 2;
    })(),
  'a string': () => 'ab',
  'an iterator that throws': () => hostile,
  undefined: () => undefined,
  'a number': () => 3,
  'subclass promises': () => [Sub.resolve(1), Promise.resolve(2)],
};

/** What came out, and after how many microtasks. */
async function outcome(combinator: typeof Promise.all, owner: unknown, input: unknown): Promise<string> {
  let ticks = 0;
  let result: string | undefined;
  const promise = Reflect.apply(combinator, owner, [input]) as Promise<unknown>;
  const kind = promise.constructor.name;
  promise.then(
    (value) => (result = `${kind} fulfilled ${inspect(value)} after ${ticks}`),
    (error: unknown) =>
      (result = `${kind} rejected ${String(error)} ${inspect((error as AggregateError).errors?.map(String))} after ${ticks}`),
  );
  while (result === undefined && ticks < 50) {
    await Promise.resolve();
    ticks++;
  }
  return result ?? 'pending';
}

describe.each(names)('Promise.%s', (name) => {
  test.each(Object.entries(inputs))('of %s gives the same after as many ticks', async (_input, make) => {
    expect(await outcome(Promise[name] as typeof Promise.all, Promise, make())).toBe(
      await outcome(plain[name], Promise, make()),
    );
  });

  test('keeps name, length, subclass and errors of a bad receiver', async () => {
    expect(Promise[name]).not.toBe(plain[name]);
    expect(Object.getOwnPropertyDescriptors(Promise[name])).toMatchObject({
      name: { value: name },
      length: { value: 1 },
    });
    expect(Object.getOwnPropertyDescriptor(Promise, name)).toMatchObject({
      enumerable: false,
      writable: true,
      configurable: true,
    });
    expect(Reflect.apply(Promise[name], Sub, [[1]])).toBeInstanceOf(Sub);
    expect(() => Reflect.apply(Promise[name], undefined, [[1]])).toThrow(TypeError);
  });
});

test('the built-ins are back once nobody follows', () => {
  promiseHooksTracker.disable();
  try {
    for (const name of names) expect(Promise[name]).toBe(plain[name]);
  } finally {
    promiseHooksTracker.enable();
  }
  for (const name of names) expect(Promise[name]).not.toBe(plain[name]);
});

test('another realm is patched when its first promise is made, and put back', async () => {
  const context = createContext({});
  const all: unknown = runInContext(
    'globalThis.plain = Promise.all; (async () => {})(); Promise.all',
    context,
  );
  expect(all).not.toBe(runInContext('plain', context));
  promiseHooksTracker.disable();
  expect(runInContext('Promise.all === plain', context)).toBe(true);
  promiseHooksTracker.enable();
});

test('a stamped promise shows nothing of it', () => {
  const promise = Promise.resolve(1);
  expect(inspect(promise, { showHidden: true })).toBe('Promise { 1 }');
  expect(Reflect.ownKeys(promise)).toEqual([]);
  expect(Object.isFrozen(Object.freeze(Promise.resolve(2)))).toBe(true);
});

test.each(['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask'] as const)(
  '%s keeps its name, length and extras',
  (name) => {
    const followed = globalThis[name];
    promiseHooksTracker.disable();
    const original = globalThis[name];
    promiseHooksTracker.enable();
    expect(followed).not.toBe(original);
    expect(Reflect.ownKeys(followed).filter((key) => !Reflect.ownKeys(original).includes(key))).toEqual([]);
    for (const key of Reflect.ownKeys(original).filter((each) => each !== 'prototype')) {
      expect(Object.getOwnPropertyDescriptor(followed, key)).toEqual(
        Object.getOwnPropertyDescriptor(original, key),
      );
    }
  },
);

test('process.nextTick is wrapped once, however often it is taken away, and where it was replaced before', () => {
  const { nextTick } = process;
  for (let i = 0; i < 3; i++) {
    const known = process.nextTick;
    Object.assign(process, { nextTick: undefined });
    expect(process.nextTick).toBe(undefined);
    Object.assign(process, { nextTick: known });
    expect(process.nextTick).toBe(nextTick);
  }
  promiseHooksTracker.disable();
  const plainTick = process.nextTick;
  const descriptor = Object.getOwnPropertyDescriptor(process, 'nextTick')!;
  let replaced: unknown = plainTick;
  Object.defineProperty(process, 'nextTick', {
    configurable: true,
    get: () => replaced,
    set(value: unknown) {
      replaced = value;
    },
  });
  try {
    promiseHooksTracker.enable();
    expect(process.nextTick).not.toBe(plainTick);
    const other = (): void => {};
    Object.assign(process, { nextTick: other });
    expect(replaced).toBe(other);
    expect(process.nextTick).not.toBe(other);
    promiseHooksTracker.disable();
    expect(process.nextTick).toBe(other);
  } finally {
    Object.defineProperty(process, 'nextTick', descriptor);
    promiseHooksTracker.enable();
  }
});
