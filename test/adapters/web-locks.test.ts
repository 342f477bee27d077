import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { type WebLockManager, findWebLocks } from '../../src/adapters/shared/web-lock-manager.ts';
import { unwatchLibrary, watchLibrary } from '../../src/adapters/shared/watching.ts';
import { adapter } from '../../src/adapters/web-locks.ts';
import { Validator } from '../../src/index.ts';
import { type Scenario, play } from './copies.ts';
import { type ProgramCase, checkProgram } from './programs.ts';

const none = (): void => {};
const soon = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
const fail = (): never => {
  throw new Error('own');
};
const found = findWebLocks();

/** The names of this process are shared, so each program has its own. */
let programs = 0;
function named(locks: WebLockManager): {
  request: (name: string, ...rest: unknown[]) => Promise<unknown>;
  isHeld(name: string): Promise<boolean>;
} {
  const prefix = `p${++programs}:`;
  return {
    request: (name, ...rest) => Reflect.apply(locks.request, locks, [prefix + name, ...rest]),
    async isHeld(name) {
      const { held = [] } = await locks.query();
      return held.some((each) => each.name === prefix + name);
    },
  };
}

const scenarios: [name: string, Scenario<WebLockManager>][] = [
  [
    'one after the other, and values',
    async (manager, tell) => {
      const locks = named(manager);
      const jobs = ['a', 'b', 'c'].map(async (name) => {
        const value = await locks.request('k', async (lock: { mode: string }) => {
          tell(`${name} begins ${lock.mode}`);
          await undefined;
          return name;
        });
        tell(`${String(value)} is over`);
      });
      await Promise.all(jobs);
      tell(String(await locks.request('k', () => 'no promise')));
    },
  ],
  [
    'errors of the function',
    async (manager, tell) => {
      const locks = named(manager);
      const own = new Error('own');
      const told = (error: unknown): void => tell(String(error === own));
      await locks.request('k', () => Promise.reject(own)).catch(told);
      await locks
        .request('thrown', () => {
          throw own;
        })
        .catch(told);
      tell(String(await locks.isHeld('k')));
    },
  ],
  [
    'readers together, writers alone, in order',
    async (manager, tell) => {
      const locks = named(manager);
      await Promise.all(
        (['shared', 'shared', 'exclusive', 'shared'] as const).map((mode, i) =>
          locks.request('k', { mode }, async () => {
            tell(`${i} in`);
            await soon();
            tell(`${i} out`);
          }),
        ),
      );
    },
  ],
  [
    'only if it is free, and stolen',
    async (manager, tell) => {
      const locks = named(manager);
      const held = locks
        .request('k', () => new Promise(none))
        .catch((error: unknown) => tell((error as Error).name));
      await soon();
      await locks.request('k', { ifAvailable: true }, (lock: unknown) => tell(String(lock)));
      await locks.request('k', { steal: true }, () => tell('stolen'));
      await held;
      await locks.request('k', { ifAvailable: true }, (lock: { name: string } | null) =>
        tell(typeof lock?.name),
      );
    },
  ],
  [
    'listeners of a signal, counted by whoever gave it',
    async (locks, tell) => {
      const { signal } = new AbortController();
      const { addEventListener } = EventTarget.prototype;
      let added = 0;
      signal.addEventListener = function (...args: Parameters<EventTarget['addEventListener']>) {
        added++;
        addEventListener.apply(this, args);
      };
      const first = locks.request('k', { signal }, () => Promise.resolve());
      const second = locks.request('k', { signal }, () => Promise.resolve());
      tell(`${getEventListeners(signal, 'abort').length} of ${added}`);
      await Promise.all([first, second]);
      tell(`${getEventListeners(signal, 'abort').length} of ${added}`);
    },
  ],
  [
    'a signal, before and while it waits',
    async (manager, tell) => {
      const locks = named(manager);
      const told = (error: unknown): void => tell(String(error));
      await locks.request('k', { signal: AbortSignal.abort('before') }, none).catch(told);
      let end!: () => void;
      const held = locks.request('k', () => new Promise<void>((resolve) => (end = resolve)));
      await soon();
      const controller = new AbortController();
      const waiting = locks.request('k', { signal: controller.signal }, () => tell('never')).catch(told);
      controller.abort('while it waits');
      await waiting;
      end();
      await held;
      tell(String(await locks.request('k', { signal: new AbortController().signal }, () => 'goes on')));
    },
  ],
  [
    'what it refuses',
    async (manager, tell) => {
      const locks = named(manager);
      const told = (error: unknown): void => tell((error as Error).name);
      await locks.request('k').catch(told);
      await locks.request('k', {}, 'no function').catch(told);
      await locks.request('k', { mode: 'other' }, none).catch(told);
      await locks.request('k', { steal: true, ifAvailable: true }, none).catch(told);
      await locks.request('k', { steal: true, mode: 'shared' }, none).catch(told);
      await manager.request('-k', none).catch(told);
    },
  ],
];

const cases: ProgramCase<WebLockManager>[] = [
  [
    'names in both orders',
    async ({ library }) => {
      const locks = named(library);
      await locks.request('a', () => locks.request('b', none));
      await locks.request('b', () => locks.request('a', none));
    },
    ['potential error recursive-acquisition'],
  ],
  [
    'names in one order',
    async ({ library }) => {
      const locks = named(library);
      await Promise.all([1, 2].map(() => locks.request('a', () => locks.request('b', soon))));
    },
    [],
  ],
  [
    'a name and a lock in both orders',
    async ({ library, lock }) => {
      const locks = named(library);
      await locks.request('a', () => lock('A').run(none));
      await lock('A').run(() => locks.request('a', none));
    },
    ['potential error circular-dependency'],
  ],
  [
    'the same, only if it is free',
    async ({ library, lock }) => {
      const locks = named(library);
      await locks.request('a', () => lock('A').run(none));
      await lock('A').run(() => locks.request('a', { ifAvailable: true }, none));
    },
    [],
  ],
  [
    'the same, with a signal',
    async ({ library, lock }) => {
      const locks = named(library);
      await locks.request('a', () => lock('A').run(none));
      const { signal } = new AbortController();
      await lock('A').run(() => locks.request('a', { signal }, none));
    },
    ['potential warning circular-dependency'],
  ],
  [
    'writing inside of reading',
    ({ library }) => {
      const locks = named(library);
      void locks.request('a', { mode: 'shared' }, () => locks.request('a', none));
    },
    ['certain error upgrade-deadlock'],
    'hang',
  ],
  [
    'reading inside of reading, which goes well while nobody writes',
    async ({ library }) => {
      const locks = named(library);
      await locks.request('a', { mode: 'shared' }, () => locks.request('a', { mode: 'shared' }, none));
    },
    ['potential error recursive-acquisition'],
  ],
  [
    'a hold that is lost by a throw, and asked for again',
    async ({ library }) => {
      const locks = named(library);
      await locks.request('a', fail).catch(none);
      void locks.request('a', none);
    },
    ['certain error recursive-acquisition'],
    'hang',
  ],
  [
    'what the function before did is not behind the next one',
    async ({ library, lock }) => {
      const locks = named(library);
      let isQueued = false;
      const first = (async () => {
        await lock('Y').run(none);
        await locks.request('1', async () => {
          while (!isQueued) await soon();
        });
      })();
      while (!(await locks.isHeld('1'))) await soon();
      const second = lock('X').run(async () => {
        const job = locks.request('1', async () => {});
        isQueued = true;
        await job;
      });
      await Promise.all([first, second]);
      await lock('Y').run(() => lock('X').run(none));
    },
    [],
  ],
];

describe.skipIf(found === undefined)('Web Locks', () => {
  it.each(scenarios)('do the same watched: %s', async (_name, scenario) => {
    const plain = await play(scenario, found!);
    const manager = watchLibrary(adapter, found!, { validator: new Validator() });
    try {
      expect(manager).toBe(found);
      expect(plain.filter((line) => line !== 'tick').length).toBeGreaterThan(0);
      expect(await play(scenario, manager)).toEqual(plain);
    } finally {
      unwatchLibrary(manager);
    }
  });

  it.each(cases)('are watched, and so is found: %s', async (...program) => {
    try {
      await checkProgram(adapter, found!, program);
    } finally {
      unwatchLibrary(found!);
    }
  });

  it('have one class, with the pattern of the names', async () => {
    const validator = new Validator();
    const manager = watchLibrary(adapter, found!, { validator });
    try {
      await manager.request('user:1', none);
      await manager.request('user:2', { mode: 'shared' }, none);
    } finally {
      unwatchLibrary(manager);
    }
    expect(validator.snapshot().classes).toMatchObject([
      { name: 'navigator.locks[user:*]', kind: 'rwlock', instances: 2 },
    ]);
  });
});

it('are there from Node 24.5 on', () => {
  const [major, minor] = process.versions.node.split('.').map(Number) as [number, number];
  expect(found !== undefined).toBe(major > 24 || (major === 24 && minor >= 5));
});
