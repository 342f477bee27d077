/** The one change that a report suggests must be one that can be made. */
import { describe, expect, test } from 'vitest';
import { formatFinding } from '../../src/report/finding-text.ts';
import type { Snapshot, SnapshotParticipant } from '../../src/validator/snapshot-format.ts';
import { edge, finding, lockClass, snapshot, stack } from './snapshots.ts';

function fixOf(given: Partial<Snapshot>): string | undefined {
  const whole = snapshot(given);
  const text = formatFinding(whole.findings[0]!, whole, { width: 200 });
  return /Fix: (?<fix>.*)/u.exec(text)?.groups?.['fix'];
}

const held = stack('src/a.ts:3:9');
const asked = stack('src/a.ts:5:9');

describe('whoever waits for what it has itself, and would take nothing', () => {
  const wait: SnapshotParticipant = {
    holds: 'A',
    holdsMode: 'shared',
    heldSince: held,
    waitsFor: 'A',
    waitsMode: 'exclusive',
    waitsSince: asked,
    isWait: true,
  };

  test.each(['mutex', 'rwlock', 'rcu'])('is to release a %s before', (kind) => {
    const classes = [lockClass('A', { kind })];
    const edges = [edge('A', 'A', { kind: 'wait', fromMode: 'shared', held, requested: asked })];
    const found = finding('recursive-acquisition', ['A', 'A'], { edges: [0], flows: 1 });
    const fix = 'release "A" taken at src/a.ts:3 before waiting for it at src/a.ts:5.';
    expect(fixOf({ classes, edges, findings: [found] })).toBe(fix);

    const live = finding('live-deadlock', ['A', 'A'], { flows: 1, participants: [wait] });
    expect(fixOf({ classes, findings: [live] })).toBe(fix);
  });

  test('is to release the first of two locks of a class before', () => {
    const edges = [edge('A', 'A', { kind: 'wait', held, requested: asked })];
    const found = finding('recursive-acquisition', ['A', 'A'], { edges: [0], flows: 2 });
    expect(fixOf({ classes: [lockClass('A')], edges, findings: [found] })).toBe(
      'release the first lock of "A" taken at src/a.ts:3 before waiting for another at src/a.ts:5, or give the two different names.',
    );
  });

  test('is not to wait for a queue of several places in a job of its own', () => {
    const classes = [lockClass('A', { kind: 'executor', permits: 4 })];
    const live = finding('live-deadlock', ['A', 'A'], { flows: 1, participants: [wait] });
    expect(fixOf({ classes, findings: [live] })).toBe(
      'do not wait for "A" in a job of its own at src/a.ts:5; let whoever added that job wait.',
    );
  });
});

test('whoever writes a member of a family is not told to release the family', () => {
  const classes = [lockClass('rows', { kind: 'rwlock' }), lockClass('rows.member', { kind: 'rwlock' })];
  const edges = [
    edge('rows', 'rows.member', { kind: 'wait' }),
    edge('rows.member', 'rows', { fromMode: 'shared', held, requested: asked }),
  ];
  const found = finding('circular-dependency', ['rows', 'rows.member', 'rows'], { edges: [0, 1], flows: 2 });
  const fix = 'take "rows" first in src/a.ts:3, and keep to that order everywhere.';
  expect(fixOf({ classes, edges, findings: [found] })).toBe(fix);

  const participants: SnapshotParticipant[] = [
    { holds: 'rows#1', waitsFor: 'rows.member#7', isWait: true, heldSince: asked, waitsSince: asked },
    { holds: 'rows.member#7', holdsMode: 'shared', waitsFor: 'rows#1', heldSince: held, waitsSince: asked },
  ];
  const live = finding('live-deadlock', ['rows', 'rows.member', 'rows'], { flows: 2, participants });
  expect(fixOf({ classes, findings: [live] })).toBe(
    'take "rows#1" first in src/a.ts:3, and keep to that order everywhere.',
  );
});
