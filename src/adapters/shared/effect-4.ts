/** Semaphores of Effect 4: the methods of a class, in a module of their own. */
import { captureStack } from '../../validator/stack-trace.ts';
import type { Exports, WatchContext } from './adapter.ts';
import { type Effect, type Fiber, watchFibers, watchTasks } from './effect-fibers.ts';
import { type EffectFunctions, type OfEffect, Permits } from './effect-permits.ts';
import { imitate } from './patches.ts';

interface Semaphore {
  readonly permits: number;
  take(permits: number): Effect;
  takeIfAvailable(permits: number): Effect;
  takeScoped(permits: number): Effect;
  releaseUnsafe(fiber: Fiber, permits: number): number;
  resize(permits: number): Effect;
  withPermits(permits: number): OfEffect;
  withPermitsIfAvailable(permits: number): OfEffect;
}

export interface Effect4 {
  readonly Effect: EffectFunctions & { withFiber(fn: (fiber: Fiber) => Effect): Effect };
  readonly Scheduler: { readonly MixedScheduler: new () => { makeDispatcher(): object } };
  readonly Semaphore: {
    make(permits: number): Effect;
    makeUnsafe(permits: number): Semaphore;
  };
}

export function watchEffect4({ Effect, Scheduler, Semaphore }: Effect4, context: WatchContext): Exports {
  const { patches, validator } = context;
  watchFibers(Object.getPrototypeOf(Effect.runFork(Effect.void)) as object, 'evaluate', context);
  watchTasks(Object.getPrototypeOf(new Scheduler.MixedScheduler().makeDispatcher()) as object, context);
  const prototype = Object.getPrototypeOf(Semaphore.makeUnsafe(1)) as Semaphore;
  const seen = new Permits(validator, Effect, (fn) => Effect.withFiber(fn));

  for (const name of ['take', 'takeScoped'] as const)
    patches.method<Semaphore['take']>(
      prototype,
      name,
      (original) =>
        function (this: Semaphore, permits) {
          return seen.waiting(this, permits, () => original.call(this, permits));
        },
    );
  patches.method<Semaphore['takeIfAvailable']>(
    prototype,
    'takeIfAvailable',
    (original) =>
      function (this: Semaphore, permits) {
        const askedAt = captureStack();
        return Effect.map(original.call(this, permits), (isTaken) => {
          if (isTaken === true) seen.noteTaken(this, permits, askedAt);
          return isTaken;
        });
      },
  );
  patches.method<Semaphore['withPermits']>(
    prototype,
    'withPermits',
    (original) =>
      function (this: Semaphore, permits) {
        return seen.waitingAround(this, permits, original.call(this, permits));
      },
  );
  patches.method<Semaphore['withPermitsIfAvailable']>(
    prototype,
    'withPermitsIfAvailable',
    (original) =>
      function (this: Semaphore, permits) {
        return seen.tryingAround(this, permits, original.call(this, permits));
      },
  );
  patches.method<Semaphore['releaseUnsafe']>(
    prototype,
    'releaseUnsafe',
    (original) =>
      function (this: Semaphore, fiber, permits) {
        const conclude = seen.giveBack(this, permits, fiber);
        const free = original.call(this, fiber, permits);
        conclude();
        return free;
      },
  );
  patches.method<Semaphore['resize']>(
    prototype,
    'resize',
    (original) =>
      function (this: Semaphore, permits) {
        const resized = original.call(this, permits);
        return Effect.suspend(() => {
          seen.resize(this, permits);
          return resized;
        });
      },
  );

  const makeUnsafe: Effect4['Semaphore']['makeUnsafe'] = (permits) =>
    seen.noteMade(Semaphore.makeUnsafe(permits), captureStack());
  const make: Effect4['Semaphore']['make'] = (permits) => {
    const madeAt = captureStack();
    return Effect.sync(() => seen.noteMade(Semaphore.makeUnsafe(permits), madeAt));
  };
  return {
    Semaphore: imitate(Object.create(null) as object, Semaphore, {
      make: { value: imitate(make, Semaphore.make) },
      makeUnsafe: { value: imitate(makeUnsafe, Semaphore.makeUnsafe) },
    }),
  };
}
