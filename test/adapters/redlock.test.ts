import { createRequire } from 'node:module';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adapter } from '../../src/adapters/redlock.ts';
import { watchLibrary } from '../../src/adapters/shared/watching.ts';
import { Validator } from '../../src/index.ts';
import type * as RedlockEntry from '../../src/entries/redlock.ts';
import { type Scenario, importCopy, requireCopy } from './copies.ts';
import { type ProgramCase, checkProgram } from './programs.ts';
import { type RedisServer, redisIsMissing, startRedis } from './redis.ts';

type Library = Omit<typeof RedlockEntry, 'watch' | 'unwatch'>;

const { resolve } = createRequire(import.meta.url);
const copies: [name: string, load: () => Promise<Library>][] = [
  ['lowest, required', async () => requireCopy('redlock-5.0-beta.1') as unknown as Library],
  [
    'highest, imported',
    async () => (await importCopy(resolve('redlock').replace('/cjs/', '/esm/'))) as unknown as Library,
  ],
];

const none = async (): Promise<void> => {};
const fast = { retryCount: -1, retryDelay: 1, retryJitter: 0 };
/** Of the lowest version, which does not know of -1. */
const long = { retryCount: 10_000, retryDelay: 1, retryJitter: 0 };

let server: RedisServer;
let client: Redis;
let programs = 0;

beforeAll(async () => {
  if (redisIsMissing !== undefined) return;
  server = await startRedis();
  client = new Redis(server.socket);
});
afterAll(async () => {
  if (redisIsMissing !== undefined) return;
  await client.quit();
  await server.stop();
});

type Locks = InstanceType<Library['default']>;
const create = ({ default: Redlock }: Library, settings: object = long): Locks =>
  new Redlock([client], settings);
/** Each program has resources of its own. */
const prefixed = (): ((name: string) => string) => {
  const prefix = `p${++programs}:`;
  return (name) => prefix + name;
};

const scenarios: [name: string, Scenario<Library>][] = [
  [
    'acquired, refused, released',
    async (library, tell) => {
      const name = prefixed();
      const redlock = create(library);
      const lock = await redlock.acquire([name('a')], 10_000);
      tell(`${lock instanceof library.Lock} ${lock.resources.length} ${await client.exists(name('a'))}`);
      await redlock
        .acquire([name('a')], 10_000, { retryCount: 0 })
        .catch((error: unknown) => tell(String(error instanceof library.ExecutionError)));
      const waiting = redlock.acquire([name('a')], 10_000);
      await lock.release();
      await (await waiting).release();
      tell(String(await client.exists(name('a'))));
    },
  ],
  [
    'extended',
    async (library, tell) => {
      const name = prefixed();
      const redlock = create(library);
      const lock = await redlock.acquire([name('a')], 10_000);
      const extended = await lock.extend(20_000);
      tell(`${lock.expiration} ${extended.expiration > Date.now()} ${extended.value === lock.value}`);
      await redlock.release(extended);
      tell(String(await client.exists(name('a'))));
    },
  ],
  [
    'using, with its value and error',
    async (library, tell) => {
      const name = prefixed();
      const redlock = create(library);
      tell(await redlock.using([name('a'), name('b')], 10_000, async (signal) => `value ${signal.aborted}`));
      await redlock
        .using([name('a')], 10_000, long, async () => {
          throw new Error('own');
        })
        .catch((error: unknown) => tell(String(error)));
      tell(String(await client.exists(name('a'), name('b'))));
    },
  ],
];

async function play(scenario: Scenario<Library>, library: Library): Promise<string[]> {
  const lines: string[] = [];
  await scenario(library, (line) => void lines.push(line));
  return lines;
}

const using = (redlock: Locks, names: string[], routine: () => Promise<unknown> = none): Promise<unknown> =>
  redlock.using(names, 10_000, routine);

const cases: ProgramCase<Library>[] = [
  [
    'resources in both orders',
    async ({ library }) => {
      const [name, redlock] = [prefixed(), create(library)];
      await using(redlock, [name('a')], () => using(redlock, [name('b')]));
      await using(redlock, [name('b')], () => using(redlock, [name('a')]));
    },
    ['potential error recursive-acquisition'],
  ],
  [
    'resources in both orders, all or none',
    async ({ library }) => {
      const [name, redlock] = [prefixed(), create(library)];
      await using(redlock, [name('a'), name('b')]);
      await using(redlock, [name('b'), name('a')]);
    },
    [],
  ],
  [
    'a resource and a lock in both orders, by the second of several',
    async ({ library, lock }) => {
      const [name, redlock] = [prefixed(), create(library)];
      await using(redlock, [name('a'), name('b')], () => lock('A').run(none));
      await lock('A').run(() => using(redlock, [name('b')]));
    },
    ['potential error circular-dependency'],
  ],
  [
    'a resource and a lock in both orders, under an extended hold',
    async ({ library, lock }) => {
      const [name, redlock] = [prefixed(), create(library)];
      let hold = await redlock.acquire([name('a')], 10_000);
      hold = await hold.extend(20_000);
      await lock('A').run(none);
      await hold.release();
      await lock('A').run(() => using(redlock, [name('a')]));
    },
    ['potential error circular-dependency'],
  ],
  [
    'the same with a number of attempts of the request',
    async ({ library, lock }) => {
      const [name, redlock] = [prefixed(), create(library)];
      await using(redlock, [name('a')], () => lock('A').run(none));
      await lock('A').run(async () => {
        await (await redlock.acquire([name('a')], 10_000, { retryCount: 3 })).release();
      });
    },
    ['potential warning circular-dependency'],
  ],
  [
    'the same without waiting',
    async ({ library, lock }) => {
      const [name, redlock] = [prefixed(), create(library)];
      await using(redlock, [name('a')], () => lock('A').run(none));
      await lock('A').run(async () => {
        await (await redlock.acquire([name('a')], 10_000, { retryCount: 0 })).release();
      });
    },
    [],
  ],
  [
    'a resource and a lock in one order',
    async ({ library, lock }) => {
      const [name, redlock] = [prefixed(), create(library)];
      const both = (): Promise<unknown> => using(redlock, [name('a')], () => lock('A').run(none));
      await Promise.all([both(), both()]);
    },
    [],
  ],
];

const because = redisIsMissing === undefined ? '' : ` (skipped: ${redisIsMissing})`;

describe.skipIf(redisIsMissing !== undefined).each(copies)(
  `redlock, %s version${because}`,
  (version, load) => {
    it.each(scenarios)('does the same watched: %s', async (_name, scenario) => {
      const plain = await play(scenario, await load());
      const library = watchLibrary(adapter, await load(), { validator: new Validator() });
      expect(plain.length).toBeGreaterThan(0);
      expect(await play(scenario, library)).toEqual(plain);
    });

    it.each(cases)('finds %s', async (...program) => {
      await checkProgram(adapter, await load(), program);
    });

    it('tells where it was made, and the pattern of its resources', async () => {
      const validator = new Validator();
      const redlock = create(
        watchLibrary(adapter, await load(), { validator }),
        version.startsWith('highest') ? fast : long,
      );
      for (const name of ['user:1', 'user:2']) await using(redlock, [name]);
      const [each] = validator.snapshot().classes;
      expect(each?.name).toMatch(/redlock.test.ts:\d+:\d+\[user:\*\]$/);
      expect(each).toMatchObject({ instances: 2, acquisitions: 2 });
    });
  },
);
