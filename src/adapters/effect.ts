/**
 * Effect's semaphores.
 *
 * An effect is made at one place of a program and run at another, of which the stack knows nothing: places are those
 * where the effect was made.
 */
import { EXCLUSIVE, TRY } from '../validator/lock-class.ts';
import { captureStack } from '../validator/stack-trace.ts';
import type { Adapter, WatchContext } from './shared/adapter.ts';
import {
  type Effect,
  type Exit,
  type Fiber,
  type FiberLibrary,
  type Wait,
  stateOf,
  watchFibers,
} from './shared/effect-fibers.ts';
import { LockRecords } from './shared/lock-records.ts';
import { imitate } from './shared/patches.ts';
import { Resource } from './shared/resource.ts';

type OfEffect = (effect: Effect) => Effect;

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

interface Library extends FiberLibrary {
  readonly Effect: FiberLibrary['Effect'] & {
    withFiber(fn: (fiber: Fiber) => Effect): Effect;
    suspend(fn: () => Effect): Effect;
    sync(fn: () => unknown): Effect;
    map(effect: Effect, fn: (value: unknown) => unknown): Effect;
    onExit(effect: Effect, fn: (exit: Exit) => Effect): Effect;
  };
  readonly Semaphore: {
    make(permits: number): Effect;
    makeUnsafe(permits: number): Semaphore;
  };
}

function watchSemaphores({ Effect, Semaphore }: Library, { validator, patches }: WatchContext): object {
  const prototype = Object.getPrototypeOf(Semaphore.makeUnsafe(1)) as Semaphore;
  const resources = new LockRecords<Semaphore, Resource>(({ permits }, madeAt) => {
    const resource = new Resource(validator, {
      kind: 'semaphore',
      permits: Number.isInteger(permits) && permits >= 1 ? permits : permits === Infinity ? Infinity : 1,
      // Who wants less is let past those who want more.
      isFair: false,
      madeAt,
    });
    if (permits === 0) resource.owe();
    return resource;
  });

  /** Of the others somebody may have taken permits before anybody looked. */
  const seenMade = new WeakSet<object>();

  function noteMade(semaphore: Semaphore, madeAt: Error): Semaphore {
    resources.noteMade(semaphore, madeAt);
    seenMade.add(semaphore);
    // What it lacks from the beginning somebody owes from the beginning.
    if (semaphore.permits === 0) resources.of(semaphore);
    return semaphore;
  }

  function ask(semaphore: Semaphore, permits: number, code: number, askedAt: Error): Wait {
    // One that a part of the library has made goes by the place of its first use.
    if (!resources.has(semaphore)) resources.noteMade(semaphore, askedAt);
    const resource = resources.of(semaphore);
    const asked = resource.askFor(permits, false, code === EXCLUSIVE, code);
    resource.placeAt(asked, askedAt);
    return { resource, asked, isContention: false };
  }

  /** An effect that waits for permits. `create` is given what is to be done, or to be called, as soon as they are there. */
  function waiting(semaphore: Semaphore, permits: number, create: (onGranted: () => void) => Effect): Effect {
    const askedAt = captureStack();
    return Effect.withFiber((fiber) => {
      const state = stateOf(fiber);
      const wait = ask(semaphore, permits, EXCLUSIVE, askedAt);
      state.wait = wait;
      const grant = (): void => {
        if (state.wait === wait) state.wait = null;
        wait.resource.grantNow(wait.asked);
      };
      return Effect.onExit(create(grant), (exit) => {
        if (exit._tag === 'Success') grant();
        else {
          if (state.wait === wait) state.wait = null;
          wait.resource.giveUpNow(wait.asked);
        }
        return Effect.void;
      });
    });
  }

  /** They were there, and are taken. */
  function noteTaken(semaphore: Semaphore, permits: number, askedAt: Error): void {
    const { resource, asked } = ask(semaphore, permits, TRY, askedAt);
    resource.grantNow(asked);
  }

  for (const name of ['take', 'takeScoped'] as const)
    patches.method<Semaphore['take']>(
      prototype,
      name,
      (original) =>
        function (this: Semaphore, permits) {
          return waiting(this, permits, () => original.call(this, permits));
        },
    );
  patches.method<Semaphore['takeIfAvailable']>(
    prototype,
    'takeIfAvailable',
    (original) =>
      function (this: Semaphore, permits) {
        const askedAt = captureStack();
        return Effect.map(original.call(this, permits), (isTaken) => {
          if (isTaken === true) noteTaken(this, permits, askedAt);
          return isTaken;
        });
      },
  );
  patches.method<Semaphore['withPermits']>(
    prototype,
    'withPermits',
    (original) =>
      function (this: Semaphore, permits) {
        const run = original.call(this, permits);
        return (effect) =>
          waiting(this, permits, (onGranted) =>
            run(
              Effect.suspend(() => {
                onGranted();
                return effect;
              }),
            ),
          );
      },
  );
  patches.method<Semaphore['withPermitsIfAvailable']>(
    prototype,
    'withPermitsIfAvailable',
    (original) =>
      function (this: Semaphore, permits) {
        const run = original.call(this, permits);
        return (effect) => {
          const askedAt = captureStack();
          return run(
            Effect.suspend(() => {
              noteTaken(this, permits, askedAt);
              return effect;
            }),
          );
        };
      },
  );
  patches.method<Semaphore['releaseUnsafe']>(
    prototype,
    'releaseUnsafe',
    (original) =>
      function (this: Semaphore, fiber, permits) {
        if (!(permits > 0) || !resources.has(this)) return original.call(this, fiber, permits);
        const resource = resources.of(this);
        const missing = resource.dischargeAny(permits);
        const free = original.call(this, fiber, permits);
        if (missing > 0 && seenMade.has(this))
          resource.report('bad-release', 'was released more often than it was taken', 'warning');
        resource.conclude();
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
          if (resources.has(this) && permits >= 1) resources.of(this).resize(permits);
          return resized;
        });
      },
  );

  const makeUnsafe: Library['Semaphore']['makeUnsafe'] = (permits) =>
    noteMade(Semaphore.makeUnsafe(permits), captureStack());
  const make: Library['Semaphore']['make'] = (permits) => {
    const madeAt = captureStack();
    return Effect.sync(() => noteMade(Semaphore.makeUnsafe(permits), madeAt));
  };
  return imitate(Object.create(null) as object, Semaphore, {
    make: { value: imitate(make, Semaphore.make) },
    makeUnsafe: { value: imitate(makeUnsafe, Semaphore.makeUnsafe) },
  });
}

export const adapter: Adapter = {
  library: 'effect',
  versions: { from: '4.0.0', below: '5.0.0' },
  watch(exports, context) {
    const library = exports as unknown as Library;
    watchFibers(library, context);
    return { Semaphore: watchSemaphores(library, context) };
  },
};
