/**
 * Everything that waits, under random schedules, while somebody takes the lock for himself and abandons it:
 * nobody is in beside anybody he should not, nobody is in afterwards, and no wait is lost.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Stop } from './play.ts';
import { type Ask, type Kind, type Variant, turn, variants } from './subjects.ts';

interface Step {
  readonly ask: number;
  readonly how: 'acquire' | 'try' | 'run' | 'throw' | 'look' | 'flush';
  /** Turns of the scheduler before it asks, and while the lock is held. */
  readonly before: number;
  readonly inside: number;
  readonly isAborted: boolean;
}

const step: fc.Arbitrary<Step> = fc.record({
  ask: fc.nat(5),
  how: fc.constantFrom('acquire', 'try', 'run', 'throw', 'look', 'flush'),
  before: fc.nat(2),
  inside: fc.nat(2),
  isAborted: fc.boolean(),
});
const flows = fc.array(fc.array(step, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 4 });

class Run {
  readonly #kind: Kind;
  readonly #scheduler: fc.Scheduler;
  readonly #subject: ReturnType<Kind['create']>;
  /** Who believes to have it. */
  readonly #inside = new Set<{ readonly ask: Ask }>();
  #isAbandoned = false;
  ended = 0;

  constructor({ kind, createValidator }: Variant, scheduler: fc.Scheduler) {
    this.#kind = kind;
    this.#scheduler = scheduler;
    this.#subject = kind.create(createValidator());
  }

  async flow(steps: readonly Step[]): Promise<void> {
    for (const step of steps) {
      await this.#pause(step.before);
      const controller = new AbortController();
      if (step.isAborted) void this.#pause(1).then(() => controller.abort(new Stop('aborted')));
      await this.#take(step, controller.signal).catch((error: unknown) => {
        if (error instanceof Stop) return;
        expect(error).toMatchObject({ code: 'ERR_LOCK_ABANDONED' });
        expect(this.#isAbandoned, 'a wait that ended as abandoned').toBe(true);
      });
    }
    this.ended++;
  }

  async destroy(after: number): Promise<void> {
    await this.#pause(after);
    const hold = await this.#subject.acquire(this.#kind.whole);
    expect(this.#inside.size).toBe(0);
    await this.#pause(1);
    expect(this.#inside.size).toBe(0);
    this.#isAbandoned = true;
    hold.abandon();
    this.ended++;
  }

  async #take({ how, ask: n, inside: turns }: Step, signal: AbortSignal): Promise<void> {
    const { asks, looks } = this.#kind;
    const ask = asks[n % asks.length]!;
    if (how === 'look') await this.#subject.waitForUnlock(looks[n % looks.length]!, { signal });
    else if (how === 'flush') {
      const before = [...this.#inside];
      await this.#subject.waitForQueue!({ signal });
      expect(before.filter((each) => this.#inside.has(each))).toEqual([]);
    } else if (how === 'run' || how === 'throw') {
      await this.#subject.run(
        ask,
        async () => {
          await this.#stay(ask, turns);
          if (how === 'throw') throw new Stop('threw');
        },
        { signal },
      );
    } else {
      const hold =
        how === 'try' ? this.#subject.tryAcquire(ask) : await this.#subject.acquire(ask, { signal });
      if (hold === undefined) return;
      await this.#stay(ask, turns);
      hold.release();
    }
  }

  async #stay(ask: Ask, turns: number): Promise<void> {
    expect(this.#isAbandoned, 'somebody is in that was abandoned').toBe(false);
    const others = [...this.#inside].map(({ ask }) => ask);
    expect(this.#kind.fits(others, ask), `${ask} beside ${others.join(', ')}`).toBe(true);
    const self = { ask };
    this.#inside.add(self);
    await this.#pause(turns);
    this.#inside.delete(self);
  }

  async #pause(turns: number): Promise<void> {
    for (let i = 0; i < turns; i++) await this.#scheduler.schedule(Promise.resolve());
  }
}

const whole = variants.filter(({ kind }) => kind.isForGroups !== true);

describe.each(whole.map((variant) => [variant.name, variant] as const))('%s', (_name, variant) => {
  test('all waits end when the lock is abandoned, under any schedule', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), flows, fc.nat(6), async (s, flows, after) => {
        const run = new Run(variant, s);
        const all = Promise.all([...flows.map((steps) => run.flow(steps)), run.destroy(after)]);
        await s.waitIdle();
        await turn();
        expect(run.ended, 'flows that came to their end').toBe(flows.length + 1);
        await all;
      }),
      { numRuns: 100 },
    );
  });
});
