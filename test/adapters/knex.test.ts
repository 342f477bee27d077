import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Knex, knex } from 'knex';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adapter } from '../../src/adapters/knex.ts';
import { unwatchLibrary, watchLibrary } from '../../src/adapters/shared/watching.ts';
import { Validator } from '../../src/index.ts';
import { type Scenario, play, requireCopy } from './copies.ts';
import { membersOf } from './members.ts';
import { type Postgres, startPostgres } from './postgres.ts';
import { type ProgramCase, checkProgram } from './programs.ts';

type Library = typeof knex;

const require = createRequire(import.meta.url);

/** A copy of knex whose tarn is a copy, too. */
function load(name: string): Library {
  for (const key of Object.keys(require.cache))
    if (/\/node_modules\/tarn\//.test(key)) delete require.cache[key];
  return requireCopy(name) as unknown as Library;
}

const copies: [name: string, load: () => Library][] = [
  ['lowest', () => load('knex-1')],
  ['highest', () => load('knex')],
];

let postgres: Postgres;
const databases: Knex[] = [];

beforeAll(async () => {
  postgres = await startPostgres();
}, 60_000);

afterAll(async () => {
  await postgres.stop();
});

function connect(library: Library, options: Knex.Config = {}): Knex {
  const { stop: _, ...connection } = postgres;
  const database = library({ client: 'pg', connection, pool: { min: 0, max: 2 }, ...options });
  databases.push(database);
  return database;
}

async function closeAll(): Promise<void> {
  await Promise.all(databases.splice(0).map((database) => database.destroy()));
}

const scenario: Scenario<Library> = async (library, tell) => {
  const database = connect(library);
  const rows = (result: unknown): void => tell(JSON.stringify((result as { rows: unknown }).rows));
  rows(await database.raw('select 1 as x'));
  await database.transaction(async (transaction) => {
    rows(await transaction.raw('select 2 as x'));
    rows(await database.raw('select 3 as x').transacting(transaction));
  });
  await database.raw('select nothing from nowhere').catch((error: unknown) => tell(String(error)));
  await database.destroy();
  database.initialize();
  rows(await database.raw('select 4 as x'));
};

const programs: ProgramCase<Library>[] = [
  [
    'a query outside the transaction that holds a connection',
    ({ library }) => {
      const database = connect(library);
      return database.transaction(async (transaction) => {
        await transaction.raw('select 1');
        await database.raw('select 1');
      });
    },
    ['potential error nested-capacity'],
  ],
  [
    'a query inside the transaction',
    ({ library }) => {
      const database = connect(library);
      return database.transaction(async (transaction) => {
        await transaction.raw('select 1');
        await database.raw('select 1').transacting(transaction);
      });
    },
    [],
  ],
  [
    'transactions beside each other, more than there are connections',
    ({ library }) => {
      const database = connect(library);
      return Promise.all(
        [1, 2, 3, 4].map(() => database.transaction((transaction) => transaction.raw('select 1'))),
      );
    },
    [],
  ],
];

describe.each(copies)('knex, %s version', (_version, loadCopy) => {
  it('does the same watched', async () => {
    const run = async (library: Library): Promise<string[]> => {
      // Sockets come in between, so ticks are not told.
      const lines = (await play(scenario, library)).filter((line) => line !== 'tick');
      await closeAll();
      return lines;
    };
    const plain = await run(loadCopy());
    expect(plain.length).toBeGreaterThan(0);
    expect(await run(watchLibrary(adapter, loadCopy(), { validator: new Validator() }))).toEqual(plain);
  });

  it.each(programs)('finds %s', async (...program) => {
    const library = loadCopy();
    try {
      await checkProgram(adapter, library, program);
    } finally {
      await closeAll();
      unwatchLibrary(library);
    }
  });

  it('names a pool after its database, without credentials', async () => {
    const validator = new Validator();
    const library = watchLibrary(adapter, loadCopy(), { validator });
    const { host, port, database, user, password } = postgres;
    const url = `postgresql://${user}:${password}@${host}:${port}/${database}`;
    const { stop: _, ...login } = postgres;
    const connections: NonNullable<Knex.Config['connection']>[] = [
      () => login,
      login,
      url,
      { connectionString: url },
    ];
    for (const connection of connections)
      await connect(library, { connection, pool: { min: 0, max: databases.length + 1 } }).raw('select 1');
    await closeAll();
    const snapshot = validator.snapshot();
    const name = `${host}:${port}/shop`;
    expect(snapshot.classes.map((each) => each.name).sort()).toEqual([
      name,
      name,
      name,
      // What a function gives is known too late.
      expect.stringMatching(/knex\.test\.ts:\d+:\d+$/),
    ]);
    expect(JSON.stringify(snapshot)).not.toContain(password);
  });

  it('is itself again when the watching is taken back', async () => {
    const library = loadCopy();
    const { prototype } = (library as unknown as { Client: { prototype: object } }).Client;
    const before = membersOf(prototype);
    const validator = new Validator();
    watchLibrary(adapter, library, { validator });
    expect(membersOf(prototype)).not.toEqual(before);
    const database = connect(library);
    await database.raw('select 1');
    unwatchLibrary(library);
    expect(membersOf(prototype)).toEqual(before);
    await database.raw('select 1');
    await connect(library).raw('select 1');
    await closeAll();
    expect(validator.snapshot().classes.map(({ acquisitions }) => acquisitions)).toEqual([1]);
  });
});

/** As a program meets it: in a process of its own, with the built package, nothing said of lockdep in the program. */
describe('in a program', () => {
  const body = `
    const { stop, ...connection } = JSON.parse(process.env.POSTGRES);
    const database = knex({ client: 'pg', connection, pool: { min: 0, max: 2 } });
    const run = async () => {
      await database.transaction(async (transaction) => {
        await transaction.raw('select 1');
        await database.raw('select 1');
      });
      await database.destroy();
    };
    run();`;

  it.each([
    ['import', `import knex from 'knex';`, 'module', true],
    ['require', `const knex = require('knex');`, 'commonjs', true],
    ['the entry', `import knex from 'lockdep/knex';`, 'module', false],
  ])('is watched by %s', async (_way, load, type, isRegistered) => {
    const { NODE_ENV: _, LOCKDEP: __, ...inherited } = process.env;
    const { stderr } = await promisify(execFile)(
      process.execPath,
      [
        ...(isRegistered ? ['--import', 'lockdep/register'] : []),
        `--input-type=${type}`,
        '--eval',
        load + body,
      ],
      {
        cwd: path.resolve(import.meta.dirname, '../..'),
        env: { ...inherited, POSTGRES: JSON.stringify(postgres) },
      },
    );
    const { host, port } = postgres;
    expect(stderr).toContain(`deadlock: ${host}:${port}/shop → ${host}:${port}/shop [nested-capacity]`);
  });
});
