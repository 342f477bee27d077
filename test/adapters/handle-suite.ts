/** What every adapter of a lock with `acquire` and `release` is tried with, at each version. */
import { describe, expect, it } from 'vitest';
import type { Adapter } from '../../src/adapters/shared/adapter.ts';
import { unwatchLibrary, watchLibrary } from '../../src/adapters/shared/watching.ts';
import { Validator } from '../../src/index.ts';
import { hideFrames } from '../../src/validator/stack-trace.ts';
import { type Scenario, importCopy, packageFolder, play, requireCopy } from './copies.ts';
import { type ProgramCase, checkProgram } from './programs.ts';

/** A lock of one unit, however its library spells it. */
export interface PlainLock {
  /** Returns how to release. */
  acquire(): Promise<() => void>;
  isLocked(): boolean;
}

export type MakeLock<L> = (library: L) => PlainLock;
export type Copies<L> = [name: string, load: () => Promise<L>][];

/** `import` gives another copy of a file of its own, `require` one of the whole package. */
export function copyOf<L>(name: string, file: string, how: 'import' | 'require'): Copies<L>[number] {
  // Under another name, a package is not told by its folder.
  hideFrames(packageFolder(file));
  return [name, async () => (how === 'import' ? await importCopy(file) : requireCopy(file)) as unknown as L];
}

/** Some libraries need a turn of the loop to let somebody in. */
const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

/** The programs that go wrong alike with all such locks, and their correct twins. */
function lockPrograms<L>(make: MakeLock<L>, nesting: string): ProgramCase<L>[] {
  const under = async (lock: PlainLock, fn: () => unknown): Promise<void> => {
    const release = await lock.acquire();
    try {
      await fn();
    } finally {
      release();
    }
  };
  return [
    [
      'two locks in both orders, one after another',
      async ({ library }) => {
        const a = make(library);
        const b = make(library);
        const other = make(library);
        await under(other, () => {});
        await under(a, () => under(b, () => {}));
        await under(b, () => under(a, () => {}));
      },
      // All are made at one place.
      ['potential error recursive-acquisition'],
    ],
    [
      'a lock and one of ours in both orders',
      async ({ library, lock }) => {
        const mutex = make(library);
        await under(mutex, () => lock('A').run(() => {}));
        await lock('A').run(() => under(mutex, () => {}));
      },
      ['potential error circular-dependency'],
    ],
    [
      'a lock and one of ours in one order, at once and later',
      async ({ library, lock }) => {
        const mutex = make(library);
        const both = (): Promise<void> => under(mutex, () => lock('A').run(async () => {}));
        await Promise.all([both(), both(), both()]);
        await both();
      },
      [],
    ],
    [
      'a lock held over an awaited listener that asks for it again',
      async ({ library }) => {
        const mutex = make(library);
        await under(mutex, () => under(mutex, () => {}));
      },
      [`certain error ${nesting}`],
      'hang',
    ],
    [
      'a listener that is called after the release',
      async ({ library }) => {
        const mutex = make(library);
        await under(mutex, () => {});
        await under(mutex, () => {});
      },
      [],
    ],
    [
      'a hold lost by a throw',
      async ({ library }) => {
        const mutex = make(library);
        const save = async (): Promise<void> => {
          const release = await mutex.acquire();
          if (mutex.isLocked()) throw new Error('lost');
          release();
        };
        await save().catch(() => {});
        await mutex.acquire();
      },
      [`certain error ${nesting}`],
      'hang',
    ],
    [
      'a hold that is given back though it throws',
      async ({ library }) => {
        const mutex = make(library);
        const fail = (): never => {
          throw new Error('not lost');
        };
        await under(mutex, fail).catch(() => {});
        await under(mutex, () => {});
      },
      [],
    ],
    [
      'what the releaser did is not behind whoever waited',
      async ({ library, lock }) => {
        const mutex = make(library);
        let isAsked = false;
        const waiting = (async () => {
          while (!mutex.isLocked()) await turn();
          await lock('mine').run(async () => {
            const acquired = mutex.acquire();
            isAsked = true;
            (await acquired)();
          });
        })();
        // Before it takes the mutex, this flow has had the other lock.
        await lock('other').run(() => {});
        const release = await mutex.acquire();
        while (!isAsked) await turn();
        release();
        await waiting;
        await lock('other').run(() => lock('mine').run(() => {}));
      },
      [],
    ],
    [
      'a release by another flow',
      async ({ library, lock }) => {
        const mutex = make(library);
        const release = await mutex.acquire();
        await new Promise<void>((resolve) => {
          setImmediate(() => {
            release();
            resolve();
          });
        });
        await lock('A').run(() => under(mutex, () => {}));
      },
      [],
    ],
  ];
}

export interface HandleSuite<L extends object> {
  adapter: Adapter;
  copies: Copies<L>;
  make: MakeLock<L>;
  scenarios: [name: string, Scenario<L>][];
  programs: ProgramCase<L>[];
  /** `path` of what is loaded. */
  path?: string;
  /** What kind of lock it is told as. Default: `mutex`. */
  kind?: string;
}

export function testHandles<L extends object>(title: string, suite: HandleSuite<L>): void {
  const { adapter, copies, make, scenarios, programs, path = '', kind = 'mutex' } = suite;

  describe.each(copies)(`${title}, %s`, (_version, load) => {
    it.each(scenarios)('does the same watched: %s', async (_name, scenario) => {
      const plain = await play(scenario, await load());
      const library = watchLibrary(adapter, await load(), { validator: new Validator(), path });
      expect(plain.filter((line) => line !== 'tick').length).toBeGreaterThan(0);
      expect(await play(scenario, library)).toEqual(plain);
    });

    it.each([
      ...lockPrograms(make, kind === 'semaphore' ? 'nested-capacity' : 'recursive-acquisition'),
      ...programs,
    ])('finds %s', async (...program) => {
      await checkProgram(adapter, await load(), program, path);
    });

    it('names a class by the place where the lock is made', async () => {
      const validator = new Validator();
      const library = watchLibrary(adapter, await load(), { validator, path });
      (await make(library).acquire())();
      const [lockClass] = validator.snapshot().classes;
      expect(`${lockClass?.kind} ${lockClass?.name}`).toMatch(
        new RegExp(`^${kind} test/adapters/[\\w-]+\\.test\\.ts:\\d+:\\d+$`),
      );
    });

    it('is the original when the validator is off', async () => {
      const copy = await load();
      expect(watchLibrary(adapter, copy, { validator: new Validator({ policy: 'off' }), path })).toBe(copy);
    });

    it('is watched no more when that is taken back', async () => {
      const validator = new Validator();
      const copy = await load();
      const watched = watchLibrary(adapter, copy, { validator, path });
      expect(watchLibrary(adapter, copy, { path })).toBe(watched);
      unwatchLibrary(watched);
      (await make(copy).acquire())();
      expect(validator.snapshot().classes).toEqual([]);
    });
  });
}
