/** Hand-over to the listeners of an event. */
import { EventEmitter, captureRejectionSymbol, once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { type Hold, LockdepError, Mutex, Validator, emit } from '../../src/index.ts';
import { expectOneLine } from '../locks/misuse.ts';
import { badReleases, policies, turn } from '../locks/subjects.ts';
import { edgesOf } from '../support/edges.ts';

describe.each(policies)('emit, %s', (_policy, options) => {
  const setting = async () => {
    const validator = new Validator(options);
    const a = new Mutex({ name: 'A', validator });
    return { validator, a, hold: await a.acquire(), emitter: new EventEmitter() };
  };

  test('calls listeners at once, with the arguments and then the holds', async () => {
    const { validator, a, hold, emitter } = await setting();
    const b = await new Mutex({ name: 'B', validator }).acquire();
    const given: unknown[] = [];
    emitter.on('e', (...args: unknown[]) => given.push(...args));
    expect(emit(emitter, 'e', 1, { two: 2 }, { transfer: [hold, b] })).toBe(true);
    expect(given.slice(0, 2)).toEqual([1, { two: 2 }]);
    expect([hold.isOpen, b.isOpen, a.isHeld]).toEqual([false, false, true]);
    for (const each of given.slice(2) as Hold[]) each.release();
    expect(a.isHeld).toBe(false);
    expect(badReleases(validator)).toBe(0);
  });

  test('has `this`, `once`, symbols and `prependListener` as the emitter has them', async () => {
    const { hold, emitter, a } = await setting();
    const event = Symbol('e');
    const log: unknown[] = [];
    emitter.once(event, function (this: unknown, given: Hold) {
      log.push(this === emitter, 'last');
      given.release();
    });
    emitter.prependListener(event, () => log.push('first'));
    expect(emit(emitter, event, { transfer: [hold] })).toBe(true);
    expect(log).toEqual(['first', true, 'last']);
    expect(emitter.listenerCount(event)).toBe(1);
    expect(a.isHeld).toBe(false);
  });

  test('gives `events.once` the holds', async () => {
    const { hold, emitter, a } = await setting();
    const waiting = once(emitter, 'e');
    emit(emitter, 'e', 'x', { transfer: [hold] });
    const [x, given] = (await waiting) as [string, Hold];
    given.release();
    expect([x, a.isHeld]).toEqual(['x', false]);
  });

  test('gives all listeners the same hold; who releases second makes a bad release', async () => {
    const { validator, hold, emitter, a } = await setting();
    emitter.on('e', (given: Hold) => given.release());
    emitter.on('e', (given: Hold) => given.release());
    emit(emitter, 'e', { transfer: [hold] });
    expect(a.isHeld).toBe(false);
    expect(badReleases(validator)).toBe(options.policy === 'off' ? 0 : 1);
  });

  test('throws what a listener throws, and the holds stay with the listeners', async () => {
    const { hold, emitter, a } = await setting();
    let given!: Hold;
    emitter.on('e', (each: Hold) => {
      given = each;
      throw new Error('of the listener');
    });
    emitter.on('e', () => expect.unreachable());
    expect(() => emit(emitter, 'e', { transfer: [hold] })).toThrow('of the listener');
    expect([a.isHeld, given.isOpen, hold.isOpen]).toEqual([true, true, false]);
    given.release();
    expect(a.isHeld).toBe(false);
  });

  test('leaves rejections to the emitter', async () => {
    const { validator } = await setting();
    const emitter = new EventEmitter({ captureRejections: true });
    const failed = new Promise((resolve) => {
      Object.assign(emitter, { [captureRejectionSymbol]: resolve });
    });
    emitter.on('e', () => Promise.reject(new Error('later')));
    emit(emitter, 'e', { validator });
    expect(await failed).toEqual(new Error('later'));
  });

  test('without a listener returns false, and the lock stays held', async () => {
    const { hold, emitter, a } = await setting();
    expect(emit(emitter, 'e', { transfer: [hold] })).toBe(false);
    expect([a.isHeld, hold.isOpen]).toEqual([true, false]);
  });

  test('without a listener of `error` throws that error', async () => {
    const { hold, emitter } = await setting();
    const error = new Error('nobody listens');
    expect(() => emit(emitter, 'error', error, { transfer: [hold] })).toThrow(error);
  });

  test.each<[name: string, args: unknown[], line: string, value: unknown]>([
    ['no emitter', [null, 'e', {}], 'Expected `emitter` to be an EventEmitter, got ', null],
    ['an event target', [new EventTarget(), 'e', {}], 'Expected `emitter` to be an EventEmitter, got ', {}],
    [
      'a number as event',
      [new EventEmitter(), 5, {}],
      'Expected `event` to be a string or a symbol, got ',
      5,
    ],
    ['no options', [new EventEmitter(), 'e'], 'Expected `options` to be an object, got ', undefined],
    [
      'an argument in the place of options',
      [new EventEmitter(), 'e', 'x'],
      'Expected `options` to be an object, got ',
      'x',
    ],
    [
      'another name',
      [new EventEmitter(), 'e', { name: 5 }],
      'Expected `name` to be a non-empty string, got ',
      5,
    ],
  ])('is refused %s', async (_case, args, line, value) => {
    await expectOneLine('throws', () => Reflect.apply(emit, undefined, args), line, value);
  });

  test('is refused a hold that is dead, and no listener is called', async () => {
    const { hold, emitter } = await setting();
    emitter.on('e', () => expect.unreachable());
    hold.release();
    expect(() => emit(emitter, 'e', { transfer: [hold] })).toThrow(LockdepError);
    expect(() => emit(emitter, 'e', { tranfser: [hold] } as object)).toThrow(
      /with keys of name, validator, transfer, got/,
    );
  });
});

test('nobody listens: told when the loop has drained, at the place of the emit', async () => {
  const validator = new Validator();
  const hold = await new Mutex({ name: 'cache', validator }).acquire();
  emit(new EventEmitter(), 'stored', { transfer: [hold] });
  validator.checkOpen({ isDrained: true });
  expect(validator.findings).toMatchObject([
    {
      severity: 'warning',
      message: 'Lock held at the end: "cache" was handed to "event:stored", and never taken up [held-at-end]',
      stack: { frames: [{ at: expect.stringMatching(/^test\/executors\/emit\.test\.ts:/) as string }] },
    },
  ]);
});

test('a listener that throws and keeps the hold: told at the end of the process', async () => {
  const validator = new Validator();
  const hold = await new Mutex({ name: 'cache', validator }).acquire();
  const emitter = new EventEmitter().on('e', () => {
    throw new Error('of the listener');
  });
  expect(() => emit(emitter, 'e', { transfer: [hold] })).toThrow('of the listener');
  validator.checkOpen({ isDrained: true });
  expect(validator.findings).toEqual([]);
  validator.reportHeldAtEnd();
  expect(validator.findings).toMatchObject([{ code: 'held-at-end', severity: 'note', chain: ['cache'] }]);
});

test('what listeners do after their first await is in the custody of the event', async () => {
  const validator = new Validator();
  const [a, b, c] = ['A', 'B', 'C'].map((name) => new Mutex({ name, validator })) as [Mutex, Mutex, Mutex];
  const emitter = new EventEmitter().on('e', async (first: Hold, second: Hold) => {
    await turn();
    first.release();
    await turn();
    await c.run(() => {});
    second.release();
  });
  emit(emitter, 'e', { transfer: [await a.acquire(), await b.acquire()], name: 'event' });
  for (let i = 0; i < 5; i++) await turn();
  expect(edgesOf(validator)).toEqual({
    proven: 'A→B A→event(handoff) B→C B→event(handoff) event→C(custody)',
  });
});
