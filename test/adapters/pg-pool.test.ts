import { createRequire } from 'node:module';
import type PgPool from 'pg-pool';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adapter } from '../../src/adapters/pg-pool.ts';
import { unwatchLibrary, watchLibrary } from '../../src/adapters/shared/watching.ts';
import { Validator } from '../../src/index.ts';
import { hideFrames } from '../../src/validator/stack-trace.ts';
import { type Scenario, play, requireCopy } from './copies.ts';
import { type Postgres, startPostgres } from './postgres.ts';
import { type ProgramCase, checkProgram } from './programs.ts';

type Pool = InstanceType<typeof PgPool>;
type Library = typeof PgPool;

const { Client } = createRequire(import.meta.url)('pg') as { Client: never };
const copies: [name: string, load: () => Library][] = [
  ['lowest', () => requireCopy('pg-pool-3-10') as unknown as Library],
  ['highest', () => requireCopy('pg-pool') as unknown as Library],
];

// It has another name here than where it is used.
hideFrames('/node_modules/pg-pool-3-10/');

let postgres: Postgres;
const pools: Pool[] = [];

beforeAll(async () => {
  postgres = await startPostgres();
}, 60_000);

afterAll(async () => {
  await postgres.stop();
});

function createPool(Pool: Library, options: object = {}): Pool {
  const { stop: _, ...login } = postgres;
  const pool = new Pool({ ...login, max: 2, Client, ...options });
  pools.push(pool);
  return pool;
}

/** Ticks are not told: sockets come in between. */
async function playWithout(scenario: Scenario<Library>, library: Library): Promise<string[]> {
  const lines = (await play(scenario, library)).filter((line) => line !== 'tick');
  await Promise.all(pools.splice(0).map((pool) => pool.end().catch(() => {})));
  return lines;
}

const scenarios: [name: string, Scenario<Library>][] = [
  [
    'connections, queries and counts',
    async (Pool, tell) => {
      const pool = createPool(Pool);
      const first = await pool.connect();
      const second = await pool.connect();
      const third = pool.connect();
      tell(`${pool.totalCount} ${pool.idleCount} ${pool.waitingCount}`);
      first.release();
      const again = await third;
      tell(String(again === first));
      tell(JSON.stringify((await again.query('select $1::int as x', [1])).rows));
      again.release();
      second.release(true);
      tell(JSON.stringify((await pool.query('select $1::int as x', [2])).rows));
      tell(JSON.stringify((await pool.query('select 3 as x')).rows));
      tell(`${pool.waitingCount}`);
    },
  ],
  [
    'callbacks',
    async (Pool, tell) => {
      const pool = createPool(Pool, { max: 1 });
      await new Promise<void>((resolve) => {
        const returned = pool.connect((error, client, done) => {
          tell(`${error} ${typeof client} ${typeof done}`);
          done!();
        });
        tell(String(returned));
        pool.query('select 1 as x', (_error: unknown, result: { rows: unknown }) => {
          tell(JSON.stringify(result.rows));
          pool.query('select $1::int as x', [2], (_error: unknown, other: { rows: unknown }) => {
            tell(JSON.stringify(other.rows));
            resolve();
          });
        });
      });
    },
  ],
  [
    'errors: bad queries, nobody there, timeouts, an ended pool, a second release',
    async (Pool, tell) => {
      const told = (error: unknown): void => tell(String(error));
      const pool = createPool(Pool, { max: 1 });
      await pool.query('select nothing from nowhere').catch(told);
      const client = await pool.connect();
      // From here on, so that it does not count for the connection itself.
      (pool as unknown as { options: object }).options = { ...pool.options, connectionTimeoutMillis: 20 };
      await pool.connect().catch(told);
      client.release();
      try {
        client.release();
      } catch (error) {
        told(error);
      }
      await new Promise<void>((resolve) => {
        (pool.query as (text: unknown) => unknown).call(pool, (error: unknown) => {
          told(error);
          resolve();
        });
      });
      await pool.end();
      await pool.connect().catch(told);
      await pool.query('select 1').catch(told);
      const wrong = createPool(Pool, { password: 'wrong' });
      await wrong.connect().catch(told);
      tell(`${wrong.totalCount}`);
    },
  ],
  [
    'events',
    async (Pool, tell) => {
      const pool = createPool(Pool, { max: 1 });
      for (const name of ['connect', 'acquire', 'release', 'remove'] as const)
        pool.on(name as 'connect', () => tell(name));
      await pool.query('select 1');
      (await pool.connect()).release(true);
    },
  ],
];

const programs: ProgramCase<Library>[] = [
  [
    'a query outside the transaction that holds a connection',
    async ({ library: Pool }) => {
      const pool = createPool(Pool);
      const client = await pool.connect();
      await client.query('begin');
      await pool.query('select 1');
      await client.query('commit');
      client.release();
    },
    ['potential error nested-capacity'],
  ],
  [
    'a query inside the transaction',
    async ({ library: Pool }) => {
      const pool = createPool(Pool);
      const client = await pool.connect();
      await client.query('begin');
      await client.query('select 1');
      await client.query('commit');
      client.release();
      await pool.query('select 1');
    },
    [],
  ],
  [
    'flows that take one connection each, more than there are',
    async ({ library: Pool }) => {
      const pool = createPool(Pool);
      await Promise.all(
        [1, 2, 3, 4, 5].map(async (value) => {
          const client = await pool.connect();
          await client.query('select $1::int', [value]);
          client.release();
          await pool.query('select 1');
        }),
      );
    },
    [],
  ],
  [
    'a second connection taken by a callback',
    async ({ library: Pool }) => {
      const pool = createPool(Pool);
      await new Promise<void>((resolve) => {
        pool.connect((_error, _client, done) => {
          pool.connect((_error, _other, otherDone) => {
            otherDone!();
            done!();
            resolve();
          });
        });
      });
    },
    ['potential error nested-capacity'],
  ],
  [
    'a lock and a connection in both orders',
    async ({ library: Pool, lock }) => {
      const pool = createPool(Pool);
      await lock('cache').run(() => pool.query('select 1'));
      const client = await pool.connect();
      await lock('cache').run(() => client.query('select 1'));
      client.release();
    },
    ['potential error circular-dependency'],
  ],
  [
    'a lock and then a connection',
    async ({ library: Pool, lock }) => {
      const pool = createPool(Pool);
      await lock('cache').run(() => pool.query('select 1'));
      await lock('cache').run(() => pool.query('select 2'));
    },
    [],
  ],
];

describe.each(copies)('pg-pool, %s version', (_version, load) => {
  it.each(scenarios)('does the same watched: %s', async (_name, scenario) => {
    const plain = await playWithout(scenario, load());
    const library = watchLibrary(adapter, load(), { validator: new Validator() });
    expect(plain.length).toBeGreaterThan(0);
    expect(await playWithout(scenario, library)).toEqual(plain);
  });

  it.each(programs)('finds %s', async (...program) => {
    const library = load();
    try {
      await checkProgram(adapter, library, program);
    } finally {
      unwatchLibrary(library);
      await Promise.all(pools.splice(0).map((pool) => pool.end()));
    }
  });

  it('names a pool after its database, without credentials', async () => {
    const validator = new Validator();
    const Pool = watchLibrary(adapter, load(), { validator });
    const { host, port, database, user, password } = postgres;
    const byUrl = createPool(Pool, {
      max: 3,
      connectionString: `postgresql://${user}:${password}@${host}:${port}/${database}`,
    });
    for (const pool of [createPool(Pool), byUrl]) await pool.query('select 1');
    await Promise.all(pools.splice(0).map((pool) => pool.end()));
    const name = `${host}:${port}/shop`;
    expect(validator.snapshot().classes.map((each) => each.name)).toEqual([name, name]);
    expect(JSON.stringify(validator.snapshot())).not.toContain(password);
  });
});
