import { join } from '../causality/clock.ts';
import { LockdepError, checkOptions, rejectArgument } from './errors.ts';
import { BLOCKING, type LockClass, codeOf, isRequestMode } from './lock-class.ts';
import type { Obligation } from './obligation.ts';
import type { RequestMode } from '../graph/vocabulary.ts';
import type { Validator } from './validator.ts';

export interface RequestOptions {
  /** Default `exclusive`. */
  mode?: RequestMode;
  /** The lock itself, or anything that stands for it; without one each request is for another instance. */
  instance?: object;
  /** The caller set a timeout or a signal, so the wait may end without a grant. Default false. */
  isBreakable?: boolean;
  /** It was granted without waiting: arrows lead out of it, none into it. Default false. */
  isTry?: boolean;
  /**
   * The thread waits for it without running its event loop, as with `Atomics.wait`. What is held across an
   * `await` of this thread must not be asked for so, nor what must wait for it: `context-inversion`. Default
   * false.
   */
  isBlocking?: boolean;
}

/** One number an object, without keeping it alive. */
const instances = new WeakMap<object, number>();

/**
 * A request for a lock of your own: make it before waiting, then tell `granted` or `cancelled`, and at
 * the end `discharge`. Calls that come too late or twice are a `bad-release` finding or have no effect.
 */
export class Request {
  readonly #validator: Validator;
  readonly #asked: Obligation | undefined;
  #state: 'asked' | 'open' | 'over' = 'asked';

  /** @throws LockdepError `ERR_INVALID_ARGUMENT` for a bad option. */
  constructor(validator: Validator, lockClass: LockClass, options: RequestOptions) {
    checkOptions(options, ['mode', 'instance', 'isBreakable', 'isTry', 'isBlocking']);
    const { mode = 'exclusive', instance, isBreakable = false, isTry = false, isBlocking = false } = options;
    if (!isRequestMode(mode)) rejectArgument('mode', "'exclusive', 'shared' or 'recursive'", mode);
    this.#validator = validator;
    if (validator.policy === 'off') return;
    const asked = codeOf(mode, isTry);
    // What never waits blocks nobody.
    const code = isBlocking && !isTry ? asked + BLOCKING : asked;
    if (code !== asked) validator.noteBlocking(lockClass, mode);
    this.#asked = validator.engine.ask(
      lockClass,
      code,
      instanceOf(validator, lockClass, instance),
      isBreakable,
    );
    if (!isTry) validator.engine.waitListener?.mayWait(this.#asked);
  }

  /** The lock was given to whoever runs now. */
  granted(): void {
    if (this.#asked === undefined) return;
    if (this.#state !== 'asked')
      throw new LockdepError(
        'ERR_BAD_STATE',
        `Expected a request that waits, got one that is ${this.#state}.`,
      );
    this.#state = 'open';
    const { engine } = this.#validator;
    engine.tracker.advance(engine.grant(this.#asked));
  }

  /** The wait ended without a grant. */
  cancelled(): void {
    if (this.#asked === undefined || this.#state !== 'asked') return;
    this.#state = 'over';
    const { engine } = this.#validator;
    engine.tracker.advance(join(engine.tracker.asked(), engine.cancel(this.#asked)));
  }

  /** The lock is given back, by whoever runs now. A second time is a `bad-release` finding. */
  discharge(): void {
    if (this.#asked === undefined) return;
    if (this.#state !== 'open') {
      const reason = this.#state === 'asked' ? 'was released before it was granted' : 'was released twice';
      this.#validator.report('bad-release', this.#asked.lockClass, reason);
      return;
    }
    this.#state = 'over';
    this.#validator.engine.discharge(this.#asked);
    this.#validator.flush();
  }
}

function instanceOf(validator: Validator, lockClass: LockClass, instance: object | undefined): number {
  if (instance === undefined) return validator.instanceOf(lockClass);
  let id = instances.get(instance);
  if (id === undefined) instances.set(instance, (id = validator.instanceOf(lockClass)));
  return id;
}
