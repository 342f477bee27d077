/** Merging is associative, commutative and idempotent per input: down to the bytes that are saved. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SnapshotMerger } from '../../src/merge/merger.ts';
import { formatJson } from '../../src/report/json.ts';
import type {
  Snapshot,
  SnapshotClass,
  SnapshotEdge,
  SnapshotFinding,
} from '../../src/validator/snapshot-format.ts';
import { edge, finding, lockClass, snapshot, stack } from '../report/snapshots.ts';

function merge(...snapshots: readonly Snapshot[]): Snapshot {
  const merger = new SnapshotMerger();
  for (const each of snapshots) merger.add(each);
  // Read back from what is written, as the command does.
  return JSON.parse(formatJson(merger.snapshot())) as Snapshot;
}

/** Few, so that inputs have much in common. */
const names = fc.constantFrom('A', 'B', '__proto__');
const count = fc.integer({ min: 0, max: 5 });
const times = fc.record(
  {
    // Equal ones now and then, so that only places and percentiles differ.
    max: fc.oneof(fc.constant(1), fc.double({ min: 0, max: 9, noNaN: true })),
    mean: fc.oneof(fc.constant(1), fc.double({ min: 0, max: 9, noNaN: true })),
    count,
    p50: count,
    p99: count,
    at: fc.constantFrom('a.ts:1:1', 'b.ts:1:1'),
  },
  { requiredKeys: ['max', 'mean'] },
);
const place = fc
  .tuple(
    fc.constantFrom('a.ts', 'b.ts'),
    fc.integer({ min: 1, max: 2 }),
    fc.constantFrom('', ' | a();', ' | b();'),
  )
  .map(([file, line, source]) => stack(`${file}:${line}:1${source}`));
const gates = fc.uniqueArray(fc.constantFrom('G', 'H#1', 'H#2'), { maxLength: 2 });

const anyClass: fc.Arbitrary<SnapshotClass> = fc
  .tuple(
    names,
    fc.constantFrom(
      {},
      {},
      { kind: 'semaphore', permits: 2 },
      { kind: 'rcu', unlimited: true, serial: true, fair: true },
    ),
    fc.record(
      {
        acquisitions: count,
        contentions: count,
        waitMs: times,
        holdMs: times,
        fair: fc.constant(true),
        site: fc.constantFrom('a', 'b'),
      },
      { requiredKeys: [] },
    ),
  )
  .map(([name, kind, rest]) => lockClass(name, { ...kind, ...rest }));

const anyEdge: fc.Arbitrary<SnapshotEdge> = fc
  .tuple(
    names,
    names,
    fc.record(
      {
        kind: fc.constantFrom('order', 'order', 'wait', 'handoff', 'custody'),
        fromMode: fc.constantFrom('exclusive', 'shared'),
        evidence: fc.constantFrom('proven', 'signalled', 'nested'),
        breakable: fc.boolean(),
        simultaneous: fc.boolean(),
        provisional: fc.boolean(),
        count: fc.integer({ min: 1, max: 5 }),
        gates,
        sharedGates: fc.constant(['S']),
        custodians: fc.uniqueArray(names, { minLength: 1, maxLength: 2 }),
        outsideCustody: fc.constant(true),
        sameInstance: fc.constant(true),
        held: place,
        requested: place,
      },
      { requiredKeys: [] },
    ),
    fc.integer({ min: 0, max: 9 }),
  )
  .map(([from, to, rest, declared]) => {
    const made = edge(from, to, rest as object);
    if (declared > 0 || made.kind !== 'order' || made.fromMode === 'shared') return made;
    return { ...made, declared: true, provisional: false, breakable: false, evidence: 'proven', gates: [] };
  });

function uniqueBy<T>(items: readonly T[], key: (item: T) => string): T[] {
  return [...new Map(items.map((item) => [key(item), item])).values()];
}

/** What the rules make of A and B, so that inputs have by themselves what they have together too. */
const [JOINT] = merge(
  snapshot({ inputs: [{ id: 'i', runs: 1 }], edges: [edge('A', 'B')] }),
  snapshot({ inputs: [{ id: 'j', runs: 1 }], edges: [edge('B', 'A')] }),
).findings;

/** What an input found by itself: at some of its edges, or at none. */
function anyFinding(edges: readonly SnapshotEdge[]): fc.Arbitrary<SnapshotFinding> {
  return fc
    .tuple(
      fc.constantFrom('error', 'warning', 'note'),
      fc.constantFrom('certain', 'potential'),
      count,
      fc.integer({ min: -1, max: edges.length - 1 }),
      names,
    )
    .map(([severity, certainty, found, index, name]) =>
      index < 0
        ? finding('not-held', [name], { severity, certainty, count: found, stack: stack('a.ts:1:1') })
        : finding('circular-dependency', ['A', 'B', 'A'], {
            severity,
            certainty,
            edges: [index],
            breakableBy: index,
            fingerprint: JOINT?.fingerprint ?? '',
          }),
    );
}

/** A snapshot as a validator leaves it, of an input of this id. */
function anySnapshot(ids: fc.Arbitrary<string>): fc.Arbitrary<Snapshot> {
  return fc
    .tuple(
      ids,
      fc.array(anyClass, { maxLength: 6 }),
      fc.array(anyEdge, { maxLength: 9 }),
      fc.constantFrom('20', '22'),
    )
    .chain(([id, classes, all, version]) => {
      const edges = uniqueBy(all, ({ from, to, kind, fromMode }) => [from, to, kind, fromMode].join());
      return fc.array(anyFinding(edges), { maxLength: 3 }).map((findings) =>
        snapshot({
          runtime: `node/${version}.0.0`,
          inputs: [{ id, runs: 1 }],
          classes: uniqueBy(classes, ({ name, kind }) => name + kind),
          edges,
          findings: uniqueBy(findings, ({ fingerprint }) => fingerprint),
        }),
      );
    });
}

// Few ids: the same input comes again with other figures, as when a process saves twice.
const inputs = anySnapshot(fc.constantFrom('i', 'j', 'k', 'l'));

describe('merging', () => {
  test('is tried on findings that change', () => {
    const isChanged = ({ findings }: Snapshot): boolean =>
      findings.some(({ asSeen }) => asSeen !== undefined);
    const samples = fc.sample(fc.tuple(inputs, inputs, inputs), 500);
    expect(samples.filter((all) => isChanged(merge(...all))).length).toBeGreaterThan(0);
  });

  test('is associative', () => {
    fc.assert(
      fc.property(inputs, inputs, inputs, (a, b, c) => {
        expect(merge(merge(a, b), c)).toEqual(merge(a, merge(b, c)));
        expect(merge(merge(a, b), c)).toEqual(merge(a, b, c));
      }),
      { numRuns: 150 },
    );
  });

  test('is commutative', () => {
    fc.assert(
      fc.property(fc.array(inputs, { minLength: 2, maxLength: 5 }), (all) => {
        expect(merge(...all.toReversed())).toEqual(merge(...all));
      }),
      { numRuns: 150 },
    );
  });

  test('of an input with itself changes nothing', () => {
    fc.assert(
      fc.property(inputs, inputs, (a, b) => {
        expect(merge(a, a)).toEqual(merge(a));
        expect(merge(merge(a))).toEqual(merge(a));
        expect(merge(merge(a, b), b, a, merge(a, b))).toEqual(merge(a, b));
      }),
      { numRuns: 150 },
    );
  });

  test('gives the same bytes in whatever order', () => {
    fc.assert(
      fc.property(inputs, inputs, inputs, (a, b, c) => {
        expect(formatJson(merge(c, merge(b, a)))).toBe(formatJson(merge(a, b, c)));
      }),
    );
  });
});
