/**
 * Semaphores of Effect 3: objects whose functions are their own, and of a class that nobody else can reach. So each is
 * watched by itself, as it is made.
 */
import { captureStack } from '../../validator/stack-trace.ts';
import type { Exports, WatchContext } from './adapter.ts';
import { type Effect, type Fiber, watchFibers, watchMessages, watchTasks } from './effect-fibers.ts';
import { type EffectFunctions, type OfEffect, Permits } from './effect-permits.ts';
import { imitate } from './patches.ts';

interface Semaphore {
  readonly permits: number;
  readonly taken: number;
  take(permits: number): Effect;
  release(permits: number): Effect;
  readonly releaseAll: Effect;
  withPermits(permits: number): OfEffect;
  /** The first versions do not have these two. */
  withPermitsIfAvailable?(permits: number): OfEffect;
  resize?(permits: number): Effect;
}

export interface Effect3 {
  readonly Effect: EffectFunctions & {
    withFiberRuntime(fn: (fiber: Fiber) => Effect): Effect;
    makeSemaphore(permits: number): Effect;
    unsafeMakeSemaphore(permits: number): Semaphore;
  };
  readonly Scheduler: { readonly MixedScheduler: { readonly prototype: object } };
}

export function watchEffect3({ Effect, Scheduler }: Effect3, context: WatchContext): Exports {
  const { patches, validator } = context;
  const fibers = Object.getPrototypeOf(Effect.runFork(Effect.void)) as object;
  watchFibers(fibers, 'evaluateEffect', context);
  watchMessages(fibers, context);
  watchTasks(Scheduler.MixedScheduler.prototype, context);
  const seen = new Permits(validator, Effect, (fn) => Effect.withFiberRuntime(fn));

  function watchSemaphore(semaphore: Semaphore, madeAt: Error): Semaphore {
    /** Permits are given back by an effect of the library. */
    const givingBack = (countPermits: () => number, release: () => Effect): Effect =>
      Effect.withFiberRuntime((fiber) => {
        if (patches.isUndone) return release();
        const conclude = seen.giveBack(semaphore, countPermits(), fiber);
        return Effect.map(release(), (free) => {
          conclude();
          return free;
        });
      });
    replaceOwn(
      semaphore,
      'take',
      (original) => (permits) => seen.waiting(semaphore, permits, () => original(permits)),
    );
    replaceOwn(
      semaphore,
      'withPermits',
      (original) => (permits) => seen.waitingAround(semaphore, permits, original(permits)),
    );
    replaceOwn(
      semaphore,
      'withPermitsIfAvailable',
      (original) => (permits) => seen.tryingAround(semaphore, permits, original(permits)),
    );
    replaceOwn(
      semaphore,
      'release',
      (original) => (permits) =>
        givingBack(
          () => permits,
          () => original(permits),
        ),
    );
    replaceOwn(
      semaphore,
      'resize',
      (original) => (permits) =>
        Effect.suspend(() => {
          seen.resize(semaphore, permits);
          return original(permits);
        }),
    );
    const { releaseAll } = semaphore;
    const value = givingBack(
      () => semaphore.taken,
      () => releaseAll,
    );
    Object.defineProperty(semaphore, 'releaseAll', { value });
    return seen.noteMade(semaphore, madeAt);
  }

  /** Does what the library does as soon as the watching has been taken back. */
  function replaceOwn<K extends 'take' | 'withPermits' | 'withPermitsIfAvailable' | 'release' | 'resize'>(
    semaphore: Semaphore,
    name: K,
    create: (original: NonNullable<Semaphore[K]>) => NonNullable<Semaphore[K]>,
  ): void {
    const original = semaphore[name];
    if (original === undefined) return;
    const watched = create(original) as (permits: number) => unknown;
    const replacement = (permits: number): unknown =>
      patches.isUndone ? (original as (permits: number) => unknown)(permits) : watched(permits);
    Object.defineProperty(semaphore, name, { value: imitate(replacement, original) });
  }

  const unsafeMakeSemaphore: Effect3['Effect']['unsafeMakeSemaphore'] = (permits) =>
    watchSemaphore(Effect.unsafeMakeSemaphore(permits), captureStack());
  const makeSemaphore: Effect3['Effect']['makeSemaphore'] = (permits) => {
    const madeAt = captureStack();
    return Effect.map(Effect.makeSemaphore(permits), (semaphore) =>
      watchSemaphore(semaphore as Semaphore, madeAt),
    );
  };
  return {
    Effect: imitate(Object.create(null) as object, Effect, {
      makeSemaphore: { value: imitate(makeSemaphore, Effect.makeSemaphore) },
      unsafeMakeSemaphore: { value: imitate(unsafeMakeSemaphore, Effect.unsafeMakeSemaphore) },
    }),
  };
}
