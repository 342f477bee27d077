/** A group lock: the allowance for newcomers and what it costs the others, bad input, and edges. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { GroupLock, type GroupLockOptions, type Hold, RwLock, Validator } from '../../src/index.ts';
import { expectOneLine } from './misuse.ts';
import { type ProgramCase, checkProgram, findHang } from './programs.ts';
import { policies, turn } from './subjects.ts';

const pass = async (): Promise<void> => {};
const groups = ['a', 'b', 'c'] as const;
type Group = (typeof groups)[number];

/** `+a` asks for a group, `-0` releases what was asked for first; all those let in, in their order, `|` between steps. */
async function play(options: GroupLockOptions<Group>, script: string): Promise<string> {
  const lock = new GroupLock(options);
  const holds: Hold[] = [];
  let log = '';
  let asked = 0;
  for (const step of script.split(' ')) {
    if (step.startsWith('-')) holds[Number(step.slice(1))]!.release();
    else {
      const number = asked++;
      void lock.acquire(step.slice(1) as Group).then((hold) => {
        holds[number] = hold;
        log += number;
      });
    }
    await turn();
    log += '|';
  }
  return log;
}

describe.each(policies)('a group lock, %s', (_policy, options) => {
  const create = (rest: Partial<GroupLockOptions<Group>> = {}): GroupLock<Group> =>
    new GroupLock({ name: 'lock', groups, validator: new Validator(options), ...rest });

  test.each<[name: string, maxBatch: number, script: string, log: string]>([
    ['newcomers join as long as nobody of another group waits', 0, '+a +a +a', '0|1|2|'],
    ['newcomers wait once somebody of another group does', 0, '+a +b +a -0 -1', '0|||1|2|'],
    ['a few may join all the same', 2, '+a +b +a +a +a -0 -2 -3 -1', '0||2|3||||1|4|'],
    ['who joins before anybody waits is not counted', 1, '+a +a +b +a +a', '0|1||3||'],
    ['the allowance is that of the turn', 1, '+a +b +a +a -0 -2 +b +b -1', '0||2|||1|4|||'],
    ['another turn, another allowance', 1, '+a +b +a -0 -2 +a +b +b', '0||2||1||4||'],
    ['who waits already does not jump the queue', 5, '+a +b +c +b -0', '0||||1|'],
    ['who comes later may go past who of its own group waits', 1, '+a +b +c +b -0 +b', '0||||1|4|'],
  ])('%s', async (_name, maxBatch, script, log) => {
    const validator = new Validator(options);
    expect(await play({ groups, maxBatch, validator }, script)).toBe(log);
  });

  test('starves nobody: in each turn before one’s own, only so many newcomers overtake', async () => {
    const request = fc.record({ group: fc.constantFrom(...groups), turns: fc.nat(3), before: fc.nat(4) });
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(fc.array(request, { minLength: 1, maxLength: 8 }), { minLength: 2, maxLength: 6 }),
        fc.nat(3),
        async (s, flows, maxBatch) => {
          const lock = create({ maxBatch });
          const inside: Group[] = [];
          const waiting: { overtaken: number; readonly turnsAhead: number }[] = [];
          let [turns, ended] = [0, 0];
          const pause = async (count: number): Promise<void> => {
            for (let i = 0; i < count; i++) await s.schedule(Promise.resolve());
          };
          const flow = async (requests: (typeof flows)[number]): Promise<void> => {
            for (const { group, turns: stay, before } of requests) {
              await pause(before);
              const own = { overtaken: 0, turnsAhead: waiting.length + 1 };
              waiting.push(own);
              await lock.run(group, async () => {
                expect(inside.every((each) => each === group)).toBe(true);
                for (const each of waiting.slice(0, waiting.indexOf(own))) each.overtaken++;
                waiting.splice(waiting.indexOf(own), 1);
                expect(own.overtaken, 'overtaken').toBeLessThanOrEqual(maxBatch * own.turnsAhead);
                if (inside.length === 0) turns++;
                inside.push(group);
                await pause(stay);
                inside.splice(inside.indexOf(group), 1);
              });
            }
            ended++;
          };
          const all = Promise.all(flows.map(flow));
          await s.waitIdle();
          await turn();
          expect(ended).toBe(flows.length);
          await all;
          expect(turns).toBeGreaterThan(0);
          expect(lock.group).toBeUndefined();
        },
      ),
      { numRuns: 150 },
    );
  });

  test('lets somebody in though the holders’ group never stops coming', async () => {
    const lock = create({ maxBatch: 3 });
    let entered = 0;
    let isIn = false;
    const crowd = async (): Promise<void> => {
      while (!isIn && entered < 1000) {
        await lock.run('a', async () => {
          entered++;
          await turn();
        });
      }
    };
    const crowds = Promise.all([crowd(), crowd(), crowd()]);
    await turn();
    const before = entered;
    let joined = 0;
    await lock.run('b', () => {
      isIn = true;
      joined = entered - before;
    });
    expect(joined).toBeLessThanOrEqual(3);
    await crowds;
  });

  test('tells which group has it', async () => {
    const lock = create();
    expect(lock.group).toBeUndefined();
    const holds = [await lock.acquire('b'), lock.tryAcquire('b')!];
    expect([lock.group, lock.tryAcquire('a')]).toEqual(['b', undefined]);
    for (const hold of holds) hold.release();
    expect(lock.group).toBeUndefined();
    lock.tryAcquire('c')!.release();
  });

  const unknown = "Expected `group` to be one of 'a', 'b', 'c', got ";
  test.each<[name: string, how: 'throws' | 'rejects', call: (lock: GroupLock, group: string) => unknown]>([
    ['acquire', 'rejects', (lock, group) => lock.acquire(group)],
    ['tryAcquire', 'throws', (lock, group) => lock.tryAcquire(group)],
    ['run', 'rejects', (lock, group) => lock.run(group, () => expect.unreachable())],
    ['waitForUnlock', 'rejects', (lock, group) => lock.waitForUnlock(group)],
  ])('%s refuses a group it does not know', async (_name, how, call) => {
    for (const group of ['d', '', 'toString', '0', undefined, null, 0, {}]) {
      const lock = create();
      await expectOneLine(how, () => call(lock, group as string), unknown, group);
      expect(lock.group).toBeUndefined();
    }
  });

  test('says in one line which groups there are', async () => {
    await expect(create().acquire('d' as 'a')).rejects.toThrow(
      "Expected `group` to be one of 'a', 'b', 'c', got \"d\" (string).",
    );
  });

  test('run refuses what is no function', async () => {
    await expectOneLine(
      'throws',
      () => create().run('a', 7 as never),
      'Expected `fn` to be a function, got ',
      7,
    );
  });

  const names = 'Expected `groups` to be an array of two or more different names, got ';
  test.each<[name: string, given: unknown, line: string]>([
    ['no options', undefined, 'Expected `options` to be an object, got '],
    ['no groups', {}, names],
    ['one group', { groups: ['a'] }, names],
    ['a group twice', { groups: ['a', 'b', 'a'] }, names],
    ['a string', { groups: 'ab' }, names],
    [
      'a group without a name',
      { groups: ['a', ''] },
      'Expected `groups` to be an array of non-empty strings, got ',
    ],
    ['a number', { groups: ['a', 1] }, 'Expected `groups` to be an array of non-empty strings, got '],
    ['a negative batch', { groups, maxBatch: -1 }, 'Expected `maxBatch` to be an integer ≥ 0, got '],
    ['half a batch', { groups, maxBatch: 0.5 }, 'Expected `maxBatch` to be an integer ≥ 0, got '],
    ['an unknown option', { groups, readers: 1 }, 'Expected `options` to be an object with keys of '],
  ])('is not made of %s', async (_name, given, line) => {
    await expectOneLine('throws', () => new GroupLock(given as GroupLockOptions), line, given);
  });
});

const lockOf = (validator: Validator): GroupLock<Group> => new GroupLock({ name: 'L', groups, validator });

const cases: ProgramCase[] = [
  [
    'two orders of a lock and a group are a deadlock, though the group is one',
    async ({ A }, validator) => {
      const lock = lockOf(validator);
      await A.run(() => lock.run('a', pass));
      await lock.run('a', () => A.run(pass));
    },
    { proven: 'A→L L→A' },
    ['error A → L → A [circular-dependency]'],
  ],
  [
    'a near miss: one order',
    async ({ A }, validator) => {
      const lock = lockOf(validator);
      await A.run(() => lock.run('a', pass));
      await A.run(() => lock.run('b', pass));
    },
    { proven: 'A→L' },
    [],
  ],
  [
    'asking for the group that one has already waits behind another that waits',
    async (_locks, validator) => {
      const lock = lockOf(validator);
      await lock.run('a', () => lock.run('a', pass));
    },
    { proven: 'L→L' },
    ['error L → L [recursive-acquisition]'],
  ],
  [
    'a try waits for nobody',
    async (_locks, validator) => {
      const lock = lockOf(validator);
      await lock.run('a', () => lock.tryAcquire('a')!.release());
    },
    {},
    [],
  ],
  [
    'waiting for the unlock under a lock that holders ask for',
    async ({ A }, validator) => {
      const lock = lockOf(validator);
      await A.run(() => lock.waitForUnlock('a'));
      await lock.run('b', () => A.run(pass));
    },
    { proven: 'A→L(wait) L→A' },
    ['error A → L → A [circular-dependency]'],
  ],
  [
    'a lock of another kind and the same name is another class',
    async (_locks, validator) => {
      const lock = lockOf(validator);
      const other = new RwLock({ name: 'L', validator });
      await lock.run('a', () => other.runRead(pass));
    },
    { proven: 'L→L' },
    [],
  ],
];

test.each(cases)('%s', async (...program) => {
  await checkProgram(program);
});

test('asking for another group than one has hangs, and is found', async () => {
  const found = await findHang((_locks, validator) => {
    const lock = lockOf(validator);
    return lock.run('a', () => lock.run('b', pass));
  });
  expect(found).toEqual(['error L → L [recursive-acquisition]']);
});
