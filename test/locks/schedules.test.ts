/**
 * Random programs on every lock. Scripts are compared step by step with a naive model; flows under a
 * random scheduler only with the rule of who may be inside together, which no model could get wrong.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { scriptOf, wishes } from './model.ts';
import { Stop, allWell, play } from './play.ts';
import { type Ask, type Variant, turn, variants } from './subjects.ts';

interface Step {
  readonly ask: number;
  readonly how: 'acquire' | 'try' | 'run' | 'reject' | 'throw';
  /** Turns of the scheduler between asking twice, and while the lock is held. */
  readonly before: number;
  readonly inside: number;
  /** Somebody gives the wait up at some time, be it too early or too late. */
  readonly isAborted: boolean;
}

const step: fc.Arbitrary<Step> = fc.record({
  ask: fc.nat(5),
  how: fc.constantFrom('acquire', 'try', 'run', 'reject', 'throw'),
  before: fc.nat(2),
  inside: fc.nat(2),
  isAborted: fc.boolean(),
});
const flows = fc.array(fc.array(step, { minLength: 1, maxLength: 4 }), { minLength: 2, maxLength: 4 });

/** Runs the flows on one lock; `inside` is who believes to have it. */
async function runFlows(variant: Variant, s: fc.Scheduler, flows: readonly Step[][]): Promise<void> {
  const { kind } = variant;
  const subject = kind.create(variant.createValidator());
  const inside: Ask[] = [];
  const outcomes = { asked: 0, granted: 0, refused: 0, ended: 0 };

  const pause = async (turns: number): Promise<void> => {
    for (let i = 0; i < turns; i++) await s.schedule(Promise.resolve());
  };
  const enter = (ask: Ask): void => {
    expect(kind.fits(inside, ask), `${ask} beside ${inside.join(', ')}`).toBe(true);
    inside.push(ask);
    outcomes.granted++;
  };
  const leave = (ask: Ask): void => void inside.splice(inside.indexOf(ask), 1);

  const take = async ({ how, inside: turns, ask: n }: Step, signal: AbortSignal): Promise<void> => {
    const ask = kind.asks[n % kind.asks.length]!;
    if (how === 'acquire' || how === 'try') {
      const hold = how === 'try' ? subject.tryAcquire(ask) : await subject.acquire(ask, { signal });
      if (hold === undefined) throw new Stop('busy');
      enter(ask);
      await pause(turns);
      leave(ask);
      hold.release();
      return;
    }
    let isGranted = false;
    const callback = async (): Promise<void> => {
      isGranted = true;
      enter(ask);
      await pause(turns);
      leave(ask);
      if (how === 'reject') throw new Stop('rejected');
    };
    const throwing = (): never => {
      isGranted = true;
      enter(ask);
      leave(ask);
      throw new Stop('threw');
    };
    await subject.run(ask, how === 'throw' ? throwing : callback, { signal }).catch((error: unknown) => {
      if (!isGranted) throw error;
      expect(error).toBeInstanceOf(Stop);
    });
  };

  const flow = async (steps: readonly Step[]): Promise<void> => {
    for (const step of steps) {
      await pause(step.before);
      const controller = new AbortController();
      if (step.isAborted)
        void s.schedule(Promise.resolve()).then(() => controller.abort(new Stop('aborted')));
      outcomes.asked++;
      await take(step, controller.signal).catch((error: unknown) => {
        if (!(error instanceof Stop)) throw error;
        outcomes.refused++;
      });
    }
    outcomes.ended++;
  };

  const all = Promise.all(flows.map(flow));
  await s.waitIdle();
  await turn();
  // A wait that was lost would leave its flow behind, and the promise of all open for ever.
  expect(outcomes.ended, 'flows that came to their end').toBe(flows.length);
  await all;
  expect(outcomes.granted + outcomes.refused).toBe(outcomes.asked);
  expect(subject.tryAcquire(kind.whole), 'the lock at the end').toBeDefined();
}

describe.each(variants.map((variant) => [variant.name, variant] as const))('%s', (_name, variant) => {
  test('does what two lists do, whatever is asked of it', async () => {
    await fc.assert(
      fc.asyncProperty(wishes, async (wishes) => {
        const { script, log, bad } = scriptOf(variant.kind, wishes);
        const outcome = await play(variant.kind, variant.createValidator(), script);
        const expected = { log, bad: variant.isWatched ? bad : 0, ...allWell };
        expect(outcome, script).toEqual(expected);
      }),
      { numRuns: 150 },
    );
  });

  test('lets nobody in beside somebody it should not, and loses nobody, under any schedule', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), flows, (s, flows) => runFlows(variant, s, flows)),
      { numRuns: 60 },
    );
  });
});
