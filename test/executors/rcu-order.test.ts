/** RCU: readers never wait, callbacks come in order, and each wait waits for what its name says. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Rcu, Validator } from '../../src/index.ts';
import { policies, turn } from '../locks/subjects.ts';
import { playRcu, rcuWishes, scriptOfRcu } from './play-rcu.ts';

type Case = [name: string, script: string, log: string];

const cases: Case[] = [
  ['a callback when nobody reads', 'call a', 'a'],
  ['callbacks in their order', 'call a + call b + call c', 'a b c'],
  ['a callback after the readers before it', 'read a + read b, call c, end a, end b', '-, -, -, c'],
  ['a callback does not wait for readers after it', 'read a, call b, read c, end a', '-, -, -, b'],
  [
    'a reader that began in the same run, before the callback',
    'read a + call b + read c, end c, end a',
    '-, -, b',
  ],
  ['a reader that ended before the callback could run', 'read a + call b + end a', 'b'],
  [
    'a callback waits for the one before it, not for its readers',
    'read a, call b, end a + read c + call d, end c',
    '-, -, b, d',
  ],
  ['readers do not wait for callbacks', 'slow a, read b, end b, done a', 'a, -, -, -'],
  ['a callback after the end of one that takes its time', 'slow a + call b, done a', 'a, b'],
  ['a wait for readers when nobody reads', 'sync a', 'a.'],
  ['a wait for readers', 'read a, sync b, end a', '-, -, b.'],
  ['a wait for earlier readers only', 'read a, sync b, read c, end a', '-, -, -, b.'],
  ['a wait for the callbacks before it', 'slow a, sync b + call c, done a', 'a, -, c b.'],
  ['a wait for readers holds up the callbacks after it', 'read a, sync b + call c, end a', '-, -, c b.'],
  ['a barrier when there is nothing', 'barrier a', 'a.'],
  ['a barrier waits for no reader', 'read a, barrier b', '-, b.'],
  ['a barrier waits for callbacks', 'slow a, barrier b, done a', 'a, -, b.'],
  [
    'a barrier waits for callbacks that wait for readers',
    'read a, call b, barrier c, end a',
    '-, -, -, b c.',
  ],
  ['a barrier waits for no later callback', 'slow a + barrier b + slow c, done a', 'a, c b.'],
  ['waits side by side', 'read a, sync b + sync c + barrier d, end a', '-, -, b. c. d.'],
];

describe.each(policies)('the order of rcu, %s', (_policy, options) => {
  test.each(cases)('%s', async (_name, script, log) => {
    expect(await playRcu(new Validator(options), script)).toBe(log);
  });

  test('does what a list of items with their readers does', async () => {
    await fc.assert(
      fc.asyncProperty(rcuWishes, async (wishes) => {
        const { script, log } = scriptOfRcu(wishes);
        expect(await playRcu(new Validator(options), script), script).toBe(log);
      }),
      { numRuns: 200 },
    );
  });

  test('runs callbacks in order, each after its readers, under any schedule', async () => {
    const count = fc.integer({ min: 1, max: 5 });
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), count, count, async (s, readers, writers) => {
        const rcu = new Rcu({ validator: new Validator(options) });
        const reading = new Set<number>();
        const queued: number[] = [];
        const ran: number[] = [];
        let isInside = false;
        let begun = 0;
        let ended = 0;
        const pause = (): Promise<void> => s.schedule(Promise.resolve());
        const reader = async (): Promise<void> => {
          await pause();
          await rcu.read(async () => {
            const id = begun++;
            reading.add(id);
            await pause();
            reading.delete(id);
          });
          ended++;
        };
        const writer = async (id: number): Promise<void> => {
          await pause();
          const before = [...reading];
          const expectNone = (): void => expect(before.filter((each) => reading.has(each))).toEqual([]);
          queued.push(id);
          rcu.call(async () => {
            expect(isInside, 'callbacks one at a time').toBe(false);
            isInside = true;
            expectNone();
            await pause();
            isInside = false;
            ran.push(id);
          });
          const place = queued.length;
          await rcu.synchronize();
          expectNone();
          expect(ran.length).toBeGreaterThanOrEqual(place);
          await rcu.barrier();
          ended++;
        };
        const flows = [
          ...Array.from({ length: readers }, reader),
          ...Array.from({ length: writers }, (_, id) => writer(id)),
        ];
        await s.waitIdle();
        await turn();
        expect(ended, 'flows that came to their end').toBe(flows.length);
        await Promise.all(flows);
        expect(ran).toEqual(queued);
      }),
      { numRuns: 60 },
    );
  });
});
