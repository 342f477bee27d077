import { createRequire } from 'node:module';
import type * as AsyncSema from 'async-sema';
import { adapter } from '../../src/adapters/async-sema.ts';
import { copyOf, testHandles } from './handle-suite.ts';

type Library = typeof AsyncSema;

const { resolve } = createRequire(import.meta.url);

testHandles<Library>('async-sema', {
  adapter,
  kind: 'semaphore',
  copies: [
    copyOf('lowest', resolve('async-sema-3.0'), 'require'),
    copyOf('highest', resolve('async-sema'), 'require'),
  ],
  make({ Sema }) {
    const sema = new Sema(1);
    let isLocked = false;
    return {
      acquire: async () => {
        const token: unknown = await sema.acquire();
        isLocked = true;
        return () => {
          isLocked = false;
          sema.release(token);
        };
      },
      isLocked: () => isLocked,
    };
  },
  scenarios: [
    [
      'acquire and release, in order',
      async ({ Sema }, tell) => {
        const sema = new Sema(2);
        await Promise.all(
          ['a', 'b', 'c', 'd'].map(async (name) => {
            const token: unknown = await sema.acquire();
            tell(`${name} gets ${String(token)}, ${sema.nrWaiting()} wait`);
            await undefined;
            sema.release();
            tell(`${name} out`);
          }),
        );
      },
    ],
    [
      'tokens, among them promises',
      async ({ Sema }, tell) => {
        let count = 0;
        const sema = new Sema(2, { initFn: () => Promise.resolve(`t${++count}`) });
        await Promise.all(
          ['a', 'b', 'c'].map(async (name) => {
            const token: unknown = await sema.acquire();
            tell(`${name} gets ${String(token)}`);
            await undefined;
            sema.release(token);
          }),
        );
      },
    ],
    [
      'pauseFn and resumeFn',
      async ({ Sema }, tell) => {
        const sema = new Sema(1, { pauseFn: () => tell('pause'), resumeFn: () => tell('resume') });
        await Promise.all(
          ['a', 'b', 'c'].map(async (name) => {
            await sema.acquire();
            tell(name);
            sema.release();
          }),
        );
        tell(String(sema.nrWaiting()));
      },
    ],
    [
      'a pauseFn that throws',
      async ({ Sema }, tell) => {
        const fail = (): never => {
          throw new Error('pause');
        };
        const sema = new Sema(1, { pauseFn: fail, resumeFn: () => tell('resume') });
        await sema.acquire();
        await sema.acquire().catch((error: unknown) => tell(String(error)));
        sema.release();
        tell(String(sema.nrWaiting()));
      },
    ],
    [
      'drain, and more waiters than the queue has room for',
      async ({ Sema }, tell) => {
        const sema = new Sema(3, { capacity: 2 });
        const work = Array.from({ length: 40 }, async (_each, index) => {
          await sema.acquire();
          tell(String(index));
          await undefined;
          sema.release();
        });
        tell(`drained ${(await sema.drain()).join()}`);
        tell(String(sema.nrWaiting()));
        sema.release();
        sema.release();
        sema.release();
        await Promise.all(work);
      },
    ],
    [
      'bad options',
      ({ Sema }, tell) => {
        try {
          tell(String(new Sema(1, { pauseFn: () => {} }).nrWaiting()));
        } catch (error) {
          tell(String(error));
        }
      },
    ],
    [
      'RateLimit',
      async ({ RateLimit }, tell) => {
        const limit = RateLimit(2, { timeUnit: 5 });
        tell(`${RateLimit.name} ${RateLimit.length} ${limit.name}`);
        for (let i = 0; i < 3; i++) tell(String(await limit()));
      },
    ],
  ],
  programs: [
    [
      'a unit held while another is asked for',
      async ({ library: { Sema } }) => {
        const sema = new Sema(2);
        await sema.acquire();
        await sema.acquire();
        sema.release();
        sema.release();
      },
      ['potential error nested-capacity'],
    ],
    [
      'all units by drain',
      async ({ library: { Sema } }) => {
        const sema = new Sema(3);
        await Promise.all(
          [1, 2, 3, 4].map(async () => {
            await sema.acquire();
            await undefined;
            sema.release();
          }),
        );
        const tokens: unknown[] = await sema.drain();
        for (const token of tokens) sema.release(token);
        await sema.acquire();
        sema.release();
      },
      [],
    ],
    [
      'drain while a unit is held',
      async ({ library: { Sema } }) => {
        const sema = new Sema(2);
        await sema.acquire();
        await sema.drain();
      },
      ['certain error nested-capacity'],
      'hang',
    ],
    [
      'what an earlier holder did is not behind whoever drains',
      async ({ library: { Sema }, lock }) => {
        const sema = new Sema(2);
        let drained: Promise<void> | undefined;
        setImmediate(() => {
          drained = lock('mine').run(async () => {
            for (const token of (await sema.drain()) as unknown[]) sema.release(token);
          });
        });
        await lock('other').run(() => {});
        await sema.acquire();
        await new Promise((resolve) => void setImmediate(resolve));
        sema.release();
        await drained;
        await lock('other').run(() => lock('mine').run(() => {}));
      },
      [],
    ],
    [
      'a token given back by somebody else',
      async ({ library: { Sema }, lock }) => {
        let count = 0;
        const sema = new Sema(2, { initFn: () => ++count });
        const first: unknown = await sema.acquire();
        sema.release(first);
        await lock('A').run(async () => {
          const token: unknown = await sema.acquire();
          sema.release(token);
        });
      },
      [],
    ],
    [
      'a rate limit held by time',
      async ({ library: { RateLimit }, lock }) => {
        const limit = RateLimit(1, { timeUnit: 1 });
        await limit();
        await lock('A').run(() => limit());
        await limit();
        await lock('A').run(() => {});
      },
      [],
    ],
    [
      'a signal: a semaphore of none, released by another flow',
      async ({ library: { Sema } }) => {
        const signal = new Sema(0);
        const waiting = signal.acquire();
        signal.release();
        await waiting;
      },
      [],
    ],
    [
      'a release too many',
      async ({ library: { Sema } }) => {
        const sema = new Sema(1);
        await sema.acquire();
        sema.release();
        sema.release();
      },
      ['certain warning bad-release'],
    ],
  ],
});
