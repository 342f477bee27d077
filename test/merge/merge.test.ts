import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SnapshotMerger } from '../../src/merge/merger.ts';
import { formatText } from '../../src/report/text.ts';
import { TraceReader } from '../../src/trace/read-trace.ts';
import type { Snapshot, SnapshotEdge, SnapshotFinding } from '../../src/validator/snapshot-format.ts';
import { edge, finding, lockClass, snapshot, stack } from '../report/snapshots.ts';

/** Merges under the names `1.json`, `2.json` and so on. */
function merge(...snapshots: readonly Snapshot[]): Snapshot {
  const merger = new SnapshotMerger();
  for (const [index, each] of snapshots.entries()) merger.add(each, `${index + 1}.json`);
  return merger.snapshot();
}

/** What a process saw that ran these traces. */
function replay(...traces: readonly string[]): Snapshot {
  const reader = new TraceReader();
  for (const [index, trace] of traces.entries()) {
    reader.begin(`${index}.trace`);
    for (const line of trace.split('\n')) reader.line(line);
    reader.end();
  }
  return reader.validator.snapshot();
}

function nest(task: string, ...locks: readonly string[]): string {
  const acquired = locks.map((lock, line) => `${task}|acq(${lock})|${line + 1}`);
  const released = locks.map((lock, line) => `${task}|rel(${lock})|${locks.length + line + 1}`);
  return [...acquired, ...released].join('\n');
}

/** An input that has these edges. */
function input(id: string, edges: SnapshotEdge[], findings: SnapshotFinding[] = []): Snapshot {
  const names = [...new Set(edges.flatMap(({ from, to }) => [from, to]))];
  return snapshot({
    inputs: [{ id, runs: 1 }],
    classes: names.map((name) => lockClass(name)),
    edges,
    findings,
  });
}

function tell({ findings }: Snapshot): string[] {
  return findings.map(({ severity, chain }) => `${severity}: ${chain.join(' → ')}`);
}

describe('a cycle that no input has whole', () => {
  test('is found, and each of its edges says which input it is from', () => {
    const merged = merge(replay(nest('T1', 'A', 'B')), replay(nest('T1', 'B', 'A')));
    expect(formatText(merged)).toBe(`Potential deadlock: A → B → A [circular-dependency]

  A → B           seen once, in 1.json
    A held since  0.trace:1:1
    B asked for   0.trace:2:1
  B → A           seen once, in 2.json
    B held since  0.trace:1:1
    A asked for   0.trace:2:1

  No single input has all of it; they have it together.
  Two flows are enough: one in each order, at the same time.
  Fix: take "B" first in 0.trace:1, and keep to that order everywhere.

1 finding: 1 error (2 classes, 2 edges)
`);
  });

  test('has the fingerprint that one process would give it', () => {
    const apart = merge(
      replay(nest('T1', 'A', 'B')),
      replay(nest('T1', 'B', 'C')),
      replay(nest('T1', 'C', 'A')),
    );
    const [whole] = replay(nest('T1', 'A', 'B'), nest('T1', 'B', 'C'), nest('T1', 'C', 'A')).findings;
    expect(apart.findings.map(({ fingerprint }) => fingerprint)).toEqual([whole?.fingerprint]);
    expect(tell(apart)).toEqual(['error: A → B → C → A']);
  });

  test('is gone again in no merge that follows, and found anew each time', () => {
    const [a, b, c] = [nest('T1', 'A', 'B'), nest('T1', 'B', 'A'), nest('T1', 'C', 'D')].map((each) =>
      replay(each),
    );
    expect(merge(merge(a!, b!), c!).findings).toHaveLength(1);
    expect(merge(merge(a!, b!), c!).findings[0]?.counts).toBeUndefined();
  });

  test('leads through what was handed over, by way of the executor', () => {
    const handOver = 'T1|acq(A)|1\nT1|handoff(A, E)|2\nE|acq(C)|3\nE|rel(C)|4\nE|rel(A)|5';
    const declare = '#! class E kind=executor\n';
    const wait = 'T2|acq(C)|1\nT2|wait(E)|2\nT2|rel(C)|3';
    const merged = merge(replay(declare + handOver), replay(declare + wait));
    const whole = replay(declare + handOver + '\n' + wait);
    expect(merged.findings.length).toBeGreaterThan(0);
    expect(tell(merged)).toEqual(tell(whole));
    expect(merged.findings.map(({ fingerprint }) => fingerprint)).toEqual(
      whole.findings.map(({ fingerprint }) => fingerprint),
    );
  });
});

describe('what excuses a cycle', () => {
  const gated = { gates: ['G'] };

  test('excuses it if every input has it', () => {
    const merged = merge(input('i', [edge('A', 'B', gated)]), input('j', [edge('B', 'A', gated)]));
    expect(tell(merged)).toEqual(['note: A → B → A']);
  });

  test('does not if one has not, and the finding says what the inputs had by themselves', () => {
    const note = finding('circular-dependency', ['A', 'B', 'A'], {
      edges: [0, 1],
      flows: 2,
      severity: 'note',
    });
    const first = input('i', [edge('A', 'B', gated), edge('B', 'A', gated)], [note]);
    const fingerprint = tellFingerprint(merge(first, input('j', [edge('A', 'B')])));
    first.findings[0]!.fingerprint = fingerprint;
    const merged = merge(first, input('j', [edge('A', 'B')]));
    expect(tell(merged)).toEqual(['error: A → B → A']);
    expect(merged.findings[0]?.asSeen?.severity).toBe('note');
    expect(formatText(merged)).toContain('  The inputs together make it graver than it is in each.\n');
    expect(merge(merged)).toEqual(merged);
  });

  /** What the rules call the cycle of A and B. */
  function tellFingerprint(merged: Snapshot): string {
    const apart = merge(input('i', [edge('A', 'B')]), input('j', [edge('B', 'A')]));
    expect(merged.findings.length).toBeGreaterThan(0);
    return apart.findings[0]?.fingerprint ?? '';
  }

  test('an input that has it whole has judged it', () => {
    const whole = input('i', [edge('A', 'B'), edge('B', 'A')]);
    expect(tell(merge(whole, input('j', [edge('A', 'B')])))).toEqual([]);
  });

  test('readers, units and exempt classes count as in one process', () => {
    const shared = { fromMode: 'shared', toMode: 'recursive' } as const;
    expect(tell(merge(input('i', [edge('A', 'B', shared)]), input('j', [edge('B', 'A', shared)])))).toEqual(
      [],
    );
    const exempt = input('i', [edge('A', 'B')]);
    exempt.classes = [lockClass('A', { exempt: true }), lockClass('B')];
    const other = input('j', [edge('B', 'A')]);
    expect(tell(merge(exempt, { ...other, classes: exempt.classes }))).toEqual([]);
    expect(tell(merge(exempt, other))).toEqual(['error: A → B → A']);
  });
});

describe('an edge of several inputs', () => {
  function mergeEdge(...versions: Partial<SnapshotEdge>[]): SnapshotEdge | undefined {
    return merge(...versions.map((rest, index) => input(String(index), [edge('A', 'B', rest)]))).edges[0];
  }

  test('adds its counts, and keeps them by input', () => {
    expect(mergeEdge({ count: 3 }, { count: 4 })).toMatchObject({ count: 7, counts: [0, 3, 1, 4] });
  });

  test('has the best evidence and its places', () => {
    const weak = { evidence: 'nested', held: stack('weak.ts:1:1'), requested: stack('weak.ts:2:1') } as const;
    const strong = { held: stack('strong.ts:1:1'), requested: stack('strong.ts:2:1') };
    expect(mergeEdge(weak, strong)).toMatchObject({ ...strong, evidence: 'proven' });
  });

  test('prefers places that were taken over guessed ones', () => {
    const guessed = { held: { ...stack('a.ts:1:1'), approximate: true } };
    expect(mergeEdge(guessed, { held: stack('b.ts:1:1') })?.held).toEqual(stack('b.ts:1:1'));
  });

  test('loses what any of them lacks', () => {
    expect(
      mergeEdge(
        { breakable: true, simultaneous: true, gates: ['G', 'H'] },
        { breakable: true, gates: ['G'] },
      ),
    ).toMatchObject({
      breakable: true,
      simultaneous: false,
      gates: ['G'],
    });
    expect(mergeEdge({ gates: ['G'] }, { sharedGates: ['G'] })).toMatchObject({
      gates: [],
      sharedGates: ['G'],
    });
  });

  test('owes nothing to what is provisional once it is settled', () => {
    const open = { provisional: true, evidence: 'nested' } as const;
    expect(mergeEdge(open, { gates: ['G'], count: 2 })).toMatchObject({
      provisional: false,
      count: 2,
      counts: [1, 2],
      gates: ['G'],
    });
    expect(mergeEdge(open, open)).toMatchObject({ provisional: true, count: 2 });
  });
});

describe('a class of several inputs', () => {
  test('adds its figures, and weighs its means', () => {
    const first = input('i', []);
    first.classes = [lockClass('A', { acquisitions: 3, waitMs: { max: 4, mean: 1 }, site: 'b.ts:1:1' })];
    const second = input('j', []);
    second.classes = [lockClass('A', { acquisitions: 1, waitMs: { max: 9, mean: 5 }, site: 'a.ts:1:1' })];
    const rest = { instances: 1, contentions: 0, holdMs: { max: 0, mean: 0 } };
    expect(merge(first, second).classes).toEqual([
      {
        ...lockClass('A', { instances: 2, acquisitions: 4, waitMs: { max: 9, mean: 2 }, site: 'a.ts:1:1' }),
        perInput: [
          { input: 0, acquisitions: 3, waitMs: { max: 4, mean: 1 }, ...rest },
          { input: 1, acquisitions: 1, waitMs: { max: 9, mean: 5 }, ...rest },
        ],
      },
    ]);
  });
});

describe('a finding of several inputs', () => {
  test('is counted once an input, and is as grave as in the gravest', () => {
    const [note, error] = (['note', 'error'] as const).map((severity, index) =>
      input(
        String(index),
        [],
        [finding('not-held', ['A'], { severity, count: index + 1, stack: stack('a.ts:1:1') })],
      ),
    );
    const merged = merge(note!, error!, note!);
    expect(merged.findings).toEqual([{ ...error!.findings[0], count: 3, counts: [0, 1, 1, 2] }]);
  });

  test('keeps its edges, wherever they stand now', () => {
    const cycle = [edge('X', 'Y'), edge('Y', 'X')];
    const found = finding('circular-dependency', ['X', 'Y', 'X'], { edges: [0, 1], breakableBy: 1 });
    const { edges, findings } = merge(input('i', cycle, [found]), input('j', [edge('A', 'B')]));
    expect(findings[0]?.edges.map((index) => edges[index]?.from)).toEqual(['X', 'Y']);
    expect(edges[findings[0]?.breakableBy ?? 0]?.from).toBe('Y');
  });
});

describe('snapshots of one process', () => {
  test('are one input, and the later one counts', () => {
    const [early, late] = [1, 5].map((count) => input('i', [edge('A', 'B', { count })]));
    expect(merge(early!, late!)).toMatchObject({ inputs: [{ id: 'i' }], edges: [{ count: 5 }] });
  });

  test('that say no input are told apart by what they say', () => {
    const nameless = { ...input('', [edge('A', 'B')]), inputs: [] };
    expect(merge(nameless, nameless).edges[0]?.count).toBe(1);
    expect(merge(nameless, { ...nameless, runtime: 'other' }).edges[0]?.count).toBe(2);
  });
});

test('what runs apart is judged as what runs in one process, whatever the nestings', () => {
  const lock = fc.constantFrom('A', 'B', 'C', 'D', 'E');
  const nesting = fc.uniqueArray(lock, { minLength: 2, maxLength: 3 });
  let cycles = 0;
  fc.assert(
    fc.property(fc.array(nesting, { minLength: 2, maxLength: 5 }), (nestings) => {
      const traces = nestings.map((locks) => nest('T1', ...locks));
      const apart = merge(...traces.map((trace) => replay(trace)));
      const whole = replay(...traces);
      const gravest = ({ findings }: Snapshot): string[] =>
        [...new Set(findings.map(({ severity }) => severity))].sort().slice(0, 1);
      expect(gravest(apart)).toEqual(gravest(whole));
      cycles += whole.findings.length;
    }),
    { numRuns: 500 },
  );
  expect(cycles).toBeGreaterThan(0);
});
