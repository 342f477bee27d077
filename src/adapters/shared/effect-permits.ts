/**
 * The permits of Effect's semaphores: what is told to the validator, whatever the version.
 *
 * An effect is made at one place of a program and run at another, of which the stack knows nothing: places are those
 * where the effect was made.
 */
import { EXCLUSIVE, TRY } from '../../validator/lock-class.ts';
import { captureStack } from '../../validator/stack-trace.ts';
import type { Validator } from '../../validator/validator.ts';
import { type Effect, type Exit, type Fiber, type Wait, stateOf } from './effect-fibers.ts';
import { LockRecords } from './lock-records.ts';
import { Resource, type ResourceOptions } from './resource.ts';

/** The functions of the library with which we put something in front of an effect, or behind it. */
export interface EffectFunctions {
  readonly void: Effect;
  runFork(effect: Effect): Fiber;
  suspend(fn: () => Effect): Effect;
  sync(fn: () => unknown): Effect;
  map(effect: Effect, fn: (value: unknown) => unknown): Effect;
  onExit(effect: Effect, fn: (exit: Exit) => Effect): Effect;
}

export type OfEffect = (effect: Effect) => Effect;
type WithFiber = (fn: (fiber: Fiber) => Effect) => Effect;

/** What both versions call alike. */
export interface Semaphore {
  readonly permits: number;
}

function createResource(
  validator: Validator,
  { permits }: Semaphore,
  options: Pick<ResourceOptions, 'madeAt' | 'sameClass'>,
): Resource {
  const resource = new Resource(validator, {
    kind: 'semaphore',
    permits: Number.isInteger(permits) && permits >= 1 ? permits : permits === Infinity ? Infinity : 1,
    // Who wants less is let past those who want more.
    isFair: false,
    ...options,
  });
  if (permits === 0) resource.owe();
  return resource;
}

export class Permits {
  readonly #validator: Validator;
  readonly #effect: EffectFunctions;
  readonly #withFiber: WithFiber;
  readonly #resources: LockRecords<Semaphore, Resource>;
  /** Of the others somebody may have taken permits before anybody looked. */
  readonly #seenMade = new WeakSet<object>();

  /** `withFiber` gives an effect the fiber that runs it. */
  constructor(validator: Validator, effect: EffectFunctions, withFiber: WithFiber) {
    this.#validator = validator;
    this.#effect = effect;
    this.#withFiber = withFiber;
    this.#resources = new LockRecords<Semaphore, Resource>((semaphore, madeAt) =>
      createResource(validator, semaphore, { madeAt }),
    );
  }

  noteMade<S extends Semaphore>(semaphore: S, madeAt: Error): S {
    this.#resources.noteMade(semaphore, madeAt);
    this.#seenMade.add(semaphore);
    // What it lacks from the beginning somebody owes from the beginning.
    if (semaphore.permits === 0) this.#resources.of(semaphore);
    return semaphore;
  }

  /** An effect that waits for permits. `create` is given what is to be done, or to be called, as soon as they are there. */
  waiting(semaphore: Semaphore, permits: number, create: (onGranted: () => void) => Effect): Effect {
    const askedAt = captureStack();
    return this.#withFiber((fiber) => {
      const state = stateOf(fiber);
      // What waits cannot ask for more: it is within another of these effects, or was overtaken and asks once more.
      if (state.wait !== null) return create(() => {});
      const wait = this.#ask(semaphore, permits, EXCLUSIVE, askedAt);
      state.wait = wait;
      const grant = (): void => {
        if (state.wait === wait) state.wait = null;
        wait.resource.grantNow(wait.asked);
      };
      return this.#effect.onExit(create(grant), (exit) => {
        if (exit._tag === 'Success') grant();
        else {
          if (state.wait === wait) state.wait = null;
          wait.resource.giveUpNow(wait.asked);
        }
        return this.#effect.void;
      });
    });
  }

  /** As `waiting`, where `run` is what the library runs another effect with as soon as they are there. */
  waitingAround(semaphore: Semaphore, permits: number, run: OfEffect): OfEffect {
    return (effect) =>
      this.waiting(semaphore, permits, (onGranted) =>
        run(
          this.#effect.suspend(() => {
            onGranted();
            return effect;
          }),
        ),
      );
  }

  /** As `waitingAround`, where they are there or nothing is run. */
  tryingAround(semaphore: Semaphore, permits: number, run: OfEffect): OfEffect {
    return (effect) => {
      const askedAt = captureStack();
      return run(
        this.#effect.suspend(() => {
          this.noteTaken(semaphore, permits, askedAt);
          return effect;
        }),
      );
    };
  }

  /** They were there, and are taken. */
  noteTaken(semaphore: Semaphore, permits: number, askedAt: Error): void {
    const { resource, asked } = this.#ask(semaphore, permits, TRY, askedAt);
    resource.grantNow(asked);
  }

  /** `fiber` is about to give some back. Returns what is to be called when it has. */
  giveBack(semaphore: Semaphore, permits: number, fiber: Fiber): () => void {
    if (!(permits > 0) || !this.#resources.has(semaphore)) return () => {};
    const resource = this.#resources.of(semaphore);
    const state = stateOf(fiber);
    if (state.wait?.resource === resource) {
      // It was interrupted between getting them and going on.
      resource.grantNow(state.wait.asked);
      state.wait = null;
    }
    const missing = resource.dischargeAny(permits);
    return () => {
      if (missing > 0 && this.#seenMade.has(semaphore))
        resource.report('bad-release', 'was released more often than it was taken', 'warning');
      resource.conclude();
    };
  }

  /** It is about to have another number of permits. */
  resize(semaphore: Semaphore, permits: number): void {
    if (this.#resources.has(semaphore) && permits >= 1) this.#resources.of(semaphore).resize(permits);
  }

  #ask(semaphore: Semaphore, permits: number, code: number, askedAt: Error): Wait {
    // One that a part of the library has made goes by the place of its first use, and so may others that have nothing
    // to do with it.
    if (!this.#resources.has(semaphore))
      this.#resources.set(
        semaphore,
        createResource(this.#validator, semaphore, { madeAt: askedAt, sameClass: 'instances' }),
      );
    const resource = this.#resources.of(semaphore);
    const asked = resource.askFor(permits, false, code === EXCLUSIVE, code);
    resource.placeAt(asked, askedAt);
    return { resource, asked, isContention: false };
  }
}
