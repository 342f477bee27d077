/** Members of a family: who may read when, and that nobody reads what is half written. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FamilyLock, LockdepError, type Member, Validator } from '../../src/index.ts';
import { policies, turn } from './subjects.ts';

const badState = (text: string): LockdepError => new LockdepError('ERR_BAD_STATE', text);
const released = badState(
  'Expected a family that is held for writing, it was released while a member was waited for.',
);
const notHeld = badState('Expected a family that is held for writing, got one that is not.');
const detached = badState('Expected a member that is attached, got one that is detached.');

interface Setting {
  readonly validator: Validator;
  readonly family: FamilyLock;
  readonly member: Member<string>;
  readonly other: Member<string>;
}

/** What the steps say, each a string; a promise by what became of it. */
type Case = [name: string, steps: (setting: Setting, say: (text: unknown) => void) => unknown, said: string];

/** Says how a promise ends, without waiting for it. */
function tell(promise: Promise<unknown>, say: (text: unknown) => void): void {
  promise.then(
    () => say('done'),
    (error: Error) => say(error.message),
  );
}

const cases: Case[] = [
  ['readers together', ({ member }, say) => [member, member].map((each) => say(each.tryRead())), 'true true'],
  [
    'no reader of what is written',
    async ({ family, member, other }, say) => {
      await family.acquireWrite();
      await member.startWrite();
      say(member.tryRead());
      say(other.tryRead());
    },
    'false true',
  ],
  [
    'readers again after the write, of this member only',
    async ({ family, member, other }, say) => {
      await family.acquireWrite();
      await member.startWrite();
      await other.startWrite();
      member.endWrite();
      say(member.tryRead());
      say(other.tryRead());
    },
    'true false',
  ],
  [
    'readers again after all writes ended, with the family held',
    async ({ family, member, other }, say) => {
      await family.acquireWrite();
      await member.startWrite();
      await other.startWrite();
      family.endWriteAll();
      say(member.tryRead());
      say(other.tryRead());
    },
    'true true',
  ],
  [
    'readers again after the release of the family',
    async ({ family, member }, say) => {
      await family.runWrite(() => member.startWrite());
      say(member.tryRead());
    },
    'true',
  ],
  [
    'readers again after a downgrade',
    async ({ family, member }, say) => {
      const hold = await family.acquireWrite();
      await member.startWrite();
      hold.downgrade();
      say(member.tryRead());
    },
    'true',
  ],
  [
    'a write that waits for all readers, and lets no new one in',
    async ({ family, member }, say) => {
      member.tryRead();
      member.tryRead();
      await family.acquireWrite();
      tell(member.startWrite(), say);
      for (const _ of [1, 2]) {
        await turn();
        say(member.tryRead());
        member.endRead();
      }
      await turn();
      say(member.tryRead());
    },
    'false false done false',
  ],
  [
    'a write begun again',
    async ({ family, member }, say) => {
      await family.acquireWrite();
      await member.startWrite();
      tell(member.startWrite(), say);
      await turn();
      say(member.tryRead());
    },
    'done false',
  ],
  [
    'one writer at a time who waits',
    async ({ family, member }, say) => {
      member.tryRead();
      await family.acquireWrite();
      tell(member.startWrite(), say);
      tell(member.startWrite(), say);
      await turn();
      member.endRead();
    },
    'Expected a member that nobody waits to write, got one that somebody does. done',
  ],
  [
    'a wait that is given up lets readers in again',
    async ({ family, member }, say) => {
      member.tryRead();
      await family.acquireWrite();
      await member.startWrite({ timeoutMs: 1 }).catch(({ code }: LockdepError) => say(code));
      say(member.tryRead());
      const signal = AbortSignal.abort(new Error('no'));
      await member.startWrite({ signal }).catch(({ message }: Error) => say(message));
      say(member.tryRead());
    },
    'ERR_LOCK_TIMEOUT true no true',
  ],
  [
    'a wait that ends with the family: once the readers have left, and for readers too',
    async ({ family, member }, say) => {
      member.tryRead();
      const hold = await family.acquireWrite();
      tell(member.startWrite(), say);
      hold.release();
      await turn();
      say(member.tryRead());
      member.endRead();
      await turn();
      say(member.tryRead());
    },
    `false ${released.message} true`,
  ],
  [
    'a wait that was left behind makes room for the next writer',
    async ({ family, member }, say) => {
      member.tryRead();
      const hold = await family.acquireWrite();
      tell(member.startWrite(), say);
      hold.release();
      await family.acquireWrite();
      say('next');
      const wait = member.startWrite();
      await turn();
      member.endRead();
      await wait;
      say(member.tryRead());
    },
    `next ${released.message} false`,
  ],
  [
    'a detached member',
    async ({ family, member }, say) => {
      member.tryRead();
      await family.acquireWrite();
      tell(member.detach(), say);
      await turn();
      say(member.isAttached);
      member.endRead();
      await turn();
      say(member.isAttached);
      say(member.object);
      family.endWriteAll();
      say(member.tryRead());
      tell(member.startWrite(), say);
    },
    `true done false undefined false ${detached.message}`,
  ],
  [
    'a detached member that was written',
    async ({ family, member }, say) => {
      await family.runWrite(async () => {
        await member.startWrite();
        await member.detach();
      });
      say(member.tryRead());
    },
    'false',
  ],
  [
    'a member attached to another object',
    async ({ family, member }, say) => {
      say(member.tryRead('first'));
      member.endRead();
      await family.runWrite(() => member.detach());
      member.attach('second');
      say(member.tryRead('first'));
      say(member.tryRead('second'));
      say(member.tryRead());
    },
    'true false true true',
  ],
  [
    'a family that nobody holds',
    async ({ member }, say) => {
      tell(member.startWrite(), say);
      tell(member.detach(), say);
      await turn();
      say(member.tryRead());
    },
    `${notHeld.message} ${notHeld.message} true`,
  ],
  [
    'a family that is held for reading',
    async ({ family, member }, say) => {
      await family.acquireRead();
      say(member.tryRead());
      member.endRead();
      tell(member.startWrite(), say);
    },
    `true ${notHeld.message}`,
  ],
  [
    'a read that was not begun',
    ({ member }, say) => {
      member.endRead();
      say(member.tryRead());
      member.endRead();
      member.endRead();
      say(member.isAttached);
    },
    'true true',
  ],
  [
    'a write that was not begun',
    ({ member }, say) => {
      member.endWrite();
      say(member.tryRead());
    },
    'true',
  ],
];

function createSetting(validator: Validator): Setting {
  const family = new FamilyLock({ name: 'family', validator });
  return { validator, family, member: family.attach('first'), other: family.attach('other') };
}

describe.each(policies)('%s', (_policy, options) => {
  test.each(cases)('%s', async (_name, steps, said) => {
    const log: unknown[] = [];
    await steps(createSetting(new Validator(options)), (text) => log.push(text));
    await turn();
    expect(log.join(' ')).toBe(said.replace('undefined', ''));
  });

  test('an attached member is not attached again', () => {
    expect(() => createSetting(new Validator(options)).member.attach('second')).toThrow(
      badState('Expected a member that is detached, got one that is attached.'),
    );
  });

  test('nobody reads what is half written, and nobody waits for ever, under any schedule', async () => {
    const step = fc.record({ member: fc.nat(2), pause: fc.nat(2), isEnded: fc.boolean() });
    const writer = fc.array(step, { minLength: 1, maxLength: 3 });
    const reader = fc.array(step, { minLength: 1, maxLength: 4 });
    let reads = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(writer, { minLength: 1, maxLength: 3 }),
        fc.array(reader, { minLength: 1, maxLength: 3 }),
        async (s, writers, readers) => {
          const family = new FamilyLock({ validator: new Validator(options) });
          const rows = [0, 1, 2].map(() => ({ left: 0, right: 0, lock: family.attach() }));
          const pause = async (turns: number): Promise<void> => {
            for (let i = 0; i <= turns; i++) await s.schedule(Promise.resolve());
          };
          const write = (steps: typeof writers extends (infer S)[] ? S : never): Promise<void> =>
            family.runWrite(async () => {
              for (const { member, pause: turns, isEnded } of steps) {
                const row = rows[member]!;
                await row.lock.startWrite();
                row.left++;
                await pause(turns);
                row.right++;
                if (isEnded) row.lock.endWrite();
              }
            });
          const look = async ({ left, right }: { left: number; right: number }): Promise<void> => {
            expect(left).toBe(right);
            reads++;
          };
          const read = async (steps: typeof readers extends (infer S)[] ? S : never): Promise<void> => {
            for (const { member, pause: turns } of steps) {
              await pause(0);
              const row = rows[member]!;
              // The slow way: under the family's lock it always succeeds.
              const hold = row.lock.tryRead() ? undefined : await family.acquireRead();
              if (hold !== undefined) expect(row.lock.tryRead()).toBe(true);
              const before = row.left;
              await look(row);
              await pause(turns);
              await look(row);
              expect(row.left).toBe(before);
              row.lock.endRead();
              hold?.release();
            }
          };
          let isOver = false;
          const all = Promise.all([...writers.map(write), ...readers.map(read)]).then(() => (isOver = true));
          await s.waitIdle();
          await turn();
          expect(isOver).toBe(true);
          await all;
        },
      ),
      { numRuns: 100 },
    );
    expect(reads).toBeGreaterThan(100);
  });
});
