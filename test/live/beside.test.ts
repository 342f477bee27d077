/** A drained loop, and requests of one synchronous run: of one flow they need each other, of several they do not. */
import { promiseHooks } from 'node:v8';
import { describe, expect, test } from 'vitest';
import { type Hold, Mutex, RwLock, Semaphore, Validator } from '../../src/index.ts';
import { nothing, settle } from './support.ts';

async function play(run: (validator: Validator) => unknown): Promise<string[]> {
  const validator = new Validator();
  // The holds stay reachable, or they would be leaked.
  const kept = run(validator);
  await settle(5);
  validator.checkOpen({ isDrained: true });
  expect(kept).toBeDefined();
  return validator.findings.map(({ code, chain }) => `${code} ${chain.join('→')}`).sort();
}

describe('flows that begin in one run, of which one keeps what it has', () => {
  test.each<[string, string[], (validator: Validator) => unknown]>([
    [
      'a mutex',
      ['stalled-wait A'],
      (validator) => {
        const a = new Mutex({ name: 'A', validator });
        const kept: Hold[] = [];
        const keep = async (): Promise<void> => void kept.push(await a.acquire());
        const use = async (): Promise<void> => (await a.acquire()).release();
        void keep();
        void use();
        return kept;
      },
    ],
    [
      'a mutex, asked for by run',
      ['stalled-wait A'],
      (validator) => {
        const a = new Mutex({ name: 'A', validator });
        const kept: Hold[] = [];
        const keep = async (): Promise<void> => void kept.push(await a.acquire());
        void keep();
        void a.run(nothing);
        return kept;
      },
    ],
    [
      'a reader',
      ['stalled-wait A'],
      (validator) => {
        const a = new RwLock({ name: 'A', validator });
        const kept: Hold[] = [];
        const keep = async (): Promise<void> => void kept.push(await a.acquireRead());
        const write = async (): Promise<void> => (await a.acquireWrite()).release();
        void keep();
        void write();
        return kept;
      },
    ],
    [
      'a unit',
      ['stalled-wait A'],
      (validator) => {
        const a = new Semaphore({ name: 'A', permits: 1, validator });
        const kept: Hold[] = [];
        const keep = async (): Promise<void> => void kept.push(await a.acquire());
        const use = async (): Promise<void> => (await a.acquire()).release();
        void keep();
        void use();
        return kept;
      },
    ],
    [
      'a mutex, and a third flow that waits behind the second',
      ['stalled-wait A'],
      (validator) => {
        const [a, b] = ['A', 'B'].map((name) => new Mutex({ name, validator })) as [Mutex, Mutex];
        const kept: Hold[] = [];
        const keep = async (): Promise<void> => void kept.push(await a.acquire());
        const use = async (): Promise<void> => (await a.acquire()).release();
        void keep();
        void b.run(use);
        void b.run(nothing);
        return kept;
      },
    ],
    [
      'and one flow that asks for both, which waits for itself',
      ['recursive-acquisition A→A', 'stalled-wait A'],
      (validator) => {
        const a = new Mutex({ name: 'A', validator });
        const both = async (): Promise<void> => {
          for (const hold of await Promise.all([a.acquire(), a.acquire()])) hold.release();
        };
        return both();
      },
    ],
    [
      'and one flow that asks for both, and awaits the one after the other',
      ['recursive-acquisition A→A', 'stalled-wait A'],
      (validator) => {
        const a = new Mutex({ name: 'A', validator });
        const both = async (): Promise<void> => {
          const [first, second] = [a.acquire(), a.acquire()];
          const holds = [await first];
          holds.push(await second);
          for (const hold of holds) hold.release();
        };
        return both();
      },
    ],
  ])('%s', async (_name, expected, run) => {
    expect(await play(run)).toEqual(expected);
    // As others do who follow promises.
    const stop = promiseHooks.createHook({ init: nothing }) as () => void;
    try {
      expect(await play(run)).toEqual(expected);
    } finally {
      stop();
    }
  });
});
