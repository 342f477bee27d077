import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type * as Library from 'effect';
import { describe, expect, it } from 'vitest';
import { adapter } from '../../src/adapters/effect.ts';
import { unwatchLibrary, watchLibrary } from '../../src/adapters/shared/watching.ts';
import { Validator } from '../../src/index.ts';
import { hideFrames } from '../../src/validator/stack-trace.ts';
import { type Scenario, importCopy, packageFolder, play } from './copies.ts';
import { membersOf } from './members.ts';
import { type ProgramCase, checkProgram } from './programs.ts';

type Effects = typeof Library;

/** Version 3, as far as it has other names. */
interface Effects3 {
  readonly Effect: {
    readonly makeSemaphore: Effects['Semaphore']['make'];
    readonly unsafeMakeSemaphore: Effects['Semaphore']['makeUnsafe'];
    readonly fork: Effects['Effect']['forkChild'];
    readonly yieldNow: () => Effects['Effect']['yieldNow'];
  };
}

const { resolve } = createRequire(import.meta.url);

/** Its modules are there once; only what gathers them is copied. */
async function load(name: string): Promise<Effects> {
  const file = resolve(name);
  hideFrames(packageFolder(file));
  return (await importCopy(file)) as unknown as Effects;
}

type RunnableEffect = Library.Effect.Effect<unknown>;

/** A scheduler asks before each step of a fiber whether it is the turn of others. */
interface Steps {
  shouldYield(fiber: { interruptUnsafe?(): void; unsafeInterruptAsFork?(by: object): void }): unknown;
}

/** In the first versions `yield*` wants a function around each effect, which the programs here do without. */
function makeIterable({ Effect }: Effects): void {
  for (const effect of [Effect.succeed(0), Effect.fail(0), Effect.sync(() => 0)]) {
    const prototype = Object.getPrototypeOf(effect) as object;
    if (Symbol.iterator in prototype) continue;
    Object.defineProperty(prototype, Symbol.iterator, {
      *value(this: object): Generator<unknown, unknown> {
        return yield { value: this };
      },
    });
  }
}

const copies: [version: string, copy: Effects][] = [
  ['3.0', await load('effect-3.0')],
  ['3, highest', await load('effect-3')],
  ['4.0', await load('effect-4.0')],
  ['4, highest', await load('effect')],
];

makeIterable(copies[0]![1]);

/** Any version, by the names that version 4 has. */
function inNamesOf4(library: Effects): Effects {
  if ('Semaphore' in library) return library;
  const { Effect } = library as Effects3;
  return {
    ...(library as Effects),
    Effect: { ...Effect, forkChild: Effect.fork, yieldNow: Effect.yieldNow() },
    Semaphore: { make: Effect.makeSemaphore, makeUnsafe: Effect.unsafeMakeSemaphore },
  } as unknown as Effects;
}

const watch = (copy: Effects, validator: Validator): Effects =>
  inNamesOf4(watchLibrary(adapter, copy, { validator }));

/** The first versions do not have all that a semaphore has now. */
const has = (copy: Effects, name: 'resize' | 'takeIfAvailable' | 'withPermit' | 'withPermitsIfAvailable') =>
  name in inNamesOf4(copy).Semaphore.makeUnsafe(1);

type Needs = 'resize' | 'takeIfAvailable' | 'withPermit' | 'withPermitsIfAvailable' | undefined;

const scenarios: [name: string, Scenario<Effects>, needs?: Needs][] = [
  [
    'permits, in order, and counts',
    async ({ Effect, Semaphore }, tell) => {
      const semaphore = Semaphore.makeUnsafe(2);
      const say = (line: string) => Effect.sync(() => tell(line));
      const use = (name: string, permits: number) =>
        Effect.gen(function* () {
          yield* say(`${name} has ${yield* semaphore.take(permits)}`);
          yield* Effect.yieldNow;
          yield* say(`${name} leaves ${yield* semaphore.release(permits)}`);
        });
      await Effect.runPromise(
        Effect.all([use('a', 1), use('b', 2), use('c', 1), use('d', 1)], { concurrency: 'unbounded' }),
      );
      tell(String(await Effect.runPromise(semaphore.take(2))));
      tell(String(await Effect.runPromise(semaphore.releaseAll)));
    },
  ],
  [
    'effects under permits: values, errors, defects, interruption',
    async ({ Effect, Semaphore }, tell) => {
      const semaphore = await Effect.runPromise(Semaphore.make(1));
      tell(String(await Effect.runPromise(semaphore.withPermits(1)(Effect.succeed(7)))));
      for (const effect of [Effect.fail('no'), Effect.die(new Error('dead')), Effect.interrupt])
        tell(JSON.stringify((await Effect.runPromiseExit(semaphore.withPermits(1)(effect)))._tag));
      tell(String(await Effect.runPromise(semaphore.take(1))));
      const exit = await Effect.runPromiseExit(
        semaphore.withPermits(1)(Effect.succeed(1)).pipe(Effect.timeout('5 millis')),
      );
      tell(exit._tag);
      tell(String(await Effect.runPromise(semaphore.release(1))));
    },
  ],
  [
    'a fiber that is interrupted while it waits, and one that was overtaken',
    async ({ Effect, Fiber, Semaphore }, tell) => {
      const semaphore = Semaphore.makeUnsafe(2);
      await Effect.runPromise(semaphore.take(2));
      const waiting = Effect.runFork(semaphore.withPermits(2)(Effect.sync(() => tell('two'))));
      const second = Effect.runFork(semaphore.withPermits(1)(Effect.sync(() => tell('one'))));
      const given = Effect.runFork(semaphore.withPermits(1)(Effect.sync(() => tell('never'))));
      tell((await Effect.runPromise(Effect.exit(Fiber.interrupt(given))))._tag);
      await Effect.runPromise(semaphore.release(1));
      await Effect.runPromise(Fiber.join(second));
      await Effect.runPromise(semaphore.release(1));
      await Effect.runPromise(Fiber.join(waiting));
      tell(String(await Effect.runPromise(semaphore.releaseAll)));
    },
  ],
  [
    'an effect that runs several times',
    async ({ Effect, Semaphore }, tell) => {
      const semaphore = Semaphore.makeUnsafe(1);
      let runs = 0;
      const effect = semaphore.withPermits(1)(
        Effect.suspend(() => (++runs < 3 ? Effect.fail(runs) : Effect.succeed(runs))),
      );
      tell(String(await Effect.runPromise(effect.pipe(Effect.retry({ times: 5 })))));
      tell(String(await Effect.runPromise(effect)));
    },
  ],
  [
    'another number of permits',
    async ({ Effect, Fiber, Semaphore }, tell) => {
      const semaphore = Semaphore.makeUnsafe(1);
      await Effect.runPromise(semaphore.take(1));
      const waiting = Effect.runFork(semaphore.take(1));
      await Effect.runPromise(semaphore.resize(3));
      tell(String(await Effect.runPromise(Fiber.join(waiting))));
      tell(String(await Effect.runPromise(semaphore.release(2))));
      await Effect.runPromise(semaphore.withPermits(3)(Effect.void));
    },
    'resize',
  ],
  [
    'effects that run if permits are there',
    async ({ Effect, Semaphore }, tell) => {
      const semaphore = Semaphore.makeUnsafe(1);
      const nine = semaphore.withPermitsIfAvailable(1)(Effect.succeed(9));
      tell(JSON.stringify(await Effect.runPromise(nine)));
      tell(String(await Effect.runPromise(semaphore.take(1))));
      tell(JSON.stringify(await Effect.runPromise(nine)));
      tell(String(await Effect.runPromise(semaphore.release(1))));
      tell(JSON.stringify(await Effect.runPromise(nine)));
    },
    'withPermitsIfAvailable',
  ],
  [
    'what only version 4 has',
    async ({ Effect, Semaphore }, tell) => {
      const semaphore = Semaphore.makeUnsafe(1);
      tell(String(await Effect.runPromise(semaphore.withPermit(Effect.succeed(8)))));
      tell(String(await Effect.runPromise(semaphore.takeIfAvailable(1))));
      tell(String(await Effect.runPromise(semaphore.takeIfAvailable(1))));
      tell(String(await Effect.runPromise(semaphore.release(1))));
      await Effect.runPromise(Effect.scoped(semaphore.takeScoped(1)));
      tell(String(await Effect.runPromise(semaphore.takeIfAvailable(1))));
    },
    'takeIfAvailable',
  ],
];

const programs: ProgramCase<Effects>[] = [
  [
    'two semaphores in both orders, by two fibers, one after the other',
    ({ library: { Effect, Semaphore } }) => {
      const [a, b] = [Semaphore.makeUnsafe(1), Semaphore.makeUnsafe(1)];
      return Effect.runPromise(
        Effect.all([
          a.withPermits(1)(b.withPermits(1)(Effect.void)),
          b.withPermits(1)(a.withPermits(1)(Effect.void)),
        ]),
      );
    },
    ['potential error circular-dependency'],
  ],
  [
    'two semaphores in one order, by two fibers beside each other',
    ({ library: { Effect, Semaphore } }) => {
      const [a, b] = [Semaphore.makeUnsafe(1), Semaphore.makeUnsafe(1)];
      const both = a.withPermits(1)(b.withPermits(1)(Effect.yieldNow));
      return Effect.runPromise(Effect.all([both, both], { concurrency: 'unbounded' }));
    },
    [],
  ],
  [
    'two semaphores in both orders, taken and given back, made by effects',
    ({ library: { Effect, Semaphore } }) =>
      Effect.runPromise(
        Effect.gen(function* () {
          const a = yield* Semaphore.make(1);
          const b = yield* Semaphore.make(1);
          yield* a.take(1);
          yield* b.take(1);
          yield* Effect.yieldNow;
          yield* b.release(1);
          yield* a.release(1);
          yield* b.take(1);
          yield* Effect.sleep('1 millis');
          yield* a.take(1);
          yield* a.release(1);
          yield* b.release(1);
        }),
      ),
    ['potential error circular-dependency'],
  ],
  [
    'a semaphore within itself',
    ({ library: { Effect, Semaphore } }) => {
      const semaphore = Semaphore.makeUnsafe(2);
      return Effect.runPromise(semaphore.withPermits(1)(semaphore.withPermits(1)(Effect.void)));
    },
    ['potential error nested-capacity'],
  ],
  [
    'a semaphore within itself, when it hangs',
    ({ library: { Effect, Semaphore } }) => {
      const semaphore = Semaphore.makeUnsafe(1);
      Effect.runPromise(semaphore.withPermits(1)(semaphore.withPermits(1)(Effect.void)));
    },
    ['certain error nested-capacity'],
    'hang',
  ],
  [
    'a semaphore that is asked for again when it was given back',
    ({ library: { Effect, Semaphore } }) => {
      const semaphore = Semaphore.makeUnsafe(2);
      const once = semaphore.withPermits(1)(Effect.yieldNow);
      return Effect.runPromise(Effect.flatMap(once, () => once));
    },
    [],
  ],
  [
    'permits taken bit by bit',
    ({ library: { Effect, Semaphore } }) => {
      const semaphore = Semaphore.makeUnsafe(4);
      return Effect.runPromise(semaphore.withPermits(3)(semaphore.withPermits(1)(Effect.void)));
    },
    ['potential error nested-capacity'],
  ],
  [
    'permits taken at once',
    ({ library: { Effect, Semaphore } }) => {
      const semaphore = Semaphore.makeUnsafe(4);
      return Effect.runPromise(semaphore.withPermits(4)(Effect.void));
    },
    [],
  ],
  [
    'more permits than there are',
    ({ library: { Effect, Semaphore } }) => {
      Effect.runFork(Semaphore.makeUnsafe(1).take(2));
    },
    ['certain error unsatisfiable-request'],
    'hang',
  ],
  [
    'fibers beside each other that take one permit each, more than there are',
    ({ library: { Effect, Semaphore }, lock }) => {
      const semaphore = Semaphore.makeUnsafe(2);
      const one = semaphore.withPermits(1)(Effect.promise(() => lock('row').run(() => {})));
      return Effect.runPromise(Effect.all([one, one, one, one, one], { concurrency: 'unbounded' }));
    },
    [],
  ],
  [
    'what the releaser did is not behind whoever waited',
    async ({ library: { Effect, Semaphore }, lock }) => {
      const semaphore = Semaphore.makeUnsafe(1);
      const under = (name: string) => Effect.promise(() => lock(name).run(() => {}));
      await Effect.runPromise(
        Effect.gen(function* () {
          yield* under('Y');
          yield* semaphore.take(1);
        }),
      );
      const waiting = lock('X').run(() => Effect.runPromise(semaphore.withPermits(1)(Effect.void)));
      await new Promise((done) => void setImmediate(done));
      await Effect.runPromise(semaphore.release(1));
      await waiting;
      await lock('Y').run(() => lock('X').run(() => {}));
    },
    [],
  ],
  ...(['at once', 'when it is over'] as const).map((when): ProgramCase<Effects> => [
    `a lock of ours under permits, and permits under the lock, by a fiber that is joined ${when}`,
    ({ library: { Effect, Fiber, Semaphore }, lock }) => {
      const semaphore = Semaphore.makeUnsafe(1);
      return Effect.runPromise(
        Effect.gen(function* () {
          yield* semaphore.withPermits(1)(
            Effect.gen(function* () {
              const child = yield* Effect.forkChild(Effect.promise(() => lock('A').run(() => {})));
              if (when !== 'at once') yield* Effect.sleep('5 millis');
              yield* Fiber.join(child);
            }),
          );
          yield* Effect.promise(() =>
            lock('A').run(() => Effect.runPromise(semaphore.withPermits(1)(Effect.void))),
          );
        }),
      );
    },
    // Nobody sees that what is over already was waited for.
    [`potential ${when === 'at once' ? 'error' : 'warning'} circular-dependency`],
  ]),
  [
    'fibers of one batch of tasks, which have nothing to do with each other',
    async ({ library: { Effect, Semaphore }, lock }) => {
      const [a, b] = [Semaphore.makeUnsafe(1), Semaphore.makeUnsafe(1)];
      const first = a.withPermits(1)(
        Effect.gen(function* () {
          for (let i = 0; i < 5; i++) yield* Effect.yieldNow;
        }),
      );
      const second = b.withPermits(1)(
        Effect.gen(function* () {
          for (let i = 0; i < 5; i++) yield* Effect.yieldNow;
          yield* Effect.promise(() => lock('L').run(() => {}));
        }),
      );
      await Effect.runPromise(Effect.all([first, second], { concurrency: 'unbounded' }));
      await lock('L').run(() => Effect.runPromise(a.withPermits(1)(Effect.void)));
    },
    [],
  ],
  [
    'permits that are waited for with a timeout, against the order',
    async ({ library: { Effect, Fiber, Semaphore } }) => {
      const [a, b] = [Semaphore.makeUnsafe(1), Semaphore.makeUnsafe(1)];
      let isOver = false;
      // Whoever holds them lets go when the other has given up, but not because of that.
      const seeIt = async (): Promise<void> => {
        while (!isOver) await new Promise((done) => void setImmediate(done));
      };
      const holder = Effect.runFork(a.withPermits(1)(Effect.promise(seeIt)));
      const timed = a.withPermits(1)(Effect.void).pipe(Effect.timeout('1 millis'), Effect.ignore);
      await Effect.runPromise(b.withPermits(1)(timed));
      isOver = true;
      await Effect.runPromise(Fiber.join(holder));
      await Effect.runPromise(a.withPermits(1)(b.withPermits(1)(Effect.void)));
    },
    ['potential warning circular-dependency'],
  ],
  [
    'a permit that somebody else gives, waited for under a lock that the giver takes before',
    async ({ library: { Effect, Semaphore }, lock }) => {
      const semaphore = Semaphore.makeUnsafe(0);
      const waiting = lock('A').run(() => Effect.runPromise(semaphore.take(1)));
      await lock('B').run(() => {});
      await Effect.runPromise(semaphore.release(1));
      await waiting;
    },
    [],
  ],
  [
    'a permit that somebody else gives, waited for under the lock that the giver needs',
    async ({ library: { Effect, Semaphore }, lock }) => {
      const semaphore = Semaphore.makeUnsafe(0);
      await lock('A').run(() => Effect.runPromise(semaphore.release(1)));
      await lock('A').run(() => Effect.runPromise(semaphore.take(1)));
    },
    ['potential warning circular-dependency'],
  ],
  [
    'a try in the wrong order',
    ({ library: { Effect, Semaphore } }) => {
      const [a, b] = [Semaphore.makeUnsafe(1), Semaphore.makeUnsafe(1)];
      return Effect.runPromise(
        Effect.all([
          a.withPermits(1)(b.withPermits(1)(Effect.void)),
          b.withPermits(1)(
            'withPermitsIfAvailable' in a ? a.withPermitsIfAvailable(1)(Effect.void) : Effect.void,
          ),
        ]),
      );
    },
    [],
  ],
];

describe.each(copies)('effect %s', (_version, copy) => {
  const possible = scenarios.filter(([, , needs]) => needs === undefined || has(copy, needs));

  it.each(possible)('does the same watched: %s', async (_name, scenario) => {
    // Timers come in between, so ticks are not told.
    const withoutTicks = async (library: Effects): Promise<string[]> =>
      (await play(scenario, inNamesOf4(library))).filter((line) => line !== 'tick');
    const plain = await withoutTicks(copy);
    const validator = new Validator();
    try {
      const watched = await withoutTicks(watchLibrary(adapter, copy, { validator }));
      expect(plain.length).toBeGreaterThan(0);
      expect(watched).toEqual(plain);
      expect(validator.snapshot().classes.every(({ acquisitions }) => acquisitions > 0)).toBe(true);
    } finally {
      unwatchLibrary(copy);
    }
  });

  it.each(programs)('finds %s', async (name, program, findings, how) => {
    const named: typeof program = ({ library, ...tools }) =>
      program({ ...tools, library: inNamesOf4(library) });
    try {
      await checkProgram(
        adapter,
        copy,
        how === undefined ? [name, named, findings] : [name, named, findings, how],
      );
    } finally {
      unwatchLibrary(copy);
    }
  });

  it('tells places where effects are written, and not where they are run', async () => {
    const validator = new Validator();
    try {
      const { Effect, Semaphore } = watch(copy, validator);
      const program = Effect.gen(function* () {
        const first = yield* Semaphore.make(1); // first
        const second = yield* Semaphore.make(1); // second
        yield* Effect.yieldNow;
        const inner = second.withPermits(1)(Effect.void); // asked
        yield* first.withPermits(1)(inner); // held
      });
      await Effect.runPromise(program);
    } finally {
      unwatchLibrary(copy);
    }
    const { classes, edges } = validator.snapshot();
    const line = (mark: string): RegExp => new RegExp(`effect\\.test\\.ts:${lineOf(mark)}:`);
    expect(classes.map(({ name }) => name).sort()).toEqual([
      expect.stringMatching(line('first')),
      expect.stringMatching(line('second')),
    ]);
    expect(edges).toHaveLength(1);
    expect(edges[0]!.held.frames[0]!.at).toMatch(line('held'));
    expect(edges[0]!.requested.frames[0]!.at).toMatch(line('asked'));
  });

  it('knows who has permits when a fiber is interrupted before any of its steps', async () => {
    const validator = new Validator();
    try {
      const { Effect, Semaphore } = watch(copy, validator);
      let interrupted = 0;
      let used = 0;
      for (let step = 1; step < 80; step++) {
        const semaphore = Semaphore.makeUnsafe(1);
        const run = semaphore.withPermits(1)(Effect.succeed('done'));
        const exit = await Effect.runPromiseExit(interruptBefore(copy, run, step));
        if (exit._tag === 'Failure') interrupted++;
        // Version 3 loses permits at some steps, for good.
        if ((await Effect.runPromise(semaphore.release(0))) === 0) continue;
        await Effect.runPromise(semaphore.withPermits(1)(Effect.void));
        await Effect.runPromise(semaphore.take(1));
        await Effect.runPromise(semaphore.release(1));
        used++;
      }
      expect(used).toBeGreaterThan('Semaphore' in copy ? 78 : 50);
      expect(interrupted).toBeGreaterThan(3);
      expect(interrupted).toBeLessThan(79);
    } finally {
      unwatchLibrary(copy);
    }
    validator.checkOpen({ isDrained: true });
    expect(validator.findings).toEqual([]);
  });

  it.skipIf(!('Semaphore' in copy))('has nothing against others that are used at one place', async () => {
    const validator = new Validator();
    try {
      const { Effect } = watch(copy, validator);
      // As parts of the library make them.
      const [a, b] = [copy.Semaphore.makeUnsafe(1), copy.Semaphore.makeUnsafe(1)];
      const hold = (semaphore: typeof a, effect: RunnableEffect): RunnableEffect =>
        semaphore.withPermits(1)(effect);
      await Effect.runPromise(hold(a, hold(b, Effect.void)));
      expect(validator.snapshot().classes).toHaveLength(1);
      expect(validator.findings).toEqual([]);
      await Effect.runPromise(hold(b, hold(a, Effect.void)));
    } finally {
      unwatchLibrary(copy);
    }
    expect(validator.findings.map(({ code }) => code)).toEqual(['recursive-acquisition']);
  });

  it('counts what waits, knows another number of permits, and tells of one released too often', async () => {
    const validator = new Validator();
    try {
      const { Effect, Semaphore } = watch(copy, validator);
      const semaphore = Semaphore.makeUnsafe(1);
      const one = semaphore.withPermits(1)(Effect.yieldNow);
      await Effect.runPromise(Effect.all([one, one, one], { concurrency: 'unbounded' }));
      expect(validator.snapshot().classes.map(({ contentions }) => contentions)).toEqual([2]);
      if (has(copy, 'resize')) {
        await Effect.runPromise(semaphore.resize(2));
        await Effect.runPromise(semaphore.withPermits(2)(Effect.void));
      }
      expect(validator.findings).toEqual([]);
      await Effect.runPromise(semaphore.release(1));
    } finally {
      unwatchLibrary(copy);
    }
    expect(validator.findings.map(({ code, severity }) => `${severity} ${code}`)).toEqual([
      'warning bad-release',
    ]);
  });

  it('is itself again when the watching is taken back', async () => {
    const validator = new Validator();
    const { Effect, Semaphore } = inNamesOf4(copy);
    const prototypes = [Semaphore.makeUnsafe(1), Effect.runFork(Effect.void)].map(
      (each) => Object.getPrototypeOf(each) as object,
    );
    const before = membersOf(...prototypes);
    const watched = watch(copy, validator);
    expect(membersOf(...prototypes)).not.toEqual(before);
    const semaphore = watched.Semaphore.makeUnsafe(1);
    const running = Effect.runPromise(semaphore.withPermits(1)(Effect.sleep('1 millis')));
    unwatchLibrary(copy);
    expect(membersOf(...prototypes)).toEqual(before);
    await running;
    await Effect.runPromise(semaphore.withPermits(1)(Effect.void));
    expect(validator.snapshot().classes.map(({ acquisitions }) => acquisitions)).toEqual([1]);
  });
});

/** Runs an effect, and interrupts its fiber before it does a certain step. */
function interruptBefore(library: Effects, effect: RunnableEffect, step: number): RunnableEffect {
  const { Effect, Scheduler } = library;
  const scheduler = new Scheduler.MixedScheduler() as unknown as Steps;
  const original = scheduler.shouldYield;
  let steps = 0;
  scheduler.shouldYield = function (fiber) {
    if (++steps === step) {
      fiber.interruptUnsafe?.();
      fiber.unsafeInterruptAsFork?.({ _tag: 'None' });
    }
    return original.call(this, fiber);
  };
  const { withScheduler } = Effect as unknown as {
    withScheduler?: (effect: RunnableEffect, scheduler: unknown) => RunnableEffect;
  };
  return withScheduler === undefined
    ? Effect.provideService(effect, Scheduler.Scheduler, scheduler as never)
    : withScheduler(effect, scheduler);
}

function lineOf(mark: string): number {
  const lines = readFileSync(import.meta.filename, 'utf8').split('\n');
  return lines.findIndex((line) => line.endsWith(`// ${mark}`)) + 1;
}
