import { createRequire } from 'node:module';
import type * as Tarn from 'tarn';
import type { Knex } from 'knex';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adapter } from '../../src/adapters/tarn.ts';
import { unwatchLibrary, watchLibrary } from '../../src/adapters/shared/watching.ts';
import { Validator } from '../../src/index.ts';
import { hideFrames } from '../../src/validator/stack-trace.ts';
import { type Scenario, play, requireCopy } from './copies.ts';
import { type Postgres, startPostgres } from './postgres.ts';
import { membersOf } from './members.ts';
import { type ProgramCase, checkProgram } from './programs.ts';

type Library = typeof Tarn;

const copies: [name: string, load: () => Library][] = [
  ['lowest', () => requireCopy('tarn-3-0') as unknown as Library],
  ['highest', () => requireCopy('tarn') as unknown as Library],
];
// It has another name here than where it is used.
hideFrames('/node_modules/tarn-3-0/');

const pools: Tarn.Pool<unknown>[] = [];

function createPool({ Pool }: Library, options: object = {}): Tarn.Pool<{ id: number }> {
  let id = 0;
  const pool: Tarn.Pool<unknown> = new Pool<unknown>({
    create: async () => ({ id: ++id }),
    destroy: () => {},
    min: 0,
    max: 2,
    ...options,
  });
  pools.push(pool);
  return pool as Tarn.Pool<{ id: number }>;
}

async function closePools(): Promise<void> {
  await Promise.all(pools.splice(0).map((pool) => pool.destroy()));
}

const scenarios: [name: string, Scenario<Library>][] = [
  [
    'resources, in order, and counts',
    async (library, tell) => {
      const pool = createPool(library);
      const count = (): void =>
        tell(`${pool.numUsed()} used, ${pool.numFree()} free, ${pool.numPendingAcquires()} wait`);
      await Promise.all(
        ['a', 'b', 'c', 'd'].map(async (name) => {
          const resource = await pool.acquire().promise;
          tell(`${name} has ${resource.id}`);
          count();
          await undefined;
          tell(String(pool.release(resource)));
        }),
      );
      count();
    },
  ],
  [
    'plain values, a second release, an abort and a timeout',
    async (library, tell) => {
      const pool = createPool(library, { create: async () => 7, max: 1, acquireTimeoutMillis: 20 });
      const value = await pool.acquire().promise;
      tell(JSON.stringify(value));
      const aborted = pool.acquire();
      aborted.abort();
      await aborted.promise.catch((error: unknown) => tell(String(error)));
      await pool.acquire().promise.catch((error: unknown) => tell((error as Error).name));
      tell(`${pool.release(value)} ${pool.release(value)}`);
      tell(`${pool.numPendingAcquires()} wait`);
    },
  ],
  [
    'what cannot be made or is no longer good',
    async (library, tell) => {
      const failing = createPool(library, {
        create: async () => {
          throw new Error('not made');
        },
        propagateCreateError: true,
      });
      await failing.acquire().promise.catch((error: unknown) => tell(String(error)));
      let checks = 0;
      const pool = createPool(library, { validate: () => ++checks > 1 });
      const resource = await pool.acquire().promise;
      tell(`${resource.id} after ${checks}`);
      pool.release(resource);
    },
  ],
  [
    'events',
    async (library, tell) => {
      const pool = createPool(library);
      for (const name of ['acquireRequest', 'acquireSuccess', 'createSuccess', 'release'] as const)
        pool.on(name as 'release', (...args: unknown[]) => tell(`${name} ${args.length}`));
      pool.release(await pool.acquire().promise);
    },
  ],
];

const programs: ProgramCase<Library>[] = [
  [
    'a resource held while another is asked for',
    async ({ library }) => {
      const pool = createPool(library);
      const first = await pool.acquire().promise;
      const second = await pool.acquire().promise;
      pool.release(second);
      pool.release(first);
    },
    ['potential error nested-capacity'],
  ],
  [
    'one after another',
    async ({ library }) => {
      const pool = createPool(library);
      for (let i = 0; i < 3; i++) pool.release(await pool.acquire().promise);
    },
    [],
  ],
  [
    'flows that take one each, more than there are',
    async ({ library, lock }) => {
      const pool = createPool(library);
      await Promise.all(
        [1, 2, 3, 4, 5].map(async () => {
          const resource = await pool.acquire().promise;
          await lock('row').run(() => {});
          pool.release(resource);
        }),
      );
    },
    [],
  ],
  [
    'what the releaser did is not behind whoever waited',
    async ({ library, lock }) => {
      const pool = createPool(library, { max: 1 });
      await lock('Y').run(() => {});
      const resource = await pool.acquire().promise;
      const waiting = lock('X').run(async () => {
        pool.release(await pool.acquire().promise);
      });
      while (pool.numPendingAcquires() === 0) await undefined;
      pool.release(resource);
      await waiting;
      await lock('Y').run(() => lock('X').run(() => {}));
    },
    [],
  ],
  [
    'a resource asked for while the only one is held',
    async ({ library }) => {
      const pool = createPool(library, { max: 1, acquireTimeoutMillis: 20 });
      const resource = await pool.acquire().promise;
      await pool.acquire().promise.catch(() => {});
      pool.release(resource);
    },
    ['potential error nested-capacity'],
  ],
];

/** Before 3.1 a resource is lost when a request for a free one is aborted, and the next request fails. */
const onlyHighest: ProgramCase<Library>[] = [
  [
    'a request that was aborted, and the next one',
    async ({ library }) => {
      const pool = createPool(library, { max: 1 });
      const resource = await pool.acquire().promise;
      pool.release(resource);
      const request = pool.acquire();
      request.abort();
      await request.promise.catch(() => {});
      pool.release(await pool.acquire().promise);
    },
    [],
  ],
];

describe.each(copies)('tarn, %s version', (_version, load) => {
  it.each(scenarios)('does the same watched: %s', async (_name, scenario) => {
    // Timers come in between, so ticks are not told.
    const withoutTicks = async (library: Library): Promise<string[]> => {
      const lines = (await play(scenario, library)).filter((line) => line !== 'tick');
      await closePools();
      return lines;
    };
    const plain = await withoutTicks(load());
    const library = watchLibrary(adapter, load(), { validator: new Validator() });
    expect(plain.length).toBeGreaterThan(0);
    expect(await withoutTicks(library)).toEqual(plain);
  });

  it.each(programs)('finds %s', async (...program) => {
    try {
      await checkProgram(adapter, load(), program);
    } finally {
      await closePools();
    }
  });

  it('is itself again when the watching is taken back, also by one who waits', async () => {
    const library = load();
    const { prototype } = library.Pool as { prototype: object };
    const before = membersOf(prototype);
    const validator = new Validator();
    watchLibrary(adapter, library, { validator });
    expect(membersOf(prototype)).not.toEqual(before);
    const pool = createPool(library, { max: 1 });
    const first = await pool.acquire().promise;
    const waiting = pool.acquire();
    unwatchLibrary(library);
    expect(membersOf(prototype)).toEqual(before);
    pool.release(first);
    const second = await waiting.promise;
    expect(second).toBe(first);
    pool.release(second);
    pool.release(await pool.acquire().promise);
    expect(validator.snapshot().classes.map(({ acquisitions }) => acquisitions)).toEqual([2]);
    await closePools();
  });
});

it.each(onlyHighest)('finds %s', async (...program) => {
  try {
    await checkProgram(adapter, requireCopy('tarn') as unknown as Library, program);
  } finally {
    await closePools();
  }
});

describe('knex', () => {
  let postgres: Postgres;
  const databases: Knex[] = [];

  beforeAll(async () => {
    postgres = await startPostgres();
  }, 60_000);

  afterAll(async () => {
    await postgres.stop();
  });

  /** A copy of knex whose tarn is a copy, too: it is loaded with what `requireCopy` has dropped. */
  function loadBoth(): { tarn: Library; createKnex: (config: Knex.Config) => Knex } {
    const require = createRequire(import.meta.url);
    for (const key of Object.keys(require.cache))
      if (/\/node_modules\/(?:knex|tarn)\//.test(key)) delete require.cache[key];
    return {
      createKnex: require('knex') as (config: Knex.Config) => Knex,
      tarn: require('tarn') as Library,
    };
  }

  const cases: [name: string, program: (db: Knex) => Promise<unknown>, findings: string[]][] = [
    [
      'a query outside the transaction that holds a connection',
      (db) =>
        db.transaction(async (transaction) => {
          await transaction.raw('select 1');
          await db.raw('select 1');
        }),
      ['potential error nested-capacity'],
    ],
    [
      'a query inside the transaction',
      (db) =>
        db.transaction(async (transaction) => {
          await transaction.raw('select 1');
          await db.raw('select 1').transacting(transaction);
        }),
      [],
    ],
    [
      'transactions beside each other, more than there are connections',
      (db) =>
        Promise.all([1, 2, 3, 4].map(() => db.transaction((transaction) => transaction.raw('select 1')))),
      [],
    ],
  ];

  it.each(cases)('finds %s', async (_name, run, findings) => {
    const { createKnex, tarn } = loadBoth();
    const { stop: _, ...connection } = postgres;
    try {
      const program: ProgramCase<Library> = [
        _name,
        () => {
          const db = createKnex({ client: 'pg', connection, pool: { min: 0, max: 2 } });
          databases.push(db);
          return run(db);
        },
        findings,
      ];
      await checkProgram(adapter, tarn, program);
    } finally {
      await Promise.all(databases.splice(0).map((db) => db.destroy()));
      unwatchLibrary(tarn);
    }
  });
});
