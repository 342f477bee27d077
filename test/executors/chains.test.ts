/**
 * The case of the letter over all ways to hand over: A is handed to somebody who takes C before A is released,
 * and somebody else, at another time, holds C while waiting for the executor or for A.
 */
import { EventEmitter } from 'node:events';
import { describe, expect, test } from 'vitest';
import {
  type Hold,
  type JobFunction,
  Mutex,
  Rcu,
  Validator,
  WorkQueue,
  emit,
  immediate,
  microtask,
  nextTick,
  timeout,
} from '../../src/index.ts';

interface Case {
  readonly name: string;
  /** Runs `fn` in the custody of an executor called E, and tells when it is over. */
  start(validator: Validator, hold: Hold, fn: JobFunction): unknown;
  /** Waits for E; `undefined` where nobody can. */
  wait?(): Promise<unknown>;
  /** How many it takes to hang when it is waited for. Default 2: who waits, and who has A and asks for C. */
  readonly flows?: number;
  /** Its jobs wait for each other. */
  readonly isSerial?: boolean;
}

/** Runs it, and resolves when `fn` is over. */
function over(start: (fn: JobFunction) => unknown, fn: JobFunction): Promise<void> {
  return new Promise((resolve) => {
    start(async (...holds: Hold[]) => {
      await fn(...holds);
      resolve();
    });
  });
}

const loop =
  (start: (fn: JobFunction, options: { transfer: Hold[]; name: string; validator: Validator }) => unknown) =>
  (validator: Validator, hold: Hold, fn: JobFunction): Promise<void> =>
    over((fn) => start(fn, { transfer: [hold], name: 'E', validator }), fn);

function createCases(): Case[] {
  let rcu: Rcu;
  let queue: WorkQueue;
  const add =
    (concurrency: number): Case['start'] =>
    (validator, hold, fn) =>
      (queue = new WorkQueue({ name: 'E', validator, concurrency })).add(fn, { transfer: [hold] });
  return [
    {
      name: 'another flow, by a parcel',
      start: async (_validator, hold, fn) => {
        const parcel = hold.handOff('E');
        await fn(parcel.accept());
      },
    },
    { name: 'microtask', start: loop(microtask) },
    { name: 'nextTick', start: loop(nextTick) },
    { name: 'immediate', start: loop(immediate) },
    { name: 'timeout', start: loop((fn, options) => timeout(fn, 1, options)) },
    {
      name: 'a listener of an event',
      start: loop((fn, options) => emit(new EventEmitter().on('x', fn), 'x', options)),
    },
    {
      name: 'RCU',
      start: (validator, hold, fn) =>
        over((fn) => (rcu = new Rcu({ name: 'E', validator })).call(fn, { transfer: [hold] }), fn),
      wait: () => rcu.synchronize(),
      isSerial: true,
    },
    { name: 'a work queue, drained', start: add(1), wait: () => queue.drain(), isSerial: true },
    {
      name: 'a work queue, waiting for a job',
      start: add(1),
      wait: () => queue.add(() => {}),
      isSerial: true,
    },
    { name: 'a work queue of two at a time, drained', start: add(2), wait: () => queue.drain() },
    {
      name: 'a work queue of two at a time, waiting for a job',
      flows: 3,
      start: add(2),
      wait: () => queue.add(() => {}),
    },
  ];
}

/** Each finding with the kinds of its arrows, and how many flows it takes to hang. */
function chainOf(validator: Validator): (string | number)[] {
  const { findings, edges } = validator.snapshot();
  return findings.flatMap(({ chain, edges: indices, severity, flows }) => [
    [severity, chain.join(' → '), ...indices.map((index) => edges[index]!.kind)].join(' '),
    flows,
  ]);
}

describe.each(
  createCases().map(
    ({ name, wait, isSerial, flows }, i) =>
      [name, { isWaited: wait !== undefined, isSerial, neededFlows: flows ?? 2 }, i] as const,
  ),
)('%s', (_name, { isWaited, isSerial, neededFlows }, i) => {
  async function play(
    second: (c: Mutex, a: Mutex, wait: Case['wait']) => Promise<unknown>,
  ): Promise<(string | number)[]> {
    const { start, wait } = createCases()[i]!;
    const validator = new Validator();
    const [a, c] = ['A', 'C'].map((name) => new Mutex({ name, validator })) as [Mutex, Mutex];
    await start(validator, await a.acquire(), async (hold) => {
      await c.run(() => {});
      hold.release();
    });
    await second(c, a, wait);
    return chainOf(validator);
  }

  test('the way back to A leads through the executor and its custody', async () => {
    const [chain] = await play((c, a) => c.run(() => a.run(() => {})));
    expect(chain).toMatch(/^error A → E → C → A handoff (custody|order) order$/);
  });

  test.runIf(isWaited)('waiting for the executor is waiting for what it has in custody', async () => {
    const [chain, flows] = await play((c, _a, wait) => c.run(async () => void (await wait!())));
    expect(chain).toMatch(/^error C → E → A → C (wait|order) custody order$/);
    expect(flows).toBe(neededFlows);
  });

  // Behind a job that waits for C another one may have A, where jobs wait for each other.
  test.skipIf(isSerial)('what is asked for after the release makes no chain', async () => {
    const { start } = createCases()[i]!;
    const validator = new Validator();
    const [a, c] = ['A', 'C'].map((name) => new Mutex({ name, validator })) as [Mutex, Mutex];
    await start(validator, await a.acquire(), async (hold) => {
      hold.release();
      await c.run(() => {});
    });
    await c.run(() => a.run(() => {}));
    expect(chainOf(validator)).toEqual([]);
  });
});

test('a lock held over the hand-over is a gate of it, by its name', async () => {
  const validator = new Validator();
  const [a, g] = ['A', 'G'].map((name) => new Mutex({ name, validator })) as [Mutex, Mutex];
  await g.run(async () => {
    const hold = await a.acquire();
    await over(
      (fn) => immediate(fn, { transfer: [hold], name: 'E', validator }),
      (hold) => hold.release(),
    );
  });
  const edge = validator.snapshot().edges.find(({ kind }) => kind === 'handoff');
  expect(edge).toMatchObject({ from: 'A', to: 'E', gates: ['G'] });
});
