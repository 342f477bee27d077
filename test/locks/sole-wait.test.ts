/** One place to wait in: what it does, watched or not, and what is found. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LockdepError, Mutex, SoleWait, Validator } from '../../src/index.ts';
import { expectOneLine } from './misuse.ts';
import { type ProgramCase, checkProgram } from './programs.ts';
import { policies, turn } from './subjects.ts';

const pass = async (): Promise<void> => {};
const second = 'Expected one flow to wait at a time, another one waits.';

describe.each(policies)('a sole wait, %s', (policy, options) => {
  const create = (): SoleWait => new SoleWait({ name: 'idle', validator: new Validator(options) });
  const settled = async (wait: Promise<void>): Promise<string> => {
    let state = 'waits';
    wait.then(
      () => (state = 'passed'),
      (error: unknown) => (state = String(error)),
    );
    await turn();
    return state;
  };

  test('passes at once if the condition is met', async () => {
    const idle = create();
    expect(await settled(idle.wait(() => true))).toBe('passed');
    expect(idle.isWaitedFor).toBe(false);
  });

  test('waits until it is woken and the condition is met', async () => {
    const idle = create();
    let readers = 2;
    const wait = idle.wait(() => readers === 0);
    expect([await settled(wait), idle.isWaitedFor]).toEqual(['waits', true]);
    readers--;
    idle.wake();
    expect(await settled(wait), 'not met').toBe('waits');
    readers--;
    expect(await settled(wait), 'not woken').toBe('waits');
    idle.wake();
    expect([await settled(wait), idle.isWaitedFor]).toEqual(['passed', false]);
  });

  test('forgets a wake that comes where nobody waits', async () => {
    const idle = create();
    let isMet = false;
    idle.wake();
    const wait = idle.wait(() => isMet);
    expect(await settled(wait)).toBe('waits');
    isMet = true;
    idle.wake();
    expect(await settled(wait)).toBe('passed');
  });

  test('can be waited for again', async () => {
    const idle = create();
    for (let i = 0; i < 3; i++) {
      let isMet = false;
      const wait = idle.wait(() => isMet);
      isMet = true;
      idle.wake();
      expect(await settled(wait)).toBe('passed');
    }
  });

  test('refuses a second waiter, and says so', async () => {
    const validator = new Validator(options);
    const idle = new SoleWait({ name: 'idle', validator });
    let isMet = false;
    const first = idle.wait(() => isMet);
    await expect(idle.wait(() => true)).rejects.toStrictEqual(
      new LockdepError('ERR_ALREADY_WAITING', second),
    );
    expect(validator.findings.map(({ severity, message }) => `${severity} ${message}`)).toEqual(
      policy === 'off'
        ? []
        : [
            'error Request that can never be granted: "idle" has one place to wait in, and a second flow came to wait [unsatisfiable-request]',
          ],
    );
    isMet = true;
    idle.wake();
    expect(await settled(first), 'the first goes on').toBe('passed');
    expect(await settled(idle.wait(() => true)), 'there is place again').toBe('passed');
  });

  test('has its place back when the wait is given up', async () => {
    const idle = create();
    const controller = new AbortController();
    const wait = idle.wait(() => false, { signal: controller.signal });
    controller.abort(new Error('enough'));
    expect(await settled(wait)).toBe('Error: enough');
    await expect(idle.wait(() => false, { timeoutMs: 1 })).rejects.toMatchObject({
      code: 'ERR_LOCK_TIMEOUT',
      message: 'Expected the condition within 1 ms, it is not met.',
    });
    expect(idle.isWaitedFor).toBe(false);
    idle.wake();
    expect(await settled(idle.wait(() => true))).toBe('passed');
  });

  test('does not wait with a signal that was aborted, and does not ask', async () => {
    const wait = create().wait(() => expect.unreachable(), {
      signal: AbortSignal.abort(new Error('enough')),
    });
    await expect(wait).rejects.toThrow('enough');
  });

  test('rejects with what the condition throws, and has its place back', async () => {
    const idle = create();
    const fail = (): never => {
      throw new Error('of the condition');
    };
    expect(await settled(idle.wait(fail))).toBe('Error: of the condition');
    let isBad = false;
    const wait = idle.wait(() => isBad && fail());
    isBad = true;
    expect(() => idle.wake()).not.toThrow();
    expect(await settled(wait)).toBe('Error: of the condition');
    expect(idle.isWaitedFor).toBe(false);
  });

  test('survives a condition that waits, wakes or gives up', async () => {
    const idle = create();
    const controller = new AbortController();
    expect(
      await settled(
        idle.wait(
          () => {
            controller.abort(new Error('gave up'));
            return false;
          },
          { signal: controller.signal },
        ),
      ),
    ).toBe('Error: gave up');
    let inner: Promise<void> | undefined;
    const outer = idle.wait(() => {
      inner ??= idle.wait(() => false);
      return false;
    });
    expect(await settled(outer)).toContain(second);
    expect([await settled(inner!), idle.isWaitedFor]).toEqual(['waits', true]);
  });

  test('misses no wake, under any schedule', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(fc.nat(4), { minLength: 1, maxLength: 8 }),
        async (s, stays) => {
          const idle = create();
          let readers = 0;
          let rounds = 0;
          for (const stay of stays) {
            void (async () => {
              await s.schedule(Promise.resolve());
              readers++;
              for (let i = 0; i < stay; i++) await s.schedule(Promise.resolve());
              readers--;
              idle.wake();
            })();
          }
          void (async () => {
            for (; rounds < 3; rounds++) {
              await idle.wait(() => readers === 0);
              expect(readers).toBe(0);
              await s.schedule(Promise.resolve());
            }
          })();
          await s.waitIdle();
          await turn();
          expect([rounds, idle.isWaitedFor]).toEqual([3, false]);
        },
      ),
      { numRuns: 60 },
    );
  });

  test.each<[name: string, how: 'throws' | 'rejects', call: (idle: SoleWait) => unknown, line: string]>([
    [
      'no condition',
      'throws',
      (idle) => idle.wait(undefined as never),
      'Expected `condition` to be a function, got ',
    ],
    [
      'null',
      'rejects',
      (idle) => idle.wait(() => true, null as never),
      'Expected `options` to be an object, got ',
    ],
    [
      'a misspelt option',
      'rejects',
      (idle) => idle.wait(() => true, { timeout: 1 } as never),
      'Expected `options` to be an object with keys of signal, timeoutMs, got ',
    ],
  ])('refuses %s', async (_name, how, call, line) => {
    await expectOneLine(how, () => call(create()), line, undefined);
  });
});

const cases: ProgramCase[] = [
  [
    'a deadlock: one waits under the lock that the other takes before it wakes',
    async ({ A }, validator) => {
      const idle = new SoleWait({ name: 'idle', validator });
      let isMet = false;
      const waker = async (): Promise<void> => {
        for (let i = 0; i < 10; i++) await Promise.resolve();
        await B.run(pass);
        isMet = true;
        idle.wake();
      };
      const B = new Mutex({ name: 'B', validator });
      await Promise.all([A.run(() => idle.wait(() => isMet)), waker()]);
      await B.run(() => A.run(pass));
    },
    { proven: 'A→idle(wait) B→A idle→B' },
    ['error A → idle → B → A [circular-dependency]'],
  ],
  [
    'that nobody waits where it is woken is luck',
    async ({ A }, validator) => {
      const idle = new SoleWait({ name: 'idle', validator });
      await A.run(pass);
      idle.wake();
      await A.run(() => idle.wait(() => true));
    },
    { proven: 'A→idle(wait) idle→A' },
    ['error A → idle → A [circular-dependency]'],
  ],
  [
    'a near miss: a wake that did not end the wait',
    async ({ A, B }, validator) => {
      const idle = new SoleWait({ name: 'idle', validator });
      let isMet = false;
      const wait = A.run(() => idle.wait(() => isMet));
      await turn();
      void B.run(() => idle.wake());
      await turn();
      isMet = true;
      setImmediate(() => idle.wake());
      await wait;
    },
    { proven: 'A→idle(wait)' },
    [],
  ],
  [
    'a near miss: the lock was taken before there was anything to wait for',
    async ({ A }, validator) => {
      await A.run(pass);
      const idle = new SoleWait({ name: 'idle', validator });
      idle.wake();
      await A.run(() => idle.wait(() => true));
    },
    { proven: 'A→idle(wait)' },
    [],
  ],
];

test.each(cases)('%s', async (...program) => {
  await checkProgram(program);
});

test('throws for a second waiter under the error policy', async () => {
  const idle = new SoleWait({ name: 'idle', validator: new Validator({ policy: 'error' }) });
  void idle.wait(() => false);
  await expect(idle.wait(() => true)).rejects.toMatchObject({ code: 'unsatisfiable-request' });
});
