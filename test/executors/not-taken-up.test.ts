/** What was handed over, and is held when the loop has drained. */
import { expect, test } from 'vitest';
import { type Hold, Mutex, Rcu, Semaphore, Validator, timeout } from '../../src/index.ts';
import { turn } from '../locks/subjects.ts';
import { edgesOf } from '../support/edges.ts';
import { withoutLive } from '../support/without-live.ts';

type Case = [name: string, program: (validator: Validator, hold: Hold) => unknown, messages: string[]];

const told = (taker: string): string =>
  `Lock held at the end: "cache" was handed to "${taker}", and never taken up [held-at-end]`;

const cases: Case[] = [
  ['a parcel that nobody accepts', (_, hold) => hold.handOff('flusher'), [told('flusher')]],
  [
    'a timer that was cleared',
    (validator, hold) =>
      clearTimeout(timeout((hold) => hold.release(), 1, { transfer: [hold], validator, name: 'rest' })),
    [told('rest')],
  ],
  ['a parcel that is accepted', (_, hold) => hold.handOff('flusher').accept().release(), []],
  ['a parcel that is accepted and never released', (_, hold) => hold.handOff('flusher').accept(), []],
  [
    'a parcel accepted and handed on',
    (_, hold) => hold.handOff('first').accept().handOff('second'),
    [told('second')],
  ],
  ['a hold that was not handed over', () => {}, []],
  [
    'a callback behind a reader that never ends: that is what holds it up',
    (validator, hold) => {
      const rcu = new Rcu({ name: 'rcu', validator });
      rcu.readLock();
      rcu.call((hold) => hold.release(), { transfer: [hold] });
    },
    [],
  ],
];

test.each(cases)('%s', async (_name, program, messages) => {
  const validator = new Validator();
  program(validator, await new Mutex({ name: 'cache', validator }).acquire());
  await turn();
  validator.checkOpen({ isDrained: false });
  expect(validator.findings).toEqual([]);
  validator.checkOpen({ isDrained: true });
  validator.checkOpen({ isDrained: true });
  const found = withoutLive(validator.findings);
  expect(found.map(({ message }) => message)).toEqual(messages);
  for (const { severity, count, stack } of found) {
    expect([severity, count]).toEqual(['warning', 1]);
    expect(stack?.frames[0]?.at).toMatch(/^test\/executors\/not-taken-up\.test\.ts:/);
  }
});

test('is told for each class once, and counted', async () => {
  const validator = new Validator();
  const pool = new Semaphore({ name: 'pool', validator, permits: 3 });
  for (let i = 0; i < 3; i++) pool.tryAcquire()!.handOff('queue');
  validator.checkOpen({ isDrained: true });
  expect(validator.findings.map(({ code, count }) => [code, count])).toEqual([['held-at-end', 3]]);
});

test.each<[name: string, take: (validator: Validator, hold: Hold) => unknown]>([
  ['a flow that accepted it', (_, hold) => hold.handOff('flusher').accept()],
  ['a timer', (validator, hold) => timeout(() => {}, 0, { transfer: [hold], validator })],
  ['RCU', (validator, hold) => new Rcu({ validator }).call(() => {}, { transfer: [hold] })],
])('what %s took up and never released is told at the end of the process', async (_name, take) => {
  // The handles are garbage before the end, and the collector may be first to say so.
  const validator = new Validator({ levels: { 'leaked-hold': 'off' } });
  await new Promise((resolve) => {
    void new Mutex({ name: 'cache', validator }).acquire().then((hold) => {
      take(validator, hold);
      setTimeout(resolve, 5);
    });
  });
  validator.checkOpen({ isDrained: true });
  expect(validator.findings).toEqual([]);
  validator.reportHeldAtEnd();
  expect(validator.findings.map(({ message, severity }) => `${severity}: ${message}`)).toEqual([
    'note: Lock held at the end: "cache" is still held at the end of the process [held-at-end]',
  ]);
});

test('a job of the loop has its holds in custody until the last of them is gone', async () => {
  const validator = new Validator();
  const [a, b, c] = ['A', 'B', 'C'].map((name) => new Mutex({ name, validator })) as [Mutex, Mutex, Mutex];
  const holds = [await a.acquire(), await b.acquire()];
  await new Promise<void>((resolve) => {
    const work = async (first: Hold, second: Hold): Promise<void> => {
      await turn();
      first.release();
      await c.run(() => {});
      second.release();
      resolve();
    };
    // Nobody awaits the work: the callback is over at once.
    timeout((first, second) => void work(first, second), 0, { transfer: holds, validator, name: 'rest' });
  });
  expect(edgesOf(validator)).toEqual({ proven: 'A→B A→rest(handoff) B→C B→rest(handoff) rest→C(custody)' });
});
