/** What waits that take nothing mean to the validator: edges and findings. */
import { describe, expect, test } from 'vitest';
import { Mutex, RwLock, Validator } from '../../src/index.ts';
import { edgesOf } from '../support/edges.ts';
import { turn } from './subjects.ts';
import { withoutLive } from '../support/without-live.ts';

interface Locks {
  readonly A: Mutex;
  readonly B: Mutex;
  readonly rw: RwLock;
}

type Program = (locks: Locks) => Promise<unknown>;
type Case = [name: string, program: Program, edges: Record<string, string>, findings: string[]];

const signal = new AbortController().signal;

const cases: Case[] = [
  ['under nothing', ({ A }) => A.waitForUnlock(), {}, []],
  ['for the unlock, under a lock', ({ A, B }) => A.run(() => B.waitForUnlock()), { proven: 'A→B(wait)' }, []],
  [
    'until all have gone, under a lock',
    ({ A, B }) => A.run(() => B.waitForQueue()),
    { proven: 'A→B(wait)' },
    [],
  ],
  [
    'under two locks',
    ({ A, B, rw }) => A.run(() => B.run(() => rw.waitForQueue())),
    { proven: 'A→B A→rw(wait) B→rw(wait)' },
    [],
  ],
  [
    'that gives up',
    ({ A, B }) => B.run(() => A.run(() => B.waitForQueue({ timeoutMs: 1 }).catch(() => {}))),
    { proven: 'A→B?(wait) B→A B→B?(wait)' },
    ['error: B → B', 'warning: A → B → A'],
  ],
  ['with a signal', ({ A, B }) => A.run(() => B.waitForUnlock({ signal })), { proven: 'A→B?(wait)' }, []],
  [
    'against the order of another flow',
    async ({ A, B }) => {
      await A.run(() => B.waitForUnlock());
      await B.run(() => A.run(() => {}));
    },
    { proven: 'A→B(wait) B→A' },
    ['error: A → B → A'],
  ],
  [
    'against each other takes nothing, and hangs all the same',
    async ({ A, B }) => {
      await A.run(() => B.waitForQueue());
      await B.run(() => A.waitForQueue());
    },
    { proven: 'A→B(wait) B→A(wait)' },
    ['error: A → B → A'],
  ],
  [
    'to read, under a read hold: readers keep no reader waiting, unless a writer holds',
    ({ A, rw }) => rw.runRead(() => A.run(() => {})).then(() => A.run(() => rw.waitForUnlock('read'))),
    { proven: 'A→rw(wait) rw→A' },
    ['error: A → rw → A'],
  ],
];

/** Programs that hang; the loop has drained when they are looked at. */
const hanging: [name: string, program: Program, findings: string[]][] = [
  ['the unlock of what one holds', ({ A }) => A.run(() => A.waitForUnlock()), ['error: A → A']],
  ['all to go, oneself among them', ({ A }) => A.run(() => A.waitForQueue()), ['error: A → A']],
  [
    'all to go, one of whom stands behind oneself',
    ({ A }) =>
      Promise.all([A.run(() => turn().then(() => A.waitForQueue())), turn().then(() => A.run(() => {}))]),
    ['error: A → A'],
  ],
  [
    'all to go, among them a request of one’s own',
    async ({ A }) => {
      const asked = A.acquire();
      await A.waitForQueue();
      (await asked).release();
    },
    ['error: A → A'],
  ],
  [
    'a lock whose holder waits just so',
    ({ A, B }) =>
      Promise.all([
        A.run(() => turn().then(() => B.waitForQueue())),
        B.run(() => turn().then(() => A.waitForQueue())),
      ]),
    ['error: A → B → A'],
  ],
  [
    'writers to go while writing',
    ({ rw }) => rw.runWrite(() => rw.waitForUnlock('read')),
    ['error: rw → rw'],
  ],
  [
    'readers to go while reading',
    ({ rw }) => rw.runRead(() => rw.waitForUnlock('write')),
    ['error: rw → rw'],
  ],
];

function createLocks(validator: Validator): Locks {
  return {
    A: new Mutex({ name: 'A', validator }),
    B: new Mutex({ name: 'B', validator }),
    rw: new RwLock({ name: 'rw', validator }),
  };
}

function findingsOf({ findings }: Validator): string[] {
  return withoutLive(findings)
    .map(({ severity, chain }) => `${severity}: ${chain.join(' → ')}`)
    .sort();
}

describe('a wait that takes nothing', () => {
  test.each(cases)('%s', async (_name, program, edges, findings) => {
    const validator = new Validator();
    await program(createLocks(validator));
    expect(edgesOf(validator)).toEqual(edges);
    expect(findingsOf(validator)).toEqual(findings);
  });

  test.each(hanging)('for %s', async (_name, program, findings) => {
    const validator = new Validator();
    let isOver = false;
    void program(createLocks(validator)).then(() => (isOver = true));
    await turn();
    await turn();
    expect(isOver).toBe(false);
    validator.checkOpen({ isDrained: true });
    expect(findingsOf(validator)).toEqual(findings);
    expect(validator.findings.every(({ certainty }) => certainty === 'certain')).toBe(true);
  });
});
