import { execFile } from 'node:child_process';
import diagnostics from 'node:diagnostics_channel';
import path from 'node:path';
import { promisify } from 'node:util';
import type * as Mysql2 from 'mysql2';
import type * as Mysql2Promise from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adapter } from '../../src/adapters/mysql2.ts';
import { unwatchLibrary, watchLibrary } from '../../src/adapters/shared/watching.ts';
import { Validator } from '../../src/index.ts';
import { type Scenario, play, requireCopy } from './copies.ts';
import { membersOf } from './members.ts';
import { type Mysql, startMysql } from './mysql.ts';
import { type ProgramCase, checkProgram, codesOf } from './programs.ts';

type Library = typeof Mysql2;
type PromiseLibrary = typeof Mysql2Promise;
type Pool = Mysql2.Pool;

const copies: [name: string, load: () => Library, loadPromise: () => PromiseLibrary][] = [
  [
    'lowest',
    () => requireCopy('mysql2-2') as unknown as Library,
    () => requireCopy('mysql2-2/promise') as unknown as PromiseLibrary,
  ],
  [
    'highest',
    () => requireCopy('mysql2') as unknown as Library,
    () => requireCopy('mysql2/promise') as unknown as PromiseLibrary,
  ],
];

let mysql: Mysql;
const open: { end(callback: (error: unknown) => void): unknown }[] = [];

beforeAll(async () => {
  mysql = await startMysql();
});

afterAll(async () => {
  await mysql.stop();
});

function login(): Mysql2.PoolOptions {
  const { host, port, user, password, database } = mysql;
  return { host, port, user, password, database };
}

function createPool(library: Library, options: object = {}): Pool {
  const pool = library.createPool({ ...login(), connectionLimit: 2, ...options });
  open.push(pool);
  return pool;
}

function createPromisePool(library: PromiseLibrary, options: object = {}): Mysql2Promise.Pool {
  const pool = library.createPool({ ...login(), connectionLimit: 2, ...options });
  open.push(pool.pool);
  return pool;
}

async function endPools(): Promise<void> {
  await Promise.all(open.splice(0).map((pool) => new Promise((resolve) => pool.end(resolve))));
}

const connect = (pool: Pool): Promise<Mysql2.PoolConnection> =>
  new Promise((resolve, reject) => {
    pool.getConnection((error, connection) => {
      if (error) reject(error);
      else resolve(connection);
    });
  });
const query = (on: Pick<Pool, 'query'>, sql: string): Promise<unknown> =>
  new Promise((resolve, reject) => {
    on.query(sql, (error, rows) => {
      if (error) reject(error);
      else resolve(rows);
    });
  });

/** Ticks are not told: sockets come in between. */
async function playWithout<L>(scenario: Scenario<L>, library: L): Promise<string[]> {
  const lines = (await play(scenario, library)).filter((line) => line !== 'tick');
  await endPools();
  return lines;
}

const scenarios: [name: string, Scenario<Library>][] = [
  [
    'connections in order, and queries, prepared or not',
    async (library, tell) => {
      const pool = createPool(library, { connectionLimit: 1 });
      const first = await connect(pool);
      const waiting = [1, 2, 3].map(async (number) => {
        const connection = await connect(pool);
        tell(`${number} has ${connection === first ? 'the same' : 'another'}`);
        connection.release();
      });
      tell(JSON.stringify(await query(first, 'select 1 as x')));
      first.release();
      await Promise.all(waiting);
      tell(JSON.stringify(await query(pool, 'select 2 as x')));
      await new Promise<void>((resolve) => {
        pool.execute('select 3 as x', (error, rows) => {
          tell(`${String(error)} ${JSON.stringify(rows)}`);
          resolve();
        });
      });
    },
  ],
  [
    'what a callback is called with, and as what',
    async (library, tell) => {
      const pool = createPool(library);
      await new Promise<void>((resolve) => {
        const returned: unknown = pool.getConnection(function (this: unknown, ...args) {
          tell(`${typeof this} ${args.length} ${args[0]}`);
          args[1].release();
          resolve();
        });
        tell(String(returned));
      });
      await new Promise<void>((resolve) => {
        const command = pool.query({ sql: 'select 1 as x' }, function (this: unknown, ...args) {
          tell(`${this?.constructor.name} ${args.length} ${JSON.stringify(args[1])}`);
          resolve();
        });
        tell(`${command.constructor.name} ${command.sql}`);
      });
      await new Promise<void>((resolve) => {
        pool
          .query('select 2 as x')
          .on('result', (row: unknown) => tell(JSON.stringify(row)))
          .on('end', resolve);
      });
    },
  ],
  [
    'errors: bad queries, a queue that is full, nobody to wait, a pool that has ended',
    async (library, tell) => {
      const told = (error: unknown): void => tell(String(error));
      const pool = createPool(library, { connectionLimit: 1, queueLimit: 1 });
      await query(pool, 'bad one').catch(told);
      const connection = await connect(pool);
      const waiting = connect(pool);
      await connect(pool).catch(told);
      await query(pool, 'select 1 as x').catch(told);
      await new Promise<void>((resolve) => {
        pool.execute('select 1 as x', (error: unknown) => {
          told(error);
          resolve();
        });
      });
      connection.release();
      (await waiting).release();
      const eager = createPool(library, { connectionLimit: 1, waitForConnections: false });
      const only = await connect(eager);
      await connect(eager).catch(told);
      only.release();
      await endPools();
      await connect(pool).catch(told);
      const nobody = createPool(library, { port: 1 });
      await connect(nobody).catch((error: unknown) => tell((error as { code: string }).code));
    },
  ],
  [
    'connections that are destroyed or cut',
    async (library, tell) => {
      const pool = createPool(library, { connectionLimit: 1 });
      const first = await connect(pool);
      const second = connect(pool);
      first.destroy();
      tell(String((await second) === first));
      (await second).on('error', () => {});
      const third = connect(pool);
      mysql.cut();
      tell(String((await third) === (await second)));
      (await second).release();
      (await third).release();
    },
  ],
  [
    'events',
    async (library, tell) => {
      const pool = createPool(library, { connectionLimit: 1 });
      for (const name of ['connection', 'acquire', 'enqueue', 'release'])
        pool.on(name, (...args: unknown[]) => tell(`${name} ${args.length}`));
      const connection = await connect(pool);
      const waiting = query(pool, 'select 1 as x');
      connection.release();
      await waiting;
    },
  ],
];

const promiseScenarios: [name: string, Scenario<PromiseLibrary>][] = [
  [
    'connections, queries and errors',
    async (library, tell) => {
      const pool = createPromisePool(library, { connectionLimit: 1 });
      const connection = await pool.getConnection();
      tell(JSON.stringify((await connection.query('select 1 as x'))[0]));
      const waiting = pool.query('select 2 as x');
      connection.release();
      tell(JSON.stringify((await waiting)[0]));
      tell(JSON.stringify((await pool.execute('select 3 as x'))[0]));
      await pool.query('bad one').catch((error: unknown) => tell(String(error)));
    },
  ],
];

const programs: ProgramCase<Library>[] = [
  [
    'a query outside the transaction that holds a connection',
    async ({ library }) => {
      const pool = createPool(library);
      const connection = await connect(pool);
      await query(connection, 'begin');
      await query(pool, 'select 1 as x');
      await query(connection, 'commit');
      connection.release();
    },
    ['potential error nested-capacity'],
  ],
  [
    'a query inside the transaction',
    async ({ library }) => {
      const pool = createPool(library);
      const connection = await connect(pool);
      await query(connection, 'begin');
      await query(connection, 'select 1 as x');
      await query(connection, 'commit');
      connection.release();
      await query(pool, 'select 1 as x');
    },
    [],
  ],
  [
    'a query outside the transaction, in callbacks alone',
    ({ library }) =>
      new Promise<void>((resolve) => {
        const pool = createPool(library);
        pool.getConnection((_error, connection) => {
          connection.query('begin', () => {
            pool.query('select 1 as x', () => {
              connection.query('commit', () => {
                connection.release();
                resolve();
              });
            });
          });
        });
      }),
    ['potential error nested-capacity'],
  ],
  [
    'a query inside the transaction, in callbacks alone',
    ({ library }) =>
      new Promise<void>((resolve) => {
        const pool = createPool(library);
        pool.getConnection((_error, connection) => {
          connection.query('begin', () => {
            connection.query('select 1 as x', () => {
              connection.query('commit', () => {
                connection.release();
                pool.query('select 1 as x', () => resolve());
              });
            });
          });
        });
      }),
    [],
  ],
  [
    'a prepared query outside the transaction that holds a connection',
    async ({ library }) => {
      const pool = createPool(library);
      const connection = await connect(pool);
      await new Promise<void>((resolve) => pool.execute('select 1 as x', () => resolve()));
      connection.release();
    },
    ['potential error nested-capacity'],
  ],
  [
    'flows that take one connection each, more than there are',
    async ({ library, lock }) => {
      const pool = createPool(library);
      await Promise.all(
        [1, 2, 3, 4, 5].map(async (value) => {
          const connection = await connect(pool);
          await lock('row').run(() => query(connection, `select ${value} as x`));
          connection.release();
          await query(pool, 'select 1 as x');
        }),
      );
    },
    [],
  ],
  [
    'queries beside each other, more than there are connections',
    async ({ library }) => {
      const pool = createPool(library, { connectionLimit: 1 });
      await Promise.all([1, 2, 3].map((value) => query(pool, `select ${value} as x`)));
    },
    [],
  ],
  [
    'what the releaser did is not behind whoever waited',
    async ({ library, lock }) => {
      const pool = createPool(library, { connectionLimit: 1 });
      await lock('Y').run(() => {});
      const connection = await connect(pool);
      const waiting = lock('X').run(async () => {
        await new Promise<void>((resolve) => {
          pool.getConnection((_error, other) => {
            other.release();
            resolve();
          });
        });
      });
      connection.release();
      await waiting;
      await lock('Y').run(() => lock('X').run(() => {}));
    },
    [],
  ],
  [
    'a lock and a connection in both orders',
    async ({ library, lock }) => {
      const pool = createPool(library);
      await lock('cache').run(() => query(pool, 'select 1 as x'));
      const connection = await connect(pool);
      await lock('cache').run(() => query(connection, 'select 1 as x'));
      connection.release();
    },
    ['potential error circular-dependency'],
  ],
  [
    'a lock and then a connection',
    async ({ library, lock }) => {
      const pool = createPool(library);
      await lock('cache').run(() => query(pool, 'select 1 as x'));
      await lock('cache').run(() => query(pool, 'select 2 as x'));
    },
    [],
  ],
  [
    'a second connection of a pool that lets nobody wait',
    async ({ library }) => {
      const pool = createPool(library, { waitForConnections: false });
      const connection = await connect(pool);
      await query(pool, 'select 1 as x');
      connection.release();
    },
    [],
  ],
  [
    'a second connection of a pool without a limit',
    async ({ library }) => {
      const pool = createPool(library, { connectionLimit: 0 });
      const connection = await connect(pool);
      await query(pool, 'select 1 as x');
      connection.release();
    },
    [],
  ],
  [
    'a connection that is destroyed, and the next one',
    async ({ library }) => {
      const pool = createPool(library, { connectionLimit: 1 });
      (await connect(pool)).destroy();
      (await connect(pool)).release();
    },
    [],
  ],
  [
    'a second connection of a cluster',
    async ({ library }) => {
      const cluster = library.createPoolCluster();
      cluster.add('first', { ...login(), connectionLimit: 2 });
      // Version 2 calls nobody back.
      open.push({ end: (callback) => callback(cluster.end()) });
      const get = (): Promise<Mysql2.PoolConnection> =>
        new Promise((resolve) => {
          cluster.of('*').getConnection((_error, connection) => resolve(connection));
        });
      const connection = await get();
      (await get()).release();
      connection.release();
    },
    ['potential error nested-capacity'],
  ],
];

const promisePrograms: ProgramCase<PromiseLibrary>[] = [
  ...(['query', 'execute'] as const).map((name): ProgramCase<PromiseLibrary> => [
    `a ${name} outside the transaction that holds a connection`,
    async ({ library }) => {
      const pool = createPromisePool(library);
      const connection = await pool.getConnection();
      await connection.query('begin');
      await (name === 'query' ? pool.query('select 1 as x') : pool.execute('select 1 as x'));
      await connection.query('commit');
      connection.release();
    },
    ['potential error nested-capacity'],
  ]),
  [
    'a query inside the transaction',
    async ({ library }) => {
      const pool = createPromisePool(library);
      const connection = await pool.getConnection();
      await connection.query('begin');
      await connection.execute('select 1 as x');
      await connection.query('commit');
      connection.release();
      await pool.query('select 1 as x');
    },
    [],
  ],
  [
    'a query outside the transaction, refused since too many wait',
    async ({ library }) => {
      const pool = createPromisePool(library, { connectionLimit: 1, queueLimit: 1 });
      const connection = await pool.getConnection();
      const waiting = pool.query('select 1 as x');
      await pool.query('select 1 as x').catch(() => {});
      connection.release();
      await waiting;
    },
    ['potential error nested-capacity'],
  ],
  [
    'a connection given back after a throw',
    async ({ library }) => {
      const pool = createPromisePool(library, { connectionLimit: 1 });
      const save = async (sql: string): Promise<void> => {
        const connection = await pool.getConnection();
        try {
          await connection.query(sql);
        } finally {
          connection.release();
        }
      };
      await save('bad one').catch(() => {});
      await save('select 1 as x');
    },
    [],
  ],
];

describe.each(copies)('mysql2, %s version', (_version, load, loadPromise) => {
  it.each(scenarios)('does the same watched: %s', async (_name, scenario) => {
    const plain = await playWithout(scenario, load());
    const library = watchLibrary(adapter, load(), { validator: new Validator() });
    expect(plain.length).toBeGreaterThan(0);
    expect(await playWithout(scenario, library)).toEqual(plain);
  });

  it.each(promiseScenarios)('does the same watched, by promises: %s', async (_name, scenario) => {
    const plain = await playWithout(scenario, loadPromise());
    const library = watchLibrary(adapter, loadPromise(), { validator: new Validator(), path: 'promise' });
    expect(plain.length).toBeGreaterThan(0);
    expect(await playWithout(scenario, library)).toEqual(plain);
  });

  it.each(programs)('finds %s', async (...program) => {
    const library = load();
    try {
      await checkProgram(adapter, library, program);
    } finally {
      unwatchLibrary(library);
      await endPools();
    }
  });

  it.each(promisePrograms)('finds, by promises, %s', async (...program) => {
    const library = loadPromise();
    try {
      await checkProgram(adapter, library, program, 'promise');
    } finally {
      unwatchLibrary(library);
      await endPools();
    }
  });

  it('makes no class of what it looks at itself', () => {
    const validator = new Validator();
    const library = load();
    watchLibrary(adapter, library, { validator });
    watchLibrary(adapter, { ...library }, { validator });
    expect(validator.snapshot().classes).toEqual([]);
  });

  it('names a pool after its database, without credentials', async () => {
    const validator = new Validator();
    const library = watchLibrary(adapter, load(), { validator });
    const { host, port, database, user, password } = mysql;
    const byUrl = library.createPool(`mysql://${user}:${password}@${host}:${port}/${database}`);
    open.push(byUrl);
    const { database: _, ...withoutDatabase } = login();
    for (const pool of [
      createPool(library),
      byUrl,
      createPool(library, { ...withoutDatabase, database: undefined }),
    ])
      await query(pool, 'select 1 as x');
    await endPools();
    const name = `${host}:${port}/shop`;
    const { classes } = validator.snapshot();
    expect(classes.map((each) => each.name).sort()).toEqual([`${host}:${port}`, name, name]);
    expect(JSON.stringify(validator.snapshot())).not.toContain(password);
  });

  it('counts what waits, and leaves nothing open when a pool ends before its connections come back', async () => {
    const validator = new Validator();
    const library = watchLibrary(adapter, load(), { validator });
    const pool = createPool(library, { connectionLimit: 1 });
    const first = await connect(pool);
    const second = connect(pool);
    first.release();
    const connection = await second;
    expect(validator.snapshot().classes.map((each) => each.contentions)).toEqual([1]);
    await endPools();
    connection.release();
    validator.checkOpen({ isDrained: true });
    expect(validator.findings).toEqual([]);
  });

  it('is sure of a query outside the transaction that holds the only connection, when it hangs', async () => {
    const validator = new Validator();
    const library = watchLibrary(adapter, load(), { validator });
    const pool = createPool(library, { connectionLimit: 1 });
    const connection = await connect(pool);
    await query(connection, 'begin');
    const waiting = query(pool, 'select 1 as x');
    validator.checkOpen({ isDrained: true });
    expect(codesOf(validator.findings)).toEqual(['certain error nested-capacity']);
    connection.release();
    await waiting;
    await endPools();
  });

  it('says which connection is missing when it was lost by a throw', async () => {
    const validator = new Validator();
    const library = watchLibrary(adapter, loadPromise(), { validator, path: 'promise' });
    const pool = createPromisePool(library, { connectionLimit: 1 });
    const save = async (sql: string): Promise<void> => {
      const connection = await pool.getConnection();
      await connection.query(sql);
      connection.release();
    };
    await save('bad one').catch(() => {});
    save('select 1 as x').catch(() => {});
    validator.checkOpen({ isDrained: true });
    expect(codesOf(validator.findings)).toEqual(['certain error nested-capacity']);
    await endPools();
  });

  it('tells of a connection that is given back twice', async () => {
    const validator = new Validator();
    const library = watchLibrary(adapter, load(), { validator });
    const pool = createPool(library);
    const connection = await connect(pool);
    const core = pool as unknown as { releaseConnection(connection: object): void };
    core.releaseConnection(connection);
    expect(validator.findings).toEqual([]);
    core.releaseConnection(connection);
    expect(validator.findings.map(({ code }) => code)).toEqual(['bad-release']);
    await endPools();
  });

  it('asks once for whoever waits for a connection in the place of one that was lost', async () => {
    const validator = new Validator();
    const library = watchLibrary(adapter, load(), { validator });
    const channel = 'tracing:mysql2:pool:connect:start';
    const listener = (): void => {};
    // Then the library puts a callback of its own into the queue, around ours.
    diagnostics.subscribe(channel, listener);
    try {
      const pool = createPool(library, { connectionLimit: 1 });
      const first = await connect(pool);
      const waiting = connect(pool);
      first.destroy();
      (await waiting).release();
    } finally {
      diagnostics.unsubscribe(channel, listener);
    }
    expect(validator.snapshot().classes.map((each) => each.acquisitions)).toEqual([2]);
    validator.checkOpen({ isDrained: true });
    expect(validator.findings).toEqual([]);
    await endPools();
  });

  it('is itself again when the watching is taken back, also by one who waits', async () => {
    const library = load();
    const { prototype } = library.createPool({}).constructor as { prototype: object };
    const before = membersOf(prototype);
    const validator = new Validator();
    watchLibrary(adapter, library, { validator });
    expect(membersOf(prototype)).not.toEqual(before);
    const pool = createPool(library, { connectionLimit: 1 });
    const waiting = connect(pool);
    unwatchLibrary(library);
    expect(membersOf(prototype)).toEqual(before);
    const connection = await waiting;
    connection.release();
    await query(pool, 'select 1 as x');
    expect(validator.snapshot().classes.map((each) => each.acquisitions)).toEqual([1]);
    await endPools();
  });
});

it('draws an arrow from a transaction to a query of a cluster', async () => {
  const validator = new Validator();
  const library = watchLibrary(adapter, copies[1]![2](), { validator, path: 'promise' });
  const cluster = library.createPoolCluster();
  cluster.add('first', { ...login(), connectionLimit: 2 });
  const connection = await cluster.getConnection();
  await cluster.of('*').query('select 1 as x');
  connection.release();
  await cluster.end();
  expect(validator.findings.map(({ code }) => code)).toEqual(['nested-capacity']);
});

/** As a program meets it: in a process of its own, with the built package, nothing said of lockdep in the program. */
describe('in a program', () => {
  const root = path.resolve(import.meta.dirname, '../..');
  const body = `
    const pool = mysql.createPool({ ...JSON.parse(process.env.MYSQL), connectionLimit: 2 });
    const run = async (pool, inner) => {
      const connection = await pool.getConnection();
      await connection.query('begin');
      await inner(connection).query('select 1 as x');
      connection.release();
      await pool.end();
    };`;
  const ways: [way: string, load: string, pool: string, type: string, isRegistered: boolean][] = [
    ['import', `import mysql from 'mysql2';`, 'pool.promise()', 'module', true],
    ['import, of promises', `import mysql from 'mysql2/promise';`, 'pool', 'module', true],
    ['import, by names', `import * as mysql from 'mysql2/promise';`, 'pool', 'module', true],
    ['require', `const mysql = require('mysql2');`, 'pool.promise()', 'commonjs', true],
    ['require, of promises', `const mysql = require('mysql2/promise');`, 'pool', 'commonjs', true],
    ['the entry', `import mysql from 'lockdep/mysql2';`, 'pool.promise()', 'module', false],
    ['the entry of promises', `import * as mysql from 'lockdep/mysql2/promise';`, 'pool', 'module', false],
  ];

  it.each(ways)('is watched by %s', async (_way, load, pool, type, isRegistered) => {
    const { NODE_ENV: _, LOCKDEP: __, ...inherited } = process.env;
    for (const [inner, report] of [
      ['() => pool', /^Potential exhaustion deadlock: .*:\d+\/shop \[nested-capacity\]$/m],
      ['(connection) => connection', /^$/],
    ] as const) {
      const script = `${load}${body} run(${pool}, ${inner.replace('pool', pool)});`;
      const { stderr } = await promisify(execFile)(
        process.execPath,
        [...(isRegistered ? ['--import', 'lockdep/register'] : []), `--input-type=${type}`, '--eval', script],
        { cwd: root, env: { ...inherited, MYSQL: JSON.stringify(login()) } },
      );
      expect(stderr).toMatch(report);
    }
  });
});
