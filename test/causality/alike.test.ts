/** The quick answer to whether two grants had the same cover, against the one that looks at everything. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isNestedAlike, isSameCover } from '../../src/causality/clock.ts';
import { ClockKey, Grant, nextSeq } from '../../src/causality/grant.ts';

type Fate = 'released after' | 'released before' | 'still open';

interface Cover {
  readonly key: number;
  readonly instance: number;
  readonly coversConcurrent: boolean;
  readonly fate: Fate;
}

const often = { weight: 9, arbitrary: fc.constant<Fate>('released after') };
const seldom = { weight: 1, arbitrary: fc.constantFrom<Fate>('released before', 'still open') };
const cover = fc.record<Cover>({
  key: fc.nat(1),
  instance: fc.nat(1),
  coversConcurrent: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
  fate: fc.oneof(often, seldom),
});
/** The cover of the older grant and that of the newer one, mostly of the same lock. */
const pairs = fc.array(
  fc
    .tuple(cover, cover, fc.integer({ min: 0, max: 9 }))
    .map(([a, b, n]) => [a, n === 0 ? b : { ...b, key: a.key, instance: a.instance }] as const),
  { maxLength: 3 },
);

const keys = [new ClockKey(true), new ClockKey(true)] as const;

/** A grant that is over, asked for under `nest`, the outermost first. */
function grantUnder(nest: readonly Cover[]): Grant {
  const made: Grant[] = [];
  for (const { key, instance, coversConcurrent } of nest) {
    const grant = new Grant(keys[key]!, instance, 1);
    grant.seq = nextSeq();
    grant.coversConcurrent = coversConcurrent;
    grant.under = made.at(-1) ?? null;
    made.push(grant);
  }
  const end = (fate: Fate): void => {
    for (let i = made.length - 1; i >= 0; i--) if (nest[i]!.fate === fate) made[i]!.endSeq = nextSeq();
  };
  const grant = new Grant(keys[0], 9, 1);
  grant.under = made.at(-1) ?? null;
  end('released before');
  grant.seq = nextSeq();
  grant.endSeq = nextSeq();
  end('released after');
  return grant;
}

test('it says yes only where nothing differs, and then no gate is lost', () => {
  let alike = 0;
  fc.assert(
    fc.property(pairs, fc.boolean(), fc.boolean(), (nest, isUngated, hasOneLess) => {
      const older = grantUnder(nest.map(([a]) => a));
      older.isUngated = isUngated;
      const newer = grantUnder(nest.map(([, b]) => b).slice(hasOneLess ? 1 : 0));
      if (!isNestedAlike(newer, older)) return;
      alike++;
      expect([isSameCover(newer, older), newer.isUngated]).toEqual([true, false]);
      expect(isNestedAlike(newer, older), 'asked again').toBe(true);
    }),
    { numRuns: 5000 },
  );
  expect(alike).toBeGreaterThan(0);
});
