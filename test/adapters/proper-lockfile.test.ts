import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type * as Lockfile from 'proper-lockfile';
import { adapter } from '../../src/adapters/proper-lockfile.ts';
import { watchLibrary } from '../../src/adapters/shared/watching.ts';
import { Validator } from '../../src/index.ts';
import { type Scenario, requireCopy } from './copies.ts';
import { type ProgramCase, checkProgram } from './programs.ts';

type Library = typeof Lockfile;
type Method = (...args: unknown[]) => unknown;

const copies: [name: string, load: () => Library][] = [
  ['lowest', () => requireCopy('proper-lockfile-4.0') as unknown as Library],
  ['highest', () => requireCopy('proper-lockfile') as unknown as Library],
];

let folder: string;
const file = (name: string): string => path.join(folder, name);
beforeAll(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'lockdep-files-'));
  for (const name of ['a', 'b', 'c']) writeFileSync(file(name), '');
  symlinkSync(file('a'), file('link-to-a'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const none = (): void => {};
const codeOf = (error: unknown): string => String((error as { code?: string }).code);
const patient = { retries: { forever: true, minTimeout: 1, maxTimeout: 2 } };

const scenarios: [name: string, Scenario<Library>][] = [
  [
    'locked, refused, released',
    async (library, tell) => {
      const release = await library.lock(file('a'));
      tell(String(await library.check(file('a'))));
      await library.lock(file('a')).catch((error: unknown) => tell(codeOf(error)));
      await library.lock(file('link-to-a')).catch((error: unknown) => tell(codeOf(error)));
      await release();
      tell(String(await library.check(file('a'))));
      await release().catch((error: unknown) => tell(codeOf(error)));
    },
  ],
  [
    'the module is the function',
    async (library, tell) => {
      const release = await (library as unknown as Library['lock'])(file('a'));
      await release();
      tell(`${typeof library} ${(library as unknown) === library.lock}`);
      for (const [name, fn] of Object.entries(library as unknown as Record<string, Method>))
        tell(`${name} ${fn.name} ${fn.length}`);
    },
  ],
  [
    'unlocked by name',
    async (library, tell) => {
      await library.lock(file('a'));
      await library.unlock(file('link-to-a'));
      tell(String(library.checkSync(file('a'))));
      await library.unlock(file('a')).catch((error: unknown) => tell(codeOf(error)));
    },
  ],
  [
    'without waiting',
    (library, tell) => {
      const release = library.lockSync(file('a'));
      tell(String(library.checkSync(file('a'))));
      try {
        library.lockSync(file('a'));
      } catch (error) {
        tell(codeOf(error));
      }
      release();
      library.lockSync(file('a'));
      library.unlockSync(file('a'));
      tell(String(library.checkSync(file('a'))));
      try {
        library.lockSync(file('a'), { retries: 3 });
      } catch (error) {
        tell(codeOf(error));
      }
    },
  ],
  [
    'waiting until it is free',
    async (library, tell) => {
      const release = await library.lock(file('a'));
      const second = library.lock(file('a'), patient);
      await release();
      await (
        await second
      )();
      tell('second');
      const again = await library.lock(file('a'));
      await library
        .lock(file('a'), { retries: { retries: 1, minTimeout: 1 } })
        .catch((error: unknown) => tell(codeOf(error)));
      await again();
    },
  ],
  [
    'what is not there, and what is no path',
    async (library, tell) => {
      await library.lock(file('missing')).catch((error: unknown) => tell(codeOf(error)));
      const release = await library.lock(file('missing'), { realpath: false });
      await release();
      await library.lock(1 as never).catch((error: unknown) => tell((error as Error).name));
      const own = await library.lock(file('b'), { lockfilePath: file('own.lock') });
      tell(String(await library.check(file('b'), { lockfilePath: file('own.lock') })));
      await own();
    },
  ],
];

async function play(scenario: Scenario<Library>, library: Library): Promise<string[]> {
  const lines: string[] = [];
  // Ticks say nothing between answers of the file system.
  await scenario(library, (line) => void lines.push(line));
  return lines;
}

async function nested(library: Library, outer: string, inner: string, options = patient): Promise<void> {
  const release = await library.lock(file(outer), options);
  const releaseInner = await library.lock(file(inner), options);
  await releaseInner();
  await release();
}

const programs: ProgramCase<Library>[] = [
  [
    'files in both orders',
    async ({ library }) => {
      await nested(library, 'a', 'b');
      await nested(library, 'b', 'a');
    },
    ['potential error recursive-acquisition'],
  ],
  [
    'files in one order',
    async ({ library }) => {
      await nested(library, 'a', 'b');
      await nested(library, 'b', 'c');
      await Promise.all([nested(library, 'a', 'b'), nested(library, 'a', 'c')]);
    },
    [],
  ],
  [
    'both orders, asked for once and never waited for',
    async ({ library }) => {
      await nested(library, 'a', 'b', {} as typeof patient);
      await nested(library, 'b', 'a', {} as typeof patient);
    },
    [],
  ],
  [
    'both orders, asked for a few times',
    async ({ library }) => {
      const few = { retries: 3 } as unknown as typeof patient;
      await nested(library, 'a', 'b', few);
      await nested(library, 'b', 'a', few);
    },
    ['potential error recursive-acquisition'],
  ],
  [
    'a file by two names, and a lock in both orders',
    async ({ library, lock }) => {
      const release = await library.lock(file('a'), patient);
      await lock('A').run(none);
      await release();
      await lock('A').run(async () => {
        await library.lock(file('link-to-a'), patient);
        await library.unlock(file('a'));
      });
    },
    ['potential error circular-dependency'],
  ],
  [
    'the same, when the file was taken without waiting',
    async ({ library, lock }) => {
      await lock('A').run(() => {
        library.lockSync(file('a'))();
      });
      const release = library.lockSync(file('a'));
      await lock('A').run(none);
      release();
    },
    [],
  ],
  [
    'what whoever released it did is not behind the next one',
    async ({ library, lock }) => {
      await lock('Y').run(none);
      const release = await library.lock(file('a'), patient);
      const second = (async () => {
        const hold = await lock('X').acquire();
        const releaseSecond = await library.lock(file('a'), patient);
        hold.release();
        await releaseSecond();
      })();
      await release();
      await second;
      await lock('Y').run(() => lock('X').run(none));
    },
    [],
  ],
];

describe.each(copies)('proper-lockfile, %s version', (_version, load) => {
  it.each(scenarios)('does the same watched: %s', async (_name, scenario) => {
    const plain = await play(scenario, load());
    const library = watchLibrary(adapter, load(), { validator: new Validator() });
    expect(plain.length).toBeGreaterThan(0);
    expect(await play(scenario, library)).toEqual(plain);
  });

  it.each(programs)('finds %s', async (...program) => {
    await checkProgram(adapter, load(), program);
  });

  it('has one class, with the pattern of the paths relative to the working directory', async () => {
    const validator = new Validator();
    const library = watchLibrary(adapter, load(), { validator });
    for (const name of ['package.json', 'tsconfig.json']) await (await library.lock(name, patient))();
    expect(validator.snapshot().classes).toMatchObject([{ name: 'proper-lockfile[*]', instances: 2 }]);
    const other = new Validator();
    const second = watchLibrary(adapter, load(), { validator: other });
    for (const name of ['docs/guide.md', 'docs/limits.md']) await (await second.lock(name, patient))();
    expect(other.snapshot().classes).toMatchObject([{ name: 'proper-lockfile[docs/*]', instances: 2 }]);
  });

  it('counts a lock that was taken away as released', async () => {
    const validator = new Validator();
    const library = watchLibrary(adapter, load(), { validator });
    const lost = new Promise<Error>((resolve) => {
      void library.lock(file('c'), { update: 1000, onCompromised: resolve }).then(() => {
        rmSync(`${file('c')}.lock`, { recursive: true });
      });
    });
    expect(await lost).toMatchObject({ code: 'ECOMPROMISED' });
    validator.reportHeldAtEnd();
    expect(validator.findings).toEqual([]);
  });
});
