import type * as GenericPool from 'generic-pool';
import { afterEach, describe, expect, it } from 'vitest';
import { adapter } from '../../src/adapters/generic-pool.ts';
import { unwatchLibrary, watchLibrary } from '../../src/adapters/shared/watching.ts';
import { Validator } from '../../src/index.ts';
import { hideFrames } from '../../src/validator/stack-trace.ts';
import { type Scenario, play, requireCopy } from './copies.ts';
import { membersOf } from './members.ts';
import { type ProgramCase, checkProgram } from './programs.ts';

type Library = typeof GenericPool;
interface Thing {
  id: number;
}

const copies: [name: string, load: () => Library][] = [
  ['lowest', () => requireCopy('generic-pool-3-8') as unknown as Library],
  ['highest', () => requireCopy('generic-pool') as unknown as Library],
];
// It has another name here than where it is used.
hideFrames('/node_modules/generic-pool-3-8/');

const pools: GenericPool.Pool<Thing>[] = [];

function createPool(
  { createPool: create }: Library,
  options: GenericPool.Options = {},
): GenericPool.Pool<Thing> {
  let id = 0;
  const pool = create(
    { create: async () => ({ id: ++id }), destroy: async () => {} },
    { max: 2, ...options },
  );
  pools.push(pool);
  return pool;
}

afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.clear()));
});

const scenarios: [name: string, Scenario<Library>][] = [
  [
    'resources, in order, and counts',
    async (library, tell) => {
      const pool = createPool(library);
      await Promise.all(
        ['a', 'b', 'c', 'd'].map(async (name) => {
          const thing = await pool.acquire();
          tell(`${name} has ${thing.id}, ${pool.borrowed} borrowed, ${pool.pending} wait`);
          await undefined;
          await (name === 'b' ? pool.destroy(thing) : pool.release(thing));
          tell(`${name} is done, ${pool.available} free`);
        }),
      );
    },
  ],
  [
    'priorities',
    async (library, tell) => {
      const pool = createPool(library, { max: 1, priorityRange: 3 });
      const thing = await pool.acquire();
      const waits = [2, 0, 1].map(async (priority) => {
        const next = await pool.acquire(priority);
        tell(`priority ${priority}`);
        await pool.release(next);
      });
      await pool.release(thing);
      await Promise.all(waits);
    },
  ],
  [
    'use: values and errors',
    async (library, tell) => {
      const pool = createPool(library, { max: 1 });
      tell(String(await pool.use(async ({ id }) => id)));
      const failing = pool.use(async () => {
        throw new Error('own');
      });
      await failing.catch((error: unknown) => tell(String(error)));
      tell(String(await pool.use(async ({ id }) => id)));
    },
  ],
  [
    'errors: a second release, too many who wait, a pool that drains, what is not ours',
    async (library, tell) => {
      const told = (error: unknown): void => tell(String(error));
      const pool = createPool(library, { max: 1, maxWaitingClients: 1 });
      const thing = await pool.acquire();
      const waiting = pool.acquire();
      await pool.acquire().then(() => tell('in'), told);
      await pool.release(thing);
      await pool.release(await waiting);
      await pool.release(thing).then(() => tell('released'), told);
      await pool.destroy({ id: 9 }).then(() => tell('destroyed'), told);
      await pool.drain();
      await pool.acquire().then(() => tell('in'), told);
    },
  ],
];

const programs: ProgramCase<Library>[] = [
  [
    'a resource held while another is asked for',
    async ({ library }) => {
      const pool = createPool(library);
      await pool.use(() => pool.use(async () => {}));
    },
    ['potential error nested-capacity'],
  ],
  [
    'one after another',
    async ({ library }) => {
      const pool = createPool(library);
      for (let i = 0; i < 3; i++) await pool.use(async () => {});
    },
    [],
  ],
  [
    'a pool and a lock in both orders',
    async ({ library, lock }) => {
      const pool = createPool(library);
      await pool.use(() => lock('A').run(async () => {}));
      const thing = await lock('A').run(() => pool.acquire());
      await pool.release(thing);
      await lock('A').run(() => pool.use(async () => {}));
    },
    ['potential error circular-dependency'],
  ],
  [
    'what the releaser did is not behind whoever waited',
    async ({ library, lock }) => {
      const pool = createPool(library, { max: 1 });
      await lock('Y').run(() => {});
      const thing = await pool.acquire();
      const waiting = lock('X').run(async () => {
        await pool.release(await pool.acquire());
      });
      while (pool.pending === 0) await undefined;
      await pool.release(thing);
      await waiting;
      await lock('Y').run(() => lock('X').run(() => {}));
    },
    [],
  ],
  [
    'a second resource asked for while the only one is held',
    ({ library }) => {
      const pool = createPool(library, { max: 1 });
      return pool.use(() => pool.use(async () => {}));
    },
    ['certain error nested-capacity'],
    'hang',
  ],
];

describe.each(copies)('generic-pool, %s version', (_version, load) => {
  it.each(scenarios)('does the same watched: %s', async (_name, scenario) => {
    const plain = await play(scenario, load());
    const library = watchLibrary(adapter, load(), { validator: new Validator() });
    expect(plain.filter((line) => line !== 'tick').length).toBeGreaterThan(0);
    expect(await play(scenario, library)).toEqual(plain);
  });

  it.each(programs)('finds %s', async (...program) => {
    // What hangs cannot be cleared.
    await checkProgram(adapter, load(), program).finally(() => program[3] === 'hang' && pools.splice(0));
  });

  it('is itself again when the watching is taken back, also by one who waits', async () => {
    const library = load();
    const { prototype } = library.Pool as unknown as { prototype: object };
    const before = membersOf(prototype);
    const validator = new Validator();
    watchLibrary(adapter, library, { validator });
    expect(membersOf(prototype)).not.toEqual(before);
    const pool = createPool(library, { max: 1 });
    const first = await pool.acquire();
    const waiting = pool.acquire();
    unwatchLibrary(library);
    expect(membersOf(prototype)).toEqual(before);
    await pool.release(first);
    const second = await waiting;
    expect(second).toBe(first);
    await pool.release(second);
    await pool.release(await pool.acquire());
    expect(validator.snapshot().classes.map(({ acquisitions }) => acquisitions)).toEqual([2]);
  });
});
