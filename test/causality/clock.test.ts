/** Clocks against a naive oracle: whole maps from key to the newest grant, and sets of what is open. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Clock, append, forEachNewer, join, joinNewer } from '../../src/causality/clock.ts';
import { ClockKey, Grant, nextSeq, skipClosed } from '../../src/causality/grant.ts';

interface Both {
  readonly clock: Clock;
  /** The newest grant of each key behind it. */
  readonly newest: ReadonlyMap<ClockKey, Grant>;
  /** Everything that was ever granted behind it. */
  readonly behind: ReadonlySet<Grant>;
}

const START: Both = { clock: null, newest: new Map(), behind: new Set() };

function joinNaive(a: ReadonlyMap<ClockKey, Grant>, b: ReadonlyMap<ClockKey, Grant>): Map<ClockKey, Grant> {
  const joined = new Map(a);
  for (const [key, grant] of b) if ((joined.get(key)?.seq ?? 0) < grant.seq) joined.set(key, grant);
  return joined;
}

function newerNaive(
  a: ReadonlyMap<ClockKey, Grant>,
  since: ReadonlyMap<ClockKey, Grant>,
): Map<ClockKey, Grant> {
  return new Map([...a].filter(([key, grant]) => grant.seq > (since.get(key)?.seq ?? 0)));
}

/** The newest grant of each key that `forEachNewer` visits. */
function visited(clock: Clock, since: Clock): Map<ClockKey, Grant> {
  const newest = new Map<ClockKey, Grant>();
  forEachNewer(clock, since, {
    visit: (grant) => void (newest.has(grant.key) || newest.set(grant.key, grant)),
  });
  return newest;
}

function opensOf({ clock }: Both): Grant[] {
  const opens: Grant[] = [];
  for (let cell = clock === null ? null : skipClosed(clock.opens); cell !== null; cell = cell.under) {
    if (cell.grant.isOpen) opens.push(cell.grant);
  }
  return opens;
}

function check(both: Both): void {
  expect(visited(both.clock, null)).toEqual(both.newest);
  expect(new Set(opensOf(both))).toEqual(new Set([...both.behind].filter((grant) => grant.isOpen)));
  let length = 0;
  for (let entry = both.clock; entry !== null; entry = entry.prev) {
    length++;
    if (entry.prev !== null) expect(entry.grant.seq).toBeGreaterThan(entry.prev.grant.seq);
  }
  // Bounded by the keys and what is open, and the room for more.
  expect(length).toBeLessThanOrEqual(2 * (both.newest.size + opensOf(both).length) + 2 * 128 + 8);
}

type Step =
  | { readonly op: 'grant'; readonly key: number; readonly of: number; readonly isWait: boolean }
  | { readonly op: 'loop'; readonly key: number; readonly of: number; readonly times: number }
  | { readonly op: 'close'; readonly which: number }
  | { readonly op: 'join'; readonly a: number; readonly b: number }
  | { readonly op: 'joinNewer'; readonly a: number; readonly b: number; readonly c: number };

const index = fc.nat({ max: 1000 });
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        op: fc.constant('grant'),
        key: index,
        of: index,
        isWait: fc.boolean(),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        op: fc.constant('loop'),
        key: index,
        of: index,
        times: fc.nat({ max: 300 }),
      }),
    },
    { weight: 4, arbitrary: fc.record({ op: fc.constant('close'), which: index }) },
    {
      weight: 2,
      arbitrary: fc.record({ op: fc.constant('join'), a: index, b: index }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        op: fc.constant('joinNewer'),
        a: index,
        b: index,
        c: index,
      }),
    },
  ),
  { maxLength: 40, size: 'max' },
);

/** All clocks that came up; a step picks from them. */
class World {
  readonly clocks: Both[] = [START];
  readonly #keys = Array.from({ length: 4 }, () => new ClockKey(true));
  readonly #open: Grant[] = [];

  do(step: Step): void {
    switch (step.op) {
      case 'grant':
        this.clocks.push(this.#grant(this.#pick(step.of), step.key, step.isWait));
        return;
      case 'loop': {
        let both = this.#pick(step.of);
        for (let i = 0; i < step.times; i++) {
          both = this.#grant(both, step.key + (i % 3), false);
          this.#close(this.#open.length - 1);
        }
        this.clocks.push(both);
        return;
      }
      case 'close':
        if (this.#open.length > 0) this.#close(step.which % this.#open.length);
        return;
      case 'join': {
        const [a, b] = [this.#pick(step.a), this.#pick(step.b)];
        this.clocks.push({
          clock: join(a.clock, b.clock),
          newest: joinNaive(a.newest, b.newest),
          behind: new Set([...a.behind, ...b.behind]),
        });
        return;
      }
      case 'joinNewer':
        this.#joinNewer(this.#pick(step.a), this.#pick(step.b), this.#pick(step.c));
    }
  }

  #pick(at: number): Both {
    return this.clocks[at % this.clocks.length]!;
  }

  #grant({ clock, newest, behind }: Both, key: number, isWait: boolean): Both {
    const grant = new Grant(this.#keys[key % this.#keys.length]!, 1, 1);
    grant.under = clock === null ? null : skipClosed(clock.opens);
    grant.seq = nextSeq();
    if (isWait) grant.endSeq = grant.seq;
    else this.#open.push(grant);
    return {
      clock: append(clock, grant),
      newest: new Map(newest).set(grant.key, grant),
      behind: new Set([...behind, grant]),
    };
  }

  #close(at: number): void {
    const [grant] = this.#open.splice(at, 1);
    grant!.endSeq = nextSeq();
    grant!.under = skipClosed(grant!.under);
  }

  #joinNewer(base: Both, settled: Both, creation: Both): void {
    const newer = newerNaive(settled.newest, creation.newest);
    const clock = joinNewer(base.clock, settled.clock, creation.clock);
    expect(visited(settled.clock, creation.clock)).toEqual(newer);
    const newest = joinNaive(base.newest, newer);
    expect(visited(clock, null)).toEqual(newest);
    // What is open behind it: at least what is newest and open, at most what either side had.
    const opens = new Set(opensOf({ clock, newest, behind: new Set() }));
    for (const grant of [...base.behind, ...newer.values()])
      if (grant.isOpen) expect(opens.has(grant)).toBe(true);
    for (const grant of opens) expect(base.behind.has(grant) || settled.behind.has(grant)).toBe(true);
    this.clocks.push({ clock, newest, behind: new Set([...base.behind, ...opens]) });
  }
}

test('clocks say what whole maps would say, and stay as short', () => {
  fc.assert(
    fc.property(steps, (program) => {
      const world = new World();
      for (const step of program) {
        world.do(step);
        for (const both of world.clocks.slice(-3)) check(both);
      }
      for (const both of world.clocks) check(both);
    }),
    { numRuns: Number(process.env['LOCKDEP_RUNS'] ?? 100) },
  );
}, 60_000);
