/** What the validator makes of a family: its members are one class, nested in its write lock. */
import { describe, expect, test } from 'vitest';
import { FamilyLock, type Member, Mutex, Validator } from '../../src/index.ts';
import { edgesOf } from '../support/edges.ts';
import { turn } from './subjects.ts';
import { withoutLive } from '../support/without-live.ts';

interface Setting {
  readonly family: FamilyLock;
  readonly a: Member;
  readonly b: Member;
  readonly J: Mutex;
}

type Program = (setting: Setting) => unknown;
type Case = [name: string, program: Program, edges: Record<string, string>, findings: string[]];

const into = 'family→family.member(wait)';

const cases: Case[] = [
  [
    'many members written under the family',
    ({ family, a, b }) => family.runWrite(() => a.startWrite().then(() => b.startWrite())),
    { proven: into },
    [],
  ],
  [
    'in both orders',
    async ({ family, a, b }) => {
      await family.runWrite(() => a.startWrite().then(() => b.startWrite()));
      await family.runWrite(() => b.startWrite().then(() => a.startWrite()));
    },
    { proven: into },
    [],
  ],
  [
    'one read, another written, both under the family',
    ({ family, a, b }) =>
      family.runWrite(async () => {
        a.tryRead();
        await b.startWrite();
        a.endRead();
      }),
    { proven: into },
    [],
  ],
  [
    'members read together, in both orders',
    ({ a, b }) => {
      for (const [first, second] of [
        [a, b],
        [b, a],
      ] as const) {
        first.tryRead();
        second.tryRead();
        first.endRead();
        second.endRead();
      }
    },
    {},
    [],
  ],
  [
    'a read beside a lock that is taken under it',
    async ({ a, J }) => {
      a.tryRead();
      await J.run(() => {});
      a.endRead();
    },
    { proven: 'family.member→J' },
    [],
  ],
  [
    'the family asked for while a member is read, though its writers wait for readers',
    async ({ family, a }) => {
      await family.runWrite(() => a.startWrite());
      a.tryRead();
      await family.runWrite(() => {});
      a.endRead();
    },
    { proven: `family.member→family ${into}` },
    ['error: family → family.member → family'],
  ],
  [
    'by way of another lock',
    async ({ family, a, b, J }) => {
      await J.run(() => family.runWrite(() => b.detach()));
      a.tryRead();
      await J.run(() => {});
      a.endRead();
    },
    { proven: `J→family J→family.member(wait) family.member→J ${into}` },
    ['error: J → family.member → J'],
  ],
  [
    'written with a time limit',
    ({ family, a }) => family.runWrite(() => a.startWrite({ timeoutMs: 1000 })),
    { proven: 'family→family.member?(wait)' },
    [],
  ],
  [
    'a read ended by another flow',
    async ({ a, J }) => {
      a.tryRead();
      await J.run(() => void setImmediate(() => a.endRead()));
      await turn();
      await turn();
    },
    { proven: 'family.member→J' },
    [],
  ],
];

/** Misuse, by message. */
const misuse: [name: string, program: Program, messages: string[]][] = [
  [
    'a write without the family',
    ({ a }) => a.startWrite().catch(() => {}),
    ['Lock not held: "family" is not held for writing here [not-held]'],
  ],
  [
    'a write while another flow holds the family',
    async ({ family, a }) => {
      const hold = family.runWrite(() => new Promise((resolve) => void setImmediate(resolve)));
      await a.startWrite();
      await hold;
    },
    ['Lock not held: "family" is not held for writing here [not-held]'],
  ],
  [
    'a detachment under a read hold',
    ({ family, a }) => family.runRead(() => a.detach().catch(() => {})),
    ['Lock not held: "family" is not held for writing here [not-held]'],
  ],
  [
    'a read that was not begun',
    ({ a }) => a.endRead(),
    ['Bad release: "family.member" is read by nobody, and a read of it was ended [bad-release]'],
  ],
  [
    'a write that was not begun',
    ({ a }) => a.endWrite(),
    ['Bad release: "family.member" is not being written, and the write of it was ended [bad-release]'],
  ],
];

function create(validator: Validator): Setting {
  const family = new FamilyLock({ name: 'family', validator });
  return { family, a: family.attach(), b: family.attach(), J: new Mutex({ name: 'J', validator }) };
}

describe('members of a family', () => {
  test.each(cases)('%s', async (_name, program, edges, findings) => {
    const validator = new Validator();
    await program(create(validator));
    expect(edgesOf(validator)).toEqual(edges);
    expect(validator.findings.map(({ severity, chain }) => `${severity}: ${chain.join(' → ')}`)).toEqual(
      findings,
    );
    expect(validator.engine.newest).toBe(null);
  });

  test.each(misuse)('%s', async (_name, program, messages) => {
    const validator = new Validator();
    await program(create(validator));
    expect(validator.findings.map(({ message }) => message)).toEqual(messages);
  });

  test('one that is read by who would write it hangs, and is reported', async () => {
    const validator = new Validator();
    const { family, a } = create(validator);
    void family.runWrite(async () => {
      a.tryRead();
      await a.startWrite();
      a.endRead();
    });
    await turn();
    validator.checkOpen({ isDrained: true });
    expect(withoutLive(validator.findings).map(({ message }) => message)).toEqual([
      'Self-deadlock: family.member → family.member [recursive-acquisition]',
    ]);
  });

  test('are one class, named after the family or its place', () => {
    const validator = new Validator();
    const unnamed = new FamilyLock({ validator });
    unnamed.attach();
    unnamed.attach();
    const { classes } = validator.snapshot();
    expect(classes.map(({ name, instances }) => [name.replace(/^.*test\.ts/, ''), instances])).toEqual([
      [expect.stringMatching(/^:\d+:\d+$/), 1],
      [expect.stringMatching(/^:\d+:\d+\.member$/), 2],
    ]);
  });
});
