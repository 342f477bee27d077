/** A tracker that is switched on while promises already exist, some of them waited for. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Validator, promiseHooksTracker } from '../../src/index.ts';
import { createLocks, edgesOf } from '../support/edges.ts';

test('follows from then on, and promises older than itself are no fault', async () => {
  let settleOld!: () => void;
  const old = new Promise<void>((resolve) => {
    settleOld = resolve;
  });
  const oldChain = old.then(() => 'chained');
  const frozen = Object.freeze(Promise.resolve('frozen'));
  const before = Promise.all;

  const validator = new Validator();
  const { A, B, C } = createLocks(validator);
  expect(Promise.all).not.toBe(before);
  await A.run(async () => {
    setTimeout(settleOld, 2);
    await Promise.all([old, oldChain, frozen]);
    await B.run(() => sleep(1));
    expect(await oldChain).toBe('chained');
    expect(await frozen).toBe('frozen');
  });
  await C.run(() => old);
  expect(edgesOf(validator)).toEqual({ proven: 'A→B' });
});

test('can be switched on and off inside a continuation', async () => {
  await Promise.resolve();
  promiseHooksTracker.enable();
  await Promise.resolve();
  promiseHooksTracker.disable();
  await Promise.resolve();
  promiseHooksTracker.enable();
  promiseHooksTracker.disable();
  const validator = new Validator();
  const { A, B } = createLocks(validator);
  await A.run(() => B.run(() => {}));
  expect(edgesOf(validator)).toEqual({ proven: 'A→B' });
});
