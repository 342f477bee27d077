/** What reads, callbacks and hand-overs of RCU do, one by one; their order is in `rcu-order.test.ts`. */
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { type Hold, LockdepError, Mutex, Rcu, Validator } from '../../src/index.ts';
import { expectOneLine } from '../locks/misuse.ts';
import { badReleases, policies, turn } from '../locks/subjects.ts';
import { uncaughtDuring } from './uncaught.ts';

const failure = new Error('of the callback');

describe.each(policies)('rcu, %s', (policy, options) => {
  test('begins a read at once, also inside a read, and ends each once', async () => {
    const validator = new Validator(options);
    const rcu = new Rcu({ validator });
    const outer = rcu.readLock();
    const inner = rcu.readLock();
    let isOver = false;
    const wait = rcu.synchronize().then(() => {
      isOver = true;
    });
    outer.release();
    outer.release();
    await turn();
    expect(isOver, 'the inner one still reads').toBe(false);
    inner.release();
    await wait;
    expect(badReleases(validator)).toBe(policy === 'off' ? 0 : 1);
  });

  test('reads on while the hold is handed off, until it is released', async () => {
    const rcu = new Rcu({ validator: new Validator(options) });
    const parcel = rcu.readLock().handOff('elsewhere');
    let isOver = false;
    const wait = rcu.synchronize().then(() => {
      isOver = true;
    });
    await turn();
    const hold = parcel.accept();
    await turn();
    expect(isOver).toBe(false);
    hold.release();
    await wait;
  });

  test.each<[name: string, fn: (hold: Hold) => unknown, outcome: unknown]>([
    ['a value', () => 1, 1],
    ['a promise', () => turn().then(() => 2), 2],
    ['a value, the hold released', (hold) => (hold.release(), 3), 3],
    [
      'a throw',
      () => {
        throw failure;
      },
      failure,
    ],
    ['a rejection', () => turn().then(() => Promise.reject(failure)), failure],
  ])('ends a read as a callback that ends with %s', async (_name, fn, outcome) => {
    const validator = new Validator(options);
    const rcu = new Rcu({ validator });
    let hold: Hold | undefined;
    const promise = rcu.read((given) => {
      hold = given;
      expect(given.isOpen).toBe(true);
      return fn(given);
    });
    const wait = rcu.synchronize().then(() => expect(hold?.isOpen).toBe(false));
    expect(await promise.catch((error: unknown) => error)).toBe(outcome);
    await wait;
    expect(badReleases(validator)).toBe(0);
  });

  test('runs no callback in the midst of whoever calls or stops reading', async () => {
    const rcu = new Rcu({ validator: new Validator(options) });
    const log: string[] = [];
    const reader = rcu.readLock();
    rcu.call(() => void log.push('first'));
    await turn();
    reader.release();
    log.push('released');
    rcu.call(() => void log.push('second'));
    log.push('called');
    await rcu.barrier();
    expect(log).toEqual(['released', 'called', 'first', 'second']);
  });

  test('runs what a callback adds after what was queued before', async () => {
    const rcu = new Rcu({ validator: new Validator(options) });
    const log: string[] = [];
    rcu.call(() => {
      log.push('outer');
      rcu.call(() => void log.push('inner'));
    });
    rcu.call(() => void log.push('other'));
    await rcu.synchronize();
    await rcu.barrier();
    expect(log).toEqual(['outer', 'other', 'inner']);
  });

  test('waits for a callback whose promise is of another realm', async () => {
    const rcu = new Rcu({ validator: new Validator(options) });
    let end!: () => void;
    const gate = new Promise<void>((resolve) => {
      end = resolve;
    });
    const slow = runInNewContext('async (gate) => { await gate; }') as (gate: unknown) => Promise<void>;
    const log: string[] = [];
    rcu.call(() => slow(gate));
    rcu.call(() => void log.push('second'));
    await turn();
    expect(log).toEqual([]);
    end();
    await rcu.barrier();
    expect(log).toEqual(['second']);
  });

  test.each<[name: string, fn: () => unknown, event: string]>([
    [
      'throws',
      () => {
        throw failure;
      },
      'uncaughtException',
    ],
    ['rejects', () => Promise.reject(failure), 'unhandledRejection'],
    ['rejects later', () => turn().then(() => Promise.reject(failure)), 'unhandledRejection'],
  ])('goes on after a callback that %s, and tells the process once', async (_name, fn, event) => {
    const rcu = new Rcu({ validator: new Validator(options) });
    const log: string[] = [];
    const uncaught = await uncaughtDuring(async () => {
      rcu.call(fn);
      rcu.call(() => void log.push('next'));
      await rcu.synchronize();
      await rcu.barrier();
    });
    expect(log).toEqual(['next']);
    expect(uncaught).toEqual([[event, failure]]);
  });

  test('hands holds over to the callback that releases them, in the order of the queue', async () => {
    const validator = new Validator(options);
    const rcu = new Rcu({ validator });
    const [a, b] = ['A', 'B'].map((name) => new Mutex({ name, validator })) as [Mutex, Mutex];
    const reader = rcu.readLock();
    const old = await a.acquire();
    rcu.call((...holds) => holds.forEach((hold) => hold.release()), { transfer: [old, await b.acquire()] });
    expect(old.isOpen).toBe(false);
    await turn();
    expect([a.isHeld, b.isHeld]).toEqual([true, true]);
    reader.release();
    await rcu.barrier();
    expect([a.isHeld, b.isHeld]).toEqual([false, false]);
    expect(badReleases(validator)).toBe(0);
  });

  test.each<
    [
      name: string,
      how: 'throws' | 'rejects',
      call: (rcu: Rcu, value: never) => unknown,
      line: string,
      values: unknown[],
    ]
  >([
    [
      'new Rcu(…)',
      'throws',
      (_, value) => new Rcu(value),
      'Expected `options` to be an object, got ',
      [null, 5, 'text'],
    ],
    [
      'new Rcu({ … })',
      'throws',
      (_, value) => new Rcu(value),
      'Expected `options` to be an object with keys of name, validator, got ',
      [{ nme: 'a' }, { permits: 3 }],
    ],
    [
      'new Rcu({ name })',
      'throws',
      (_, value) => new Rcu({ name: value }),
      'Expected `name` to be a non-empty string, got ',
      [5, '', null, {}, Symbol('name')],
    ],
    [
      'new Rcu({ validator })',
      'throws',
      (_, value) => new Rcu({ validator: value }),
      'Expected `validator` to be a Validator, got ',
      [null, 5, 'text', {}, Validator],
    ],
    [
      'rcu.read: fn',
      'rejects',
      (rcu, value) => rcu.read(value),
      'Expected `fn` to be a function, got ',
      [undefined, null, 5, {}],
    ],
    [
      'rcu.call: fn',
      'throws',
      (rcu, value) => rcu.call(value),
      'Expected `fn` to be a function, got ',
      [undefined, null, 5, {}],
    ],
    [
      'rcu.call: transfer',
      'throws',
      (rcu, value) => rcu.call(() => expect.unreachable(), { transfer: value }),
      'Expected `transfer` to be an array of holds, got ',
      [null, 5, 'text', {}, [null], [{}]],
    ],
  ])('bad input of %s %s, and nobody reads or waits', async (_name, how, call, line, values) => {
    const rcu = new Rcu({ validator: new Validator(options) });
    for (const value of values) {
      await expectOneLine(how, () => call(rcu, value as never), line, value);
      await rcu.synchronize();
    }
  });

  test('refuses a hold that is dead', () => {
    const validator = new Validator(options);
    const rcu = new Rcu({ validator });
    const hold = new Mutex({ validator }).tryAcquire()!;
    hold.release();
    expect(() => rcu.call(() => expect.unreachable(), { transfer: [hold] })).toThrow(LockdepError);
  });
});
