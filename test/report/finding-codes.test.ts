import { describe, expect, test } from 'vitest';
import { formatFinding } from '../../src/report/finding-text.ts';
import type {
  FindingCode,
  SnapshotClass,
  SnapshotEdge,
  SnapshotFinding,
} from '../../src/validator/snapshot-format.ts';
import { edge, finding, lockClass, snapshot, stack } from './snapshots.ts';

interface Case {
  code: FindingCode;
  chain: string[];
  classes?: SnapshotClass[];
  edges?: SnapshotEdge[];
  rest?: Partial<SnapshotFinding>;
  /** Everything below the first line. */
  text: string;
}

const twice = { held: stack('src/a.ts:3:9'), requested: stack('src/a.ts:5:9') };

const cases: Case[] = [
  {
    code: 'circular-dependency',
    chain: ['A', 'B', 'C', 'A'],
    edges: [edge('A', 'B', { count: 2 }), edge('B', 'C'), edge('C', 'A', { count: 9 })],
    rest: { flows: 3 },
    text: `
  B → C           seen once
    B held since  src/B.ts:1:1
    C asked for   src/B.ts:2:2
  C → A           seen 9 times
    C held since  src/C.ts:1:1
    A asked for   src/C.ts:2:2
  A → B           seen 2 times
    A held since  src/A.ts:1:1
    B asked for   src/A.ts:2:2

  Three flows are enough: one for each arrow, at the same time.
  Fix: take "C" first in src/B.ts:1, as everywhere else.`,
  },
  {
    code: 'live-deadlock',
    chain: ['A', 'B', 'A'],
    edges: [edge('A', 'B', { provisional: true }), edge('B', 'A', { provisional: true })],
    rest: { flows: 2, certainty: 'certain' },
    text: `
  A → B           seen once, not yet over
    A held since  src/A.ts:1:1
    B asked for   src/A.ts:2:2
  B → A           seen once, not yet over
    B held since  src/B.ts:1:1
    A asked for   src/B.ts:2:2

  not yet over: never released so far.
  It hangs now: two flows wait for each other, and none can go on.
  Fix: take "B" first in src/A.ts:1, and keep to that order everywhere.`,
  },
  {
    code: 'recursive-acquisition',
    chain: ['A', 'A'],
    edges: [edge('A', 'A', twice)],
    rest: { flows: 1 },
    text: `
  A → A           seen once
    A held since  src/a.ts:3:9
    A asked for   src/a.ts:5:9

  One flow is enough.
  Fix: pass on the hold of "A" taken at src/a.ts:3 instead of asking again at
       src/a.ts:5.`,
  },
  {
    code: 'upgrade-deadlock',
    chain: ['A', 'A'],
    classes: [lockClass('A', { kind: 'rwlock' })],
    edges: [edge('A', 'A', { ...twice, fromMode: 'shared' })],
    rest: { flows: 2 },
    text: `
  A → A                      seen once
    A (shared) held since    src/a.ts:3:9
    A (exclusive) asked for  src/a.ts:5:9

  Two flows are enough: each reads, and asks to write before it stops reading.
  Fix: take "A" for writing at src/a.ts:3, or stop reading before asking to
       write at src/a.ts:5.`,
  },
  {
    code: 'nested-capacity',
    chain: ['pool', 'pool'],
    classes: [lockClass('pool', { kind: 'semaphore', permits: 10 })],
    edges: [edge('pool', 'pool', twice)],
    rest: { flows: 10 },
    text: `
  pool → pool        seen once
    pool held since  src/a.ts:3:9
    pool asked for   src/a.ts:5:9

  Ten flows are enough: they hold all 10 units of "pool", and each asks for
    more.
  Fix: pass on the unit of "pool" taken at src/a.ts:3 instead of asking for
       another at src/a.ts:5; else ask for all at once, or return the first
       before asking for more.`,
  },
  {
    code: 'unsatisfiable-request',
    chain: ['pool'],
    classes: [lockClass('pool', { kind: 'semaphore', permits: 3 })],
    text: `
  pool              seen once
    pool asked for  src/a.ts:7:3

  Fix: ask for at most 3 units of "pool" at src/a.ts:7, or give it more.`,
  },
  {
    code: 'context-inversion',
    chain: ['A', 'hardirq', 'B', 'A'],
    classes: [lockClass('A'), lockClass('B'), lockClass('hardirq', { kind: 'context' })],
    edges: [
      edge('A', 'hardirq', { ...twice, kind: 'context' }),
      edge('hardirq', 'B', { kind: 'context', held: stack(), requested: stack('src/b.ts:7:9') }),
      edge('B', 'A'),
    ],
    rest: { flows: 2 },
    text: `
  A → hardirq            seen once
    A held since         src/a.ts:3:9
    hardirq may come in  src/a.ts:5:9
  hardirq → B            seen once
    B asked for          src/b.ts:7:9
  B → A                  seen once
    B held since         src/B.ts:1:1
    A asked for          src/B.ts:2:2

  Two flows are enough, at the same time.
  Fix: keep "hardirq" out while "A" is held at src/a.ts:3, or do not take "B" in
       "hardirq" at src/b.ts:7.`,
  },
  {
    code: 'inconsistent-context',
    chain: ['A', 'hardirq', 'A'],
    classes: [lockClass('A'), lockClass('hardirq', { kind: 'context' })],
    edges: [
      edge('A', 'hardirq', { ...twice, kind: 'context' }),
      edge('hardirq', 'A', { kind: 'context', held: stack(), requested: stack('src/b.ts:7:9') }),
    ],
    rest: { flows: 1 },
    text: `
  A → hardirq            seen once
    A held since         src/a.ts:3:9
    hardirq may come in  src/a.ts:5:9
  hardirq → A            seen once
    A asked for          src/b.ts:7:9

  One flow is enough.
  Fix: keep "hardirq" out while "A" is held at src/a.ts:3, or do not take "A" in
       "hardirq" at src/b.ts:7.`,
  },
  {
    code: 'invalid-wait-context',
    chain: ['A'],
    text: `
  A              seen once
    A asked for  src/a.ts:7:3

  Fix: ask for "A" at src/a.ts:7 where waiting that long is allowed, or use a
       lock there that waits less.`,
  },
  {
    code: 'nested-lock-not-held',
    chain: ['A'],
    text: `
  A              seen once
    A asked for  src/a.ts:7:3

  Fix: take the lock that nestedIn names before asking for "A" at src/a.ts:7, or
       leave nestedIn out.`,
  },
  {
    code: 'order-violation',
    chain: ['A', 'B', 'A'],
    edges: [edge('A', 'B', { declared: true, count: 0 }), edge('B', 'A', twice)],
    rest: { flows: 2 },
    text: `
  A → B           declared, never seen
  B → A           seen once
    B held since  src/a.ts:3:9
    A asked for   src/a.ts:5:9

  Two flows are enough: one in each order, at the same time.
  Fix: take "A" before "B" at src/a.ts:5, or change the declared order.`,
  },
  {
    code: 'bad-release',
    chain: ['A'],
    rest: { count: 4 },
    text: `
  A             seen 4 times
    A released  src/a.ts:7:3

  Fix: release "A" once only, by the hold that was granted; drop the release at
       src/a.ts:7.`,
  },
  {
    code: 'not-held',
    chain: ['A'],
    text: `
  A             seen once
    A asserted  src/a.ts:7:3

  Fix: take "A" before it is asserted at src/a.ts:7, in the same flow.`,
  },
  {
    code: 'destroyed-while-held',
    chain: ['A'],
    text: `
  A              seen once
    A destroyed  src/a.ts:7:3

  Fix: release "A" before it is destroyed at src/a.ts:7.`,
  },
  {
    code: 'held-at-end',
    chain: ['A'],
    text: `
  A               seen once
    A held since  src/a.ts:7:3

  Fix: release "A", taken at src/a.ts:7, on every path: use run() or try …
       finally.`,
  },
  {
    code: 'leaked-hold',
    chain: ['A'],
    text: `
  A               seen once
    A held since  src/a.ts:7:3

  Fix: keep the hold of "A" taken at src/a.ts:7 until it is released: use run()
       or try … finally.`,
  },
  {
    code: 'stalled-wait',
    chain: ['A'],
    text: `
  A               seen once
    A waited for  src/a.ts:7:3

  Fix: release "A" on every path; nothing is left that could, and it is still
       waited for at src/a.ts:7.`,
  },
];

/** Fails to compile when a code has no entry, and a test fails when it has no case. */
const ALL_CODES: Readonly<Record<FindingCode, true>> = {
  'circular-dependency': true,
  'recursive-acquisition': true,
  'upgrade-deadlock': true,
  'nested-capacity': true,
  'unsatisfiable-request': true,
  'context-inversion': true,
  'inconsistent-context': true,
  'invalid-wait-context': true,
  'nested-lock-not-held': true,
  'order-violation': true,
  'bad-release': true,
  'not-held': true,
  'destroyed-while-held': true,
  'held-at-end': true,
  'leaked-hold': true,
  'live-deadlock': true,
  'stalled-wait': true,
};

describe('each finding code has its words', () => {
  test('and none is left out', () => {
    expect(cases.map(({ code }) => code).sort()).toEqual(Object.keys(ALL_CODES).sort());
  });

  test.for(cases)('$code', ({ code, chain, classes = [], edges = [], rest = {}, text }) => {
    const found = finding(code, chain, {
      edges: edges.map((_, index) => index),
      ...(edges.length === 0 ? { stack: stack('src/a.ts:7:3') } : {}),
      ...rest,
    });
    const given = snapshot({ classes, edges, findings: [found] });
    expect(formatFinding(found, given)).toBe(`${found.message}\n${text}`);
  });
});

describe('a fix', () => {
  test('of a wait that completes tells to complete', () => {
    const found = finding('stalled-wait', ['done'], { stack: stack('src/a.ts:7:3') });
    const given = snapshot({ classes: [lockClass('done', { kind: 'completion' })], findings: [found] });
    expect(formatFinding(found, given)).toContain(
      'Fix: complete "done" on every path, or do not wait for it at src/a.ts:7.',
    );
  });

  test('of a cycle through a completion tells to release before the wait', () => {
    const edges = [edge('M', 'done', { kind: 'wait' }), edge('done', 'M')];
    const found = finding('circular-dependency', ['M', 'done', 'M'], { edges: [0, 1], flows: 2 });
    const classes = [lockClass('done', { kind: 'completion' }), lockClass('M')];
    const text = formatFinding(found, snapshot({ classes, edges, findings: [found] }));
    expect(text).toContain('    done owed since  src/done.ts:1:1');
    expect(text).toContain('    done waited for  src/M.ts:2:2');
    expect(text).toContain('Fix: release "M" before waiting for "done" at src/M.ts:2.');
  });

  test('of an owed completion that is the odd one out tells to complete first', () => {
    const edges = [edge('M', 'done', { kind: 'wait', count: 5 }), edge('done', 'M')];
    const found = finding('circular-dependency', ['M', 'done', 'M'], { edges: [0, 1], flows: 2 });
    const classes = [lockClass('done', { kind: 'completion' }), lockClass('M')];
    expect(formatFinding(found, snapshot({ classes, edges, findings: [found] }))).toContain(
      'Fix: complete "done" before asking for "M" at src/done.ts:2.',
    );
  });

  test('of a declared order within one class names the class once', () => {
    const found = finding('order-violation', ['A', 'A'], { edges: [0] });
    expect(formatFinding(found, snapshot({ edges: [edge('A', 'A')], findings: [found] }))).toContain(
      'Fix: ask for the locks of "A" in the order that is declared for them at',
    );
  });

  test('of a code from a later version is left out, and the rest stands', () => {
    const found = finding('quantum-lock' as FindingCode, ['A'], { stack: stack('src/a.ts:7:3') });
    expect(formatFinding(found, snapshot({ findings: [found] }))).toBe(
      'Message about A [quantum-lock]\n\n  A         seen once\n    A seen  src/a.ts:7:3\n',
    );
  });
});
