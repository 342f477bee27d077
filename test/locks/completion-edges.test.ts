/** What a completion depends on, and what depends on it. */
import { describe, expect, test } from 'vitest';
import { Completion, LockdepError, Mutex, Validator } from '../../src/index.ts';
import { edgesOf } from '../support/edges.ts';
import { type Program, type ProgramCase, checkProgram, findHang } from './programs.ts';
import { turn } from './subjects.ts';

const pass = async (): Promise<void> => {};
const cycle = 'error A → done → A [circular-dependency]';
const suspected = 'warning A → done → A [circular-dependency]';

const cases: ProgramCase[] = [
  [
    'whoever waits under a lock makes the lock depend on the completion',
    async ({ A }, validator) => {
      const done = new Completion({ name: 'done', validator });
      setImmediate(() => done.complete());
      await A.run(() => done.wait());
    },
    { proven: 'A→done(wait)' },
    [],
  ],
  [
    'so does a wait that passes at once, since that is luck',
    async ({ A }, validator) => {
      const done = new Completion({ name: 'done', validator });
      done.complete();
      await A.run(() => done.wait());
    },
    { proven: 'A→done(wait)' },
    [],
  ],
  [
    'a try makes nothing depend on it',
    async ({ A }, validator) => {
      const done = new Completion({ name: 'done', validator });
      done.complete();
      await A.run(() => void done.tryWait());
    },
    {},
    [],
  ],
  [
    'a wait that would end by itself is breakable',
    async ({ A }, validator) => {
      const done = new Completion({ name: 'done', validator });
      setImmediate(() => done.complete());
      await A.run(() => done.wait({ timeoutMs: 1000 }));
    },
    { proven: 'A→done?(wait)' },
    [],
  ],
  [
    'it depends on what whoever completes it took since it was made',
    async ({ A, B }, validator) => {
      const done = new Completion({ name: 'done', validator });
      await A.run(pass);
      await B.run(() => done.complete());
      await done.wait();
    },
    { proven: 'done→A done→B' },
    [],
  ],
  [
    'it does not depend on what was taken before it was made',
    async ({ A }, validator) => {
      await A.run(pass);
      const done = new Completion({ name: 'done', validator });
      done.complete();
      await A.run(() => done.wait());
    },
    { proven: 'A→done(wait)' },
    [],
  ],
  [
    'a deadlock: one waits under the lock that the other takes before it completes',
    async ({ A }, validator) => {
      const done = new Completion({ name: 'done', validator });
      const completer = async (): Promise<void> => {
        await A.run(pass);
        done.complete();
      };
      await completer();
      await A.run(() => done.wait());
    },
    { proven: 'A→done(wait) done→A' },
    [cycle],
  ],
  [
    'the same in two flows',
    async ({ A }, validator) => {
      const done = new Completion({ name: 'done', validator });
      const completer = async (): Promise<void> => {
        await A.run(turn);
        done.complete();
      };
      const waiter = async (): Promise<void> => {
        await turn();
        await A.run(() => done.wait());
      };
      await Promise.all([completer(), waiter()]);
    },
    { proven: 'A→done(wait) done→A' },
    [cycle],
  ],
  [
    'the same, completed for all',
    async ({ A }, validator) => {
      const done = new Completion({ name: 'done', validator });
      await A.run(pass);
      done.completeAll();
      await A.run(() => done.wait());
    },
    { proven: 'A→done(wait) done→A' },
    [cycle],
  ],
  [
    'the same, completed under the lock',
    async ({ A }, validator) => {
      const done = new Completion({ name: 'done', validator });
      await A.run(() => done.complete());
      await A.run(() => done.wait());
    },
    { proven: 'A→done(wait) done→A' },
    [cycle],
  ],
  [
    'a near miss: the completer has the lock from before',
    async ({ A }, validator) => {
      const hold = await A.acquire();
      const done = new Completion({ name: 'done', validator });
      const waiter = A.run(() => done.wait());
      done.complete();
      hold.release();
      await waiter;
    },
    { proven: 'A→done(wait)' },
    [],
  ],
  [
    'as good as a near miss: the completer took it earlier, though nothing made it do so',
    async ({ A }, validator) => {
      let made: Completion | undefined;
      const completer = async (): Promise<void> => {
        await A.run(pass);
        await turn();
        made!.complete();
      };
      const waiter = async (): Promise<void> => {
        for (let i = 0; i < 10; i++) await Promise.resolve();
        made = new Completion({ name: 'done', validator });
        await A.run(() => made!.wait());
      };
      await Promise.all([completer(), waiter()]);
    },
    { proven: 'A→done(wait)', signalled: 'done→A' },
    [suspected],
  ],
  [
    'the waiter gets nothing of what led to the completion',
    async ({ A, B }, validator) => {
      const done = new Completion({ name: 'done', validator });
      const completer = A.run(() => done.complete());
      await B.run(() => done.wait());
      await completer;
    },
    { proven: 'B→done(wait) done→A' },
    [],
  ],
  [
    'a second completion depends on what was taken since the first',
    async ({ A, B }, validator) => {
      const done = new Completion({ name: 'done', validator });
      await A.run(pass);
      done.complete();
      await done.wait();
      await B.run(pass);
      done.complete();
      await done.wait();
    },
    { proven: 'done→A done→B' },
    [],
  ],
  [
    'another completer is under the completion since it was made',
    async ({ A, B }, validator) => {
      const done = new Completion({ name: 'done', validator });
      const first = A.run(turn).then(() => done.complete());
      const second = B.run(turn).then(async () => {
        await turn();
        done.complete();
      });
      await Promise.all([first, second, done.wait(), done.wait()]);
    },
    { proven: 'done→A done→B' },
    [],
  ],
  [
    'what was taken before a reset does not count for what comes after',
    async ({ A, B }, validator) => {
      const done = new Completion({ name: 'done', validator });
      done.completeAll();
      await A.run(pass);
      done.reset();
      await B.run(pass);
      done.complete();
    },
    { proven: 'done→B' },
    [],
  ],
  [
    'a deadlock after a reset',
    async ({ A }, validator) => {
      const done = new Completion({ name: 'done', validator });
      done.completeAll();
      await A.run(() => done.wait());
      done.reset();
      await A.run(pass);
      done.complete();
    },
    { proven: 'A→done(wait) done→A' },
    [cycle],
  ],
  [
    'a reset before anything was done does not make it owed anew',
    async ({ A }, validator) => {
      const done = new Completion({ name: 'done', validator });
      await A.run(pass);
      done.reset();
      done.complete();
    },
    { proven: 'done→A' },
    [],
  ],
  [
    'the second completion for all is nobody’s business',
    async ({ A }, validator) => {
      const done = new Completion({ name: 'done', validator });
      done.completeAll();
      await A.run(pass);
      done.completeAll();
      done.complete();
    },
    {},
    [],
  ],
  [
    'a chain: one completion waits for another',
    async ({ A }, validator) => {
      const first = new Completion({ name: 'first', validator });
      const done = new Completion({ name: 'done', validator });
      const stage = first.wait().then(() => done.complete());
      const user = A.run(() => done.wait());
      first.complete();
      await Promise.all([stage, user]);
    },
    { proven: 'A→done(wait) done→first(wait)' },
    [],
  ],
  [
    'a handshake that goes round and round',
    async (_locks, validator) => {
      const ping = new Completion({ name: 'ping', validator });
      const pong = new Completion({ name: 'pong', validator });
      const one = async (): Promise<void> => {
        for (let i = 0; i < 5; i++) {
          ping.complete();
          await pong.wait();
        }
      };
      const other = async (): Promise<void> => {
        for (let i = 0; i < 5; i++) {
          await ping.wait();
          pong.complete();
        }
      };
      await Promise.all([one(), other()]);
    },
    { proven: 'pong→ping(wait)' },
    [],
  ],
  [
    'a baton that goes from hand to hand',
    async (_locks, validator) => {
      const baton = new Completion({ name: 'baton', validator });
      const runner = async (): Promise<void> => {
        await baton.wait();
        await turn();
        baton.complete();
      };
      baton.complete();
      await Promise.all([runner(), runner(), runner()]);
    },
    {},
    [],
  ],
  [
    'stages made at one place, each waiting for the one before',
    async (_locks, validator) => {
      const stages = Array.from({ length: 4 }, () => new Completion({ name: 'stage', validator }));
      const all = stages.slice(1).map(async (stage, i) => {
        await stages[i]!.wait();
        stage.complete();
      });
      stages[0]!.complete();
      await Promise.all(all);
    },
    {},
    [],
  ],
];

test.each(cases)('%s', async (...program) => {
  await checkProgram(program);
});

describe('in the end', () => {
  test('throws under the error policy, after the wait has passed', async () => {
    const validator = new Validator({ policy: 'error' });
    const done = new Completion({ name: 'done', validator });
    const A = new Mutex({ name: 'A', validator });
    const other = new Completion({ name: 'done', validator });
    other.complete();
    await A.run(() => other.wait());
    await A.run(pass);
    const wait = done.wait();
    const complete = (): void => done.complete();
    expect(complete).toThrow(LockdepError);
    await wait;
    expect(done.isDone).toBe(false);
    expect(complete, 'once').not.toThrow();
  });

  test('leaves nothing open that is dropped before it is done', () => {
    const validator = new Validator();
    const dropped = Array.from({ length: 3 }, () => new Completion({ name: 'done', validator }));
    expect(dropped.map(({ isDone }) => isDone)).toEqual([false, false, false]);
    expect(validator.engine.newest).toBeNull();
    expect(edgesOf(validator)).toEqual({});
  });

  const hanging: Program = async ({ A }, validator) => {
    const done = new Completion({ name: 'done', validator });
    const waiter = A.run(() => done.wait());
    await A.run(pass);
    done.complete();
    await waiter;
  };

  // Who would complete it cannot be known from a run in which nobody did.
  test('finds nothing where it hangs, and nothing was seen of who completes it', async () => {
    expect(await findHang(hanging)).toEqual([]);
  });

  test('finds it where it hangs, if it went well once', async () => {
    const found = await findHang(async (locks, validator) => {
      const before = new Completion({ name: 'done', validator });
      await locks.A.run(pass);
      before.complete();
      await hanging(locks, validator);
    });
    expect(found).toEqual([suspected]);
  });
});
