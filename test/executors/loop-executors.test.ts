/** The executors of the event loop: when they run, and by whose validator they are watched. */
import { describe, expect, test, vi } from 'vitest';
import { type Hold, Mutex, Validator, immediate, timeout } from '../../src/index.ts';
import { expectOneLine } from '../locks/misuse.ts';
import { policies, turn } from '../locks/subjects.ts';
import { loops } from './executors.ts';

/** Where each stands in for something that Node has. */
const plain: Record<string, (fn: () => void) => unknown> = {
  microtask: (fn) => queueMicrotask(fn),
  nextTick: (fn) => process.nextTick(fn),
  immediate: (fn) => setImmediate(fn),
  timeout: (fn) => setTimeout(fn, 1),
};

const namesOf = (validator: Validator): string[] => validator.snapshot().classes.map(({ name }) => name);

describe.each(policies)('%s', (policy, options) => {
  describe.each(loops)('%s', (name, start) => {
    test.each<[where: string, enter: (fn: () => void) => unknown]>([
      ['a microtask', (fn) => queueMicrotask(fn)],
      ['a tick', (fn) => process.nextTick(fn)],
      ['an immediate', (fn) => setImmediate(fn)],
      ['a timer', (fn) => setTimeout(fn, 1)],
    ])('runs when the plain one runs, asked for in %s', async (_where, enter) => {
      const validator = new Validator(options);
      const hold = await new Mutex({ name: 'A', validator }).acquire();
      const log: string[] = [];
      await new Promise<void>((resolve) => {
        enter(() => {
          plain[name]!(() => log.push('before'));
          start(
            (given) => {
              log.push('ours');
              given.release();
            },
            { transfer: [hold] },
          );
          plain[name]!(() => {
            log.push('after');
            resolve();
          });
          log.push('asked for');
        });
      });
      expect(log).toEqual(['asked for', 'before', 'ours', 'after']);
    });

    test('is watched by the validator of the first hold, unless it is told another', async () => {
      const [own, other] = [new Validator(options), new Validator(options)];
      const a = new Mutex({ name: 'A', validator: own });
      const release = (hold?: Hold): void => hold!.release();
      start(release, { transfer: [await a.acquire()] });
      start(release, { transfer: [await a.acquire()], validator: other, name: 'mine' });
      (await a.acquire()).release();
      expect([namesOf(own), namesOf(other)]).toEqual(policy === 'off' ? [[], []] : [['A', name], ['mine']]);
    });

    test.each<[name: string, option: string, line: string, values: unknown[]]>([
      ['a name', 'name', 'Expected `name` to be a non-empty string, got ', [5, '', null, {}, Symbol('name')]],
      [
        'a validator',
        'validator',
        'Expected `validator` to be a Validator, got ',
        [null, 5, 'text', {}, Validator],
      ],
    ])('is refused %s it cannot use, and nothing was handed over', async (_case, option, line, values) => {
      const a = new Mutex({ name: 'A', validator: new Validator(options) });
      for (const value of values) {
        const hold = await a.acquire();
        const call = (): unknown => start(() => expect.unreachable(), { [option]: value, transfer: [hold] });
        await expectOneLine('throws', call, line, value);
        hold.release();
        expect(a.isHeld).toBe(false);
      }
    });
  });

  test('runs in the order that the loop has', async () => {
    const validator = new Validator(options);
    const log: string[] = [];
    await new Promise<void>((resolve) => {
      setImmediate(() => {
        const note = (name: string) => () => void log.push(name);
        immediate(note('immediate'), { validator });
        for (const [name, start] of loops.slice(0, 2).toReversed()) start(note(name), { validator });
        timeout(
          () => {
            log.push('timeout');
            resolve();
          },
          20,
          { validator },
        );
        log.push('now');
      });
    });
    expect(log).toEqual(['now', 'nextTick', 'microtask', 'immediate', 'timeout']);
  });

  test('leaves the holds held when the immediate is cleared', async () => {
    const a = new Mutex({ name: 'A', validator: new Validator(options) });
    clearImmediate(immediate(() => expect.unreachable(), { transfer: [await a.acquire()] }));
    await turn();
    expect(a.isHeld).toBe(true);
  });

  test('waits as long as it is told, and leaves the holds held when the timeout is cleared', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const validator = new Validator(options);
      const [a, b] = ['A', 'B'].map((name) => new Mutex({ name, validator })) as [Mutex, Mutex];
      timeout((hold) => hold.release(), 5, { transfer: [await a.acquire()] });
      clearTimeout(timeout(() => expect.unreachable(), 5, { transfer: [await b.acquire()] }));
      vi.advanceTimersByTime(4);
      expect([a.isHeld, b.isHeld]).toEqual([true, true]);
      vi.advanceTimersByTime(1);
      expect([a.isHeld, b.isHeld]).toEqual([false, true]);
    } finally {
      vi.useRealTimers();
    }
  });

  test('is refused a time it cannot wait for, and nothing was handed over', async () => {
    const a = new Mutex({ name: 'A', validator: new Validator(options) });
    for (const ms of [undefined, null, '5', -1, Number.NaN, Infinity, 2 ** 31, 5n, {}]) {
      const hold = await a.acquire();
      const call = (): unknown => timeout(() => expect.unreachable(), ms as number, { transfer: [hold] });
      await expectOneLine('throws', call, 'Expected `ms` to be a number from 0 to 2147483647, got ', ms);
      hold.release();
      expect(a.isHeld).toBe(false);
    }
  });
});
