import { createRequire } from 'node:module';
import { expect, it } from 'vitest';
import type * as EsToolkit from 'es-toolkit';
import { adapter } from '../../src/adapters/es-toolkit.ts';
import { watchLibrary } from '../../src/adapters/shared/watching.ts';
import { Validator } from '../../src/index.ts';
import { type Scenario, play } from './copies.ts';
import { type ProgramCase, checkProgram } from './programs.ts';
import { copyOf, testHandles } from './handle-suite.ts';

type Library = typeof EsToolkit;

const { resolve } = createRequire(import.meta.url);
const highest = copyOf<Library>('highest', resolve('es-toolkit'), 'require');

testHandles<Library>('es-toolkit', {
  adapter,
  copies: [copyOf('lowest', resolve('es-toolkit-1.33'), 'require'), highest],
  make({ Mutex }) {
    const mutex = new Mutex();
    return {
      acquire: async () => {
        await mutex.acquire();
        return () => mutex.release();
      },
      isLocked: () => mutex.isLocked,
    };
  },
  scenarios: [
    [
      'acquire and release, in order',
      async ({ Mutex, Semaphore }, tell) => {
        const mutex = new Mutex();
        const semaphore = new Semaphore(2);
        await Promise.all(
          ['a', 'b', 'c'].map(async (name) => {
            tell(`${name} gets ${String(await semaphore.acquire())}, ${semaphore.available} left`);
            await mutex.acquire();
            tell(`${name} in ${mutex.isLocked}`);
            await undefined;
            mutex.release();
            semaphore.release();
            tell(`${name} out ${mutex.isLocked} ${semaphore.available}`);
          }),
        );
        mutex.release();
        semaphore.release();
        tell(`${mutex.isLocked} ${semaphore.available} ${semaphore.capacity}`);
      },
    ],
    [
      'the classes, their instances and subclasses',
      ({ Mutex, Semaphore }, tell) => {
        const Sub = class extends Semaphore {};
        const semaphore = new Sub(2);
        tell(`${Mutex.name.length > 0} ${Mutex.length} ${Semaphore.length}`);
        tell(`${Object.keys(semaphore).join()} ${Object.keys(new Mutex()).join()}`);
        tell(`${semaphore instanceof Semaphore} ${new Mutex().constructor === Mutex}`);
        try {
          (Semaphore as unknown as () => void)();
        } catch (error) {
          tell((error as Error).name);
        }
      },
    ],
  ],
  programs: [
    [
      'a unit of a semaphore held while another is asked for',
      async ({ library: { Semaphore } }) => {
        const semaphore = new Semaphore(2);
        await semaphore.acquire();
        await semaphore.acquire();
        semaphore.release();
        semaphore.release();
      },
      ['potential error nested-capacity'],
    ],
    [
      'units of one semaphore, one after another',
      async ({ library: { Semaphore } }) => {
        const semaphore = new Semaphore(2);
        const work = async (): Promise<void> => {
          await semaphore.acquire();
          await undefined;
          semaphore.release();
        };
        await Promise.all([work(), work(), work(), work()]);
        await work();
      },
      [],
    ],
    [
      'a release too many',
      async ({ library: { Semaphore } }) => {
        const semaphore = new Semaphore(2);
        await semaphore.acquire();
        semaphore.release();
        semaphore.release();
      },
      ['certain warning bad-release'],
    ],
  ],
});

const limited: [name: string, Scenario<Library>][] = [
  [
    'limitAsync: values, errors, `this` and order',
    async ({ limitAsync }, tell) => {
      const work = limitAsync(async function (this: unknown, value: number) {
        tell(`${value} begins, ${String(this)}`);
        await undefined;
        if (value === 3) throw new Error('three');
        return value * 2;
      }, 2);
      tell(`${limitAsync.name} ${limitAsync.length} ${work.length}`);
      const settled = await Promise.allSettled([1, 2, 3, 4].map((each) => work.call('this', each)));
      for (const each of settled) tell(JSON.stringify(each));
      tell(String(await work(5)));
    },
  ],
];

it.each(limited)('does the same watched: %s', async (_name, scenario) => {
  const [, load] = highest;
  const plain = await play(scenario, await load());
  const library = watchLibrary(adapter, await load(), { validator: new Validator() });
  expect(plain.filter((line) => line !== 'tick').length).toBeGreaterThan(0);
  expect(await play(scenario, library)).toEqual(plain);
});

const limitPrograms: ProgramCase<Library>[] = [
  [
    'a limited function that calls itself',
    ({ library: { limitAsync } }) => {
      const visit: (depth: number) => Promise<void> = limitAsync(async (depth: number): Promise<void> => {
        if (depth > 0) await visit(depth - 1);
      }, 1);
      return visit(1);
    },
    ['certain error nested-capacity'],
    'hang',
  ],
  [
    'a limited function that calls another',
    async ({ library: { limitAsync } }) => {
      const inner = limitAsync(async () => {}, 1);
      const outer = limitAsync(async () => inner(), 1);
      await Promise.all([outer(), outer(), outer()]);
    },
    [],
  ],
];

it.each(limitPrograms)('finds %s', async (...program) => {
  await checkProgram(adapter, await highest[1](), program);
});

it('keeps one class for two ways to load it', async () => {
  const library = await highest[1]();
  const validator = new Validator();
  const watched = watchLibrary(adapter, library, { validator });
  const other = watchLibrary(adapter, { ...library }, { validator, path: 'promise' });
  expect(other.Mutex).toBe(watched.Mutex);
  expect(other.Semaphore).toBe(watched.Semaphore);
});
