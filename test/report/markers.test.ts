import { describe, expect, test } from 'vitest';
import { formatFinding } from '../../src/report/finding-text.ts';
import type { SnapshotEdge, SnapshotFinding } from '../../src/validator/snapshot-format.ts';
import { edge, finding, lockClass, snapshot, stack } from './snapshots.ts';

/** The report of the cycle A → B → A, with changes to its first arrow and to the finding. */
function formatCycle(first: Partial<SnapshotEdge>, rest: Partial<SnapshotFinding> = {}): string {
  const found = finding('circular-dependency', ['A', 'B', 'A'], { edges: [0, 1], flows: 2, ...rest });
  const edges = [edge('A', 'B', first), edge('B', 'A')];
  return formatFinding(
    found,
    snapshot({ classes: [lockClass('A'), lockClass('B')], edges, findings: [found] }),
    {
      width: 200,
    },
  );
}

describe('what weakens an arrow is marked on it and explained', () => {
  const cases: { first: Partial<SnapshotEdge>; remark: string; legend: string }[] = [
    {
      first: { evidence: 'signalled' },
      remark: 'seen once, signalled',
      legend:
        'signalled: waited for, but asked for elsewhere; what came through something unwatched looks the same.',
    },
    {
      first: { evidence: 'nested' },
      remark: 'seen once, nested',
      legend:
        'nested: asked for while the other was held, but nothing seen says that its release waited for it.',
    },
    {
      first: { provisional: true },
      remark: 'seen once, not yet over',
      legend: 'not yet over: never released so far, so whether it waited for the other is not settled.',
    },
    {
      first: { breakable: true },
      remark: 'seen once, breakable',
      legend:
        'breakable: its caller gave a timeout or signal, so the wait for "B" at src/A.ts:2 would end by itself.',
    },
    {
      first: { simultaneous: true },
      remark: 'seen once, simultaneous',
      legend: 'simultaneous: both were asked for in one synchronous run.',
    },
    {
      first: { evidence: 'nested', provisional: true, count: 3 },
      remark: 'seen 3 times, not yet over',
      legend: 'not yet over: never released so far, so whether it waited for the other is not settled.',
    },
  ];

  test.for(cases)('$remark', ({ first, remark, legend }) => {
    const lines = formatCycle(first).split('\n');
    expect(lines.filter((line) => line.startsWith('  A → B '))).toEqual([
      expect.stringMatching(` ${remark}$`),
    ]);
    expect(lines).toContain(`  ${legend}`);
  });

  test('and what is open in a hang needs no doubt', () => {
    const text = formatCycle({ provisional: true }, { certainty: 'certain' });
    expect(text).toContain('  not yet over: never released so far.\n');
  });

  test('and a proven arrow has neither', () => {
    const text = formatCycle({});
    expect(text).toMatch(/^ {2}A → B +seen once$/m);
    expect(text).not.toMatch(/signalled|nested|not yet over|breakable|simultaneous/);
  });

  test('and the wait that would end is the one that the finding names', () => {
    const text = formatCycle({ breakable: true }, { breakableBy: 1 });
    expect(text).toContain('so the wait for "A" at src/B.ts:2 would end by itself.');
  });
});

describe('a cycle that cannot hang', () => {
  test('under a gate says which, and wants no change', () => {
    const found = finding('circular-dependency', ['A', 'B', 'A'], {
      edges: [0, 1],
      flows: 2,
      severity: 'note',
    });
    const edges = [edge('A', 'B', { gates: ['G#1', 'H'] }), edge('B', 'A', { gates: ['G#1'] })];
    expect(
      formatFinding(found, snapshot({ edges, findings: [found] }))
        .split('\n')
        .slice(-2),
    ).toEqual([
      '  Every arrow was seen under "G#1" only, which lets one flow in at a time.',
      '  Fix: none needed as long as every one of them stays under "G#1".',
    ]);
  });

  test('of simultaneous requests on fair locks says so', () => {
    const found = finding('circular-dependency', ['A', 'B', 'A'], {
      edges: [0, 1],
      flows: 2,
      severity: 'note',
    });
    const edges = [edge('A', 'B', { simultaneous: true }), edge('B', 'A', { simultaneous: true })];
    expect(
      formatFinding(found, snapshot({ edges, findings: [found] }))
        .split('\n')
        .slice(-2),
    ).toEqual([
      '  simultaneous: both were asked for in one synchronous run.',
      '  Fix: none needed as long as these locks are granted first come, first served.',
    ]);
  });
});

describe('how many flows it takes', () => {
  const cases: { rest: Partial<SnapshotFinding>; line: string | undefined }[] = [
    { rest: { flows: 2 }, line: 'Two flows are enough: one in each order, at the same time.' },
    { rest: { flows: 1 }, line: 'One flow is enough.' },
    { rest: { flows: 13 }, line: '13 flows are enough, at the same time.' },
    { rest: { flows: 1, certainty: 'certain' }, line: 'It hangs now: one flow waits for itself.' },
    { rest: { flows: 0 }, line: undefined },
  ];

  test.for(cases)('$rest: $line', ({ rest, line }) => {
    expect(formatCycle({}, rest).split('\n').at(-2)).toBe(line === undefined ? '' : `  ${line}`);
  });

  test('counts the units of a resource on the way', () => {
    const found = finding('circular-dependency', ['A', 'pool', 'A'], { edges: [0, 1], flows: 11 });
    const classes = [lockClass('A'), lockClass('pool', { kind: 'semaphore', permits: 10 })];
    const edges = [edge('A', 'pool'), edge('pool', 'A')];
    expect(formatFinding(found, snapshot({ classes, edges, findings: [found] }), { width: 100 })).toContain(
      '  Eleven flows are enough, at the same time: they must hold all 10 units of "pool".\n',
    );
  });

  test('of waits that may end is told as it stands now', () => {
    const text = formatCycle({}, { code: 'live-deadlock', severity: 'warning' });
    expect(text).toContain(
      '  Two flows wait in a circle now. It is not certain, and looked at again: somebody else could still release what is held on it.\n',
    );
    const participants = [{ holds: 'A', waitsFor: 'B', wayOut: 'timeout-or-signal' as const }];
    expect(formatCycle({}, { code: 'live-deadlock', severity: 'warning', participants })).toContain(
      '  Two flows wait in a circle now. It is not certain, and looked at again: a wait on it may still be given up.\n',
    );
  });

  test('of classes whose locks hang in the same chain, wherever that begins, is told as one hang', () => {
    const found = finding('circular-dependency', ['A', 'B', 'C', 'A'], { edges: [0, 1, 2], flows: 3 });
    const edges = [edge('A', 'B'), edge('B', 'C'), edge('C', 'A')];
    const tell = (chain: string[]): string => {
      const findings = [found, finding('live-deadlock', chain, { flows: 3 })];
      return formatFinding(found, snapshot({ edges, findings }), { width: 200 });
    };
    expect(tell(['C', 'A', 'B', 'C'])).toContain('  One hang, told twice: here the order of the classes, ');
    expect(tell(['A', 'C', 'B', 'A'])).not.toContain('One hang');
    expect(tell(['A', 'B', 'A'])).not.toContain('One hang');
  });
});

describe('a place', () => {
  test('of another run is said to be usual', () => {
    const usual = { ...stack('src/x.ts:1:1'), approximate: true };
    const text = formatCycle({ held: usual, requested: usual });
    expect(text).toMatch(/^ {4}A usually taken at +src\/x\.ts:1:1$/m);
    expect(text).toMatch(/^ {4}B usually asked for at +src\/x\.ts:1:1$/m);
  });

  test('that nobody knows is said to be unknown, and the fix does without', () => {
    const text = formatCycle({ held: stack() });
    expect(text).toMatch(/^ {4}A held since +\(place unknown\)$/m);
    expect(text).toMatch(/Fix: take "B" first, and keep to that order everywhere\.$/);
  });

  test('in a helper that takes both is told apart by its callers, also in the fix', () => {
    const text = formatCycle({
      held: stack('src/lib.ts:5:3', 'src/a.ts:10:5', 'src/main.ts:1:1'),
      requested: stack('src/lib.ts:5:3', 'src/a.ts:20:5'),
    });
    expect(text).toMatch(/^ {4}A held since +src\/lib\.ts:5:3\n {6}called from +src\/a\.ts:10:5$/m);
    expect(text).toMatch(/^ {4}B asked for +src\/lib\.ts:5:3\n {6}called from +src\/a\.ts:20:5$/m);
    expect(text).toContain('Fix: take "B" first in src/a.ts:10,');
    expect(text).not.toContain('main.ts');
  });

  test('in a helper of another arrow too is told apart by its callers', () => {
    const found = finding('circular-dependency', ['A', 'B', 'A'], { edges: [0, 1], flows: 2 });
    const requested = stack('src/lib.ts:9:3');
    const edges = [
      edge('A', 'B', { held: stack('src/lib.ts:5:3', 'src/a.ts:10:5'), requested }),
      edge('B', 'A', { held: stack('src/lib.ts:5:3', 'src/b.ts:10:5'), requested }),
    ];
    expect(formatFinding(found, snapshot({ edges, findings: [found] })).match(/called from +\S+/g)).toEqual([
      'called from  src/a.ts:10:5',
      'called from  src/b.ts:10:5',
    ]);
  });

  test('where an executor is busy is not called a hold', () => {
    const found = finding('circular-dependency', ['A', 'Q', 'A'], { edges: [0, 1], flows: 2 });
    const edges = [edge('A', 'Q', { kind: 'wait' }), edge('Q', 'A')];
    const classes = [lockClass('A'), lockClass('Q', { kind: 'executor' })];
    expect(formatFinding(found, snapshot({ classes, edges, findings: [found] }))).toContain(
      '    Q busy since  src/Q.ts:1:1\n',
    );
  });

  test('of a hand-over is shown once', () => {
    const passed = stack('src/a.ts:5:3', 'src/main.ts:1:1');
    const found = finding('circular-dependency', ['A', 'Q', 'A'], { edges: [0, 1], flows: 2 });
    const edges = [edge('A', 'Q', { kind: 'handoff', held: passed, requested: passed }), edge('Q', 'A')];
    const text = formatFinding(found, snapshot({ edges, findings: [found] }));
    expect(text).toContain('  A → Q            seen once\n    A handed over  src/a.ts:5:3\n  Q → A  ');
  });
});
