/** Clocks against a naive oracle: sets of everything that lies behind. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Clock, append, forEachNewer, join, joinNewer, withRoom } from '../../src/causality/clock.ts';
import { ClockKey, Grant, nextSeq, skipClosed } from '../../src/causality/grant.ts';

interface Both {
  readonly clock: Clock;
  /** Everything that was granted behind it, as far as the rule of joining says. */
  readonly all: ReadonlySet<Grant>;
  /** The same, and whatever came along. */
  readonly behind: ReadonlySet<Grant>;
}

const START: Both = { clock: null, all: new Set(), behind: new Set() };

/** What lay behind the request of each grant. */
const behindRequest = new WeakMap<Grant, ReadonlySet<Grant>>();

/**
 * Whether `grant` lies behind, or a newer one of its key that speaks for it: one that is over, or one that
 * is open and had `grant` behind its request.
 */
function knows(all: ReadonlySet<Grant>, grant: Grant): boolean {
  if (all.has(grant)) return true;
  for (const newer of all) {
    if (newer.key !== grant.key || newer.seq <= grant.seq) continue;
    if (!newer.isOpen || knows(behindRequest.get(newer)!, grant)) return true;
  }
  return false;
}

function newerNaive(all: ReadonlySet<Grant>, since: ReadonlySet<Grant>): Set<Grant> {
  return new Set([...all].filter((grant) => !knows(since, grant)));
}

/** What `forEachNewer` visits must be newer, or something that a newer one speaks for, and must speak for all that is. */
function checkVisits(clock: Clock, all: ReadonlySet<Grant>, since: Both): void {
  const visits = new Set<Grant>();
  forEachNewer(clock, since.clock, { visit: (grant) => void visits.add(grant) });
  const newer = newerNaive(all, since.all);
  for (const grant of visits) expect(knows(newer, grant)).toBe(true);
  for (const grant of newer) expect(knows(visits, grant)).toBe(true);
}

function opensOf({ clock }: Pick<Both, 'clock'>): Grant[] {
  const opens: Grant[] = [];
  for (let cell = clock === null ? null : skipClosed(clock.opens); cell !== null; cell = cell.under) {
    if (cell.grant.isOpen) opens.push(cell.grant);
  }
  return opens;
}

function check(both: Both): void {
  checkVisits(both.clock, both.all, START);
  expect(new Set(opensOf(both))).toEqual(new Set([...both.behind].filter((grant) => grant.isOpen)));
  let length = 0;
  for (let entry = both.clock; entry !== null; entry = entry.prev) {
    length++;
    if (entry.prev !== null) expect(entry.grant.seq).toBeGreaterThan(entry.prev.grant.seq);
  }
  const keys = new Set([...both.all].map((grant) => grant.key)).size;
  // Bounded by the keys and what is open, and the room for more.
  expect(length).toBeLessThanOrEqual(2 * (keys + opensOf(both).length) + 2 * 128 + 8);
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
          all: new Set([...a.all, ...b.all]),
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

  #grant({ clock, all, behind }: Both, key: number, isWait: boolean): Both {
    const grant = new Grant(this.#keys[key % this.#keys.length]!, 1, 1);
    grant.clock = clock;
    behindRequest.set(grant, all);
    grant.under = clock === null ? null : skipClosed(clock.opens);
    grant.seq = nextSeq();
    if (isWait) {
      grant.endSeq = grant.seq;
      grant.clock = null;
    }
    if (grant.isOpen) this.#open.push(grant);
    return {
      clock: append(clock, grant),
      all: new Set([...all, grant]),
      behind: new Set([...behind, grant]),
    };
  }

  #close(at: number): void {
    const [grant] = this.#open.splice(at, 1);
    grant!.endSeq = nextSeq();
    grant!.clock = null;
    grant!.under = skipClosed(grant!.under);
  }

  #joinNewer(base: Both, settled: Both, creation: Both): void {
    checkVisits(settled.clock, settled.all, creation);
    const newer = newerNaive(settled.all, creation.all);
    const clock = joinNewer(base.clock, settled.clock, creation.clock);
    const all = new Set([...base.all, ...newer]);
    checkVisits(clock, all, START);
    // What is open behind it: at least what is newest and open, at most what either side had.
    const opens = new Set(opensOf({ clock }));
    for (const grant of [...base.behind, ...newer]) if (grant.isOpen) expect(opens.has(grant)).toBe(true);
    for (const grant of opens) expect(base.behind.has(grant) || settled.behind.has(grant)).toBe(true);
    this.clocks.push({ clock, all, behind: new Set([...base.behind, ...opens]) });
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

/** A clock of grants that are over, of two keys by turns, so that none takes the place of another. */
function createClock(length: number): Clock {
  const keys = [new ClockKey(true), new ClockKey(true)];
  let clock: Clock = null;
  for (let i = 0; i < length; i++) {
    const grant = new Grant(keys[i % 2]!, 0, 1);
    grant.seq = nextSeq();
    clock = append(clock, grant);
    grant.endSeq = nextSeq();
  }
  return clock;
}

test('a clock covers itself as it comes through a race', () => {
  const clock = createClock(10);
  const raced = joinNewer(null, clock, null, (grant) => grant.asBreakable());
  expect(raced!.grant.isBreakable).toBe(true);
  expect(join(clock, raced)).toBe(clock);
  expect(join(raced, clock)!.grant.isBreakable).toBe(false);
});

test('a clock that is given room says what it said', () => {
  const clock = createClock(120)!;
  const roomy = withRoom(clock);
  expect(clock.room).toBeLessThan(20);
  expect(roomy.room).toBeGreaterThan(100);
  const newest = [clock.grant, clock.prev!.grant];
  const visited: Grant[] = [];
  forEachNewer(roomy, null, { visit: (grant) => void visited.push(grant) });
  expect(visited).toEqual(newest);
  expect(withRoom(roomy)).toBe(roomy);
});
