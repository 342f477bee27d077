/** Who waits for a job, or for a queue to be empty, with a lock in hand that a job needs. */
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { Mutex, type Validator, WorkQueue } from '../../src/index.ts';
import { nothing, play, sleep } from './support.ts';

interface World {
  readonly a: Mutex;
  readonly queue: WorkQueue;
}

/** `flows`: how many wait for each other. */
type Case = [name: string, concurrency: number, flows: number, run: (world: World) => unknown];

/** A job that takes A, after whoever else has begun. */
const takeLater =
  ({ a }: World) =>
  async (): Promise<void> => {
    await turn();
    await turn();
    await a.run(nothing);
  };

const hanging: Case[] = [
  [
    'a job that is awaited, behind one that needs the lock',
    1,
    2,
    (world) => {
      void world.queue.add(takeLater(world));
      void world.a.run(async () => {
        await turn();
        await world.queue.add(nothing);
      });
    },
  ],
  [
    'a job that a function returns, behind one that needs the lock',
    1,
    2,
    (world) => {
      const add = async (): Promise<void> => world.queue.add(nothing);
      void world.queue.add(takeLater(world));
      void world.a.run(async () => {
        await turn();
        await add();
      });
    },
  ],
  [
    'a job of a queue with two places, both of which need the lock',
    2,
    3,
    (world) => {
      void world.queue.add(takeLater(world));
      void world.queue.add(takeLater(world));
      void world.a.run(async () => {
        await turn();
        await world.queue.add(nothing);
      });
    },
  ],
  [
    'a job that is awaited by whoever has acquired the lock',
    1,
    2,
    async (world) => {
      void world.queue.add(takeLater(world));
      const hold = await world.a.acquire();
      await turn();
      await world.queue.add(nothing);
      hold.release();
    },
  ],
  [
    'the end of all jobs of a queue with two places, one of which needs the lock',
    2,
    2,
    (world) => {
      void world.queue.add(takeLater(world));
      void world.a.run(async () => {
        await turn();
        await world.queue.drain();
      });
    },
  ],
];

const fine: Case[] = [
  [
    'a job that nobody awaits',
    1,
    0,
    (world) => {
      void world.queue.add(takeLater(world));
      void world.a.run(async () => {
        await turn();
        void world.queue.add(nothing);
        await sleep(30);
      });
    },
  ],
  [
    'a job of a queue in which another place comes free',
    2,
    0,
    (world) => {
      void world.queue.add(takeLater(world));
      void world.queue.add(() => sleep(30));
      void world.a.run(async () => {
        await turn();
        await world.queue.add(nothing);
      });
    },
  ],
  [
    'one job of a queue with two places',
    2,
    0,
    (world) => {
      void world.queue.add(takeLater(world));
      const other = world.queue.add(() => sleep(30));
      void world.a.run(async () => {
        await turn();
        await world.queue.flush(other);
      });
    },
  ],
];

function start(concurrency: number, run: (world: World) => unknown): (validator: Validator) => unknown {
  return (validator) =>
    run({
      a: new Mutex({ name: 'A', validator }),
      queue: new WorkQueue({ name: 'queue', concurrency, validator }),
    });
}

describe('hangs', () => {
  test.each(hanging)('%s', async (_name, concurrency, flows, run) => {
    const { inSnapshot, drained } = await play(start(concurrency, run));
    expect(inSnapshot).toEqual([`warning potential live-deadlock A→queue→A ${flows}`]);
    expect(drained).toEqual([`error certain live-deadlock A→queue→A ${flows}`]);
  });
});

describe('goes on', () => {
  test.each(fine)('%s', async (_name, concurrency, _flows, run) => {
    const { atOnce, inSnapshot } = await play(start(concurrency, run));
    expect([...atOnce, ...inSnapshot]).toEqual([]);
  });
});
