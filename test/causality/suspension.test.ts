/** What an async function takes before its first `await` is its own, and not whoever called it. */
import { setImmediate as turn } from 'node:timers/promises';
import { promiseHooks } from 'node:v8';
import { describe, expect, test } from 'vitest';
import { FamilyLock, type Hold, Mutex, RefGate, Rcu, Validator } from '../../src/index.ts';

const nothing = (): void => {};

interface Locks {
  readonly validator: Validator;
  readonly a: Mutex;
  readonly b: Mutex;
}

function edgesOf(validator: Validator): string[] {
  return validator.snapshot().edges.map(({ from, to, evidence }) => `${from}→${to} ${evidence}`);
}

async function play(program: (locks: Locks) => Promise<unknown>): Promise<string[]> {
  const validator = new Validator();
  const [a, b] = ['A', 'B'].map((name) => new Mutex({ name, validator })) as [Mutex, Mutex];
  // In a flow of its own, so that nothing of the test lies behind it.
  await new Promise<void>(
    (resolve) => void setImmediate(() => void program({ validator, a, b }).then(() => resolve())),
  );
  return edgesOf(validator);
}

test('nor where others follow promises, too', async () => {
  const stop = promiseHooks.createHook({ init: nothing }) as () => void;
  try {
    const edges = await play(async ({ a, b }) => {
      const worker = async (): Promise<void> => {
        const hold = a.tryAcquire()!;
        await turn();
        hold.release();
      };
      const working = worker();
      await b.run(nothing);
      await working;
    });
    expect(edges).toEqual([]);
  } finally {
    stop();
  }
});

describe('what an async function takes at once is not held by whoever has called it', () => {
  test.each<[string, (locks: Locks) => () => Promise<unknown>]>([
    [
      'a try',
      ({ a }) =>
        async () => {
          const hold = a.tryAcquire()!;
          await turn();
          hold.release();
        },
    ],
    [
      'a try by a helper, in a method, among other promises',
      ({ a }) => {
        const take = (): Hold => a.tryAcquire()!;
        const user = {
          async use() {
            const other = Promise.resolve();
            const hold = take();
            const chained = other.then(nothing);
            await new Promise((resolve) => void setImmediate(resolve));
            await chained;
            hold.release();
          },
        };
        return () => user.use();
      },
    ],
    [
      'a step of an async generator',
      ({ a }) => {
        async function* steps(): AsyncGenerator<number> {
          const hold = a.tryAcquire()!;
          await turn();
          hold.release();
          yield 1;
        }
        return () => steps().next();
      },
    ],
    [
      'two of them, of which the inner one goes first',
      ({ a, validator }) => {
        const other = new Mutex({ name: 'other', validator });
        const inner = async (): Promise<void> => {
          const hold = other.tryAcquire()!;
          await turn();
          hold.release();
        };
        return async () => {
          const hold = a.tryAcquire()!;
          const over = inner();
          await turn();
          hold.release();
          await over;
        };
      },
    ],
    [
      'a pass of a gate',
      ({ validator }) => {
        const gate = new RefGate({ name: 'A', validator });
        return async () => {
          const pass = gate.tryEnter()!;
          await turn();
          pass.release();
        };
      },
    ],
    [
      'a read of a member',
      ({ validator }) => {
        const member = new FamilyLock({ name: 'A', validator }).attach();
        return async () => {
          member.tryRead();
          await turn();
          member.endRead();
        };
      },
    ],
    [
      'a read-side section',
      ({ validator }) => {
        const rcu = new Rcu({ name: 'A', validator });
        return async () => {
          const section = rcu.readLock();
          await turn();
          section.release();
        };
      },
    ],
  ])('%s', async (_name, create) => {
    const edges = await play(async (locks) => {
      const use = create(locks);
      const using = use();
      await locks.b.run(nothing);
      await using;
    });
    expect(edges).toEqual([]);
  });
});

describe('what is held all the same', () => {
  test.each<[string, (locks: Locks) => Promise<unknown>]>([
    [
      'by whoever took it before it called an async function',
      async ({ a, b }) => {
        const hold = a.tryAcquire()!;
        void (async () => {
          await turn();
        })();
        await b.run(nothing);
        hold.release();
      },
    ],
    [
      'by whoever took it and then put handlers on promises',
      async ({ a, b }) => {
        const hold = a.tryAcquire()!;
        void Promise.resolve().then(nothing).catch(nothing).finally(nothing);
        void Promise.all([Promise.resolve(), Promise.resolve()]);
        await b.run(nothing);
        hold.release();
      },
    ],
    [
      'by whoever called a helper',
      async ({ a, b }) => {
        const take = (): Hold => a.tryAcquire()!;
        const hold = take();
        await b.run(nothing);
        hold.release();
      },
    ],
    [
      'by whoever called an async helper, and awaited it',
      async ({ a, b }) => {
        const take = async (): Promise<Hold> => {
          const hold = a.tryAcquire()!;
          await turn();
          return hold;
        };
        const hold = await take();
        await b.run(nothing);
        hold.release();
      },
    ],
    [
      'by the function itself, after an await',
      async ({ a, b }) => {
        const over = (async () => {
          const hold = a.tryAcquire()!;
          await turn();
          await b.run(nothing);
          hold.release();
        })();
        await turn();
        await over;
      },
    ],
    [
      'by whoever calls the same function again in a loop',
      async ({ a, b }) => {
        const hold = a.tryAcquire()!;
        for (let i = 0; i < 3; i++) void (async () => turn())();
        await b.run(nothing);
        hold.release();
      },
    ],
  ])('%s', async (_name, program) => {
    expect(await play(program)).toEqual(['A→B proven']);
  });
});

test('two flows that begin with a try and cross have one circle', async () => {
  const validator = new Validator();
  const [a, b] = ['A', 'B'].map((name) => new Mutex({ name, validator })) as [Mutex, Mutex];
  async function cross(first: Mutex, second: Mutex): Promise<void> {
    const hold = first.tryAcquire() ?? (await first.acquire());
    await turn();
    (await second.acquire()).release();
    hold.release();
  }
  void cross(a, b);
  void cross(b, a);
  for (let i = 0; i < 5; i++) await turn();
  validator.checkOpen({ isDrained: true });
  const findings = validator.findings.map(({ code, chain }) => `${code} ${chain.join('→')}`).sort();
  expect(findings).toEqual(['circular-dependency A→B→A', 'live-deadlock A→B→A']);
});
