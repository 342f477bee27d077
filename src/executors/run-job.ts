import { types } from 'node:util';
import { LockdepError, checkFunction, checkOptions, rejectArgument } from '../validator/errors.ts';
import type { Obligation } from '../validator/obligation.ts';
import { dischargeIn } from '../locks/discharge.ts';
import { Hold } from '../locks/hold.ts';
import { beginJob } from '../locks/job.ts';
import type { Watch } from '../locks/watch.ts';

export interface TransferOptions {
  /** Holds that `fn` gets, in this order, and must release. The handles given here are dead from now on. */
  transfer?: readonly Hold[];
}

/** A callback that gets the transferred holds. */
export type JobFunction = (...holds: Hold[]) => unknown;

/** Something that takes callbacks and runs them later. */
export class Job {
  readonly #fn: JobFunction;
  readonly #holds: readonly Hold[];
  readonly #watch: Watch | null;
  /** @internal */
  readonly obligation: Obligation | null;

  /** @throws LockdepError `ERR_INVALID_ARGUMENT` for a bad argument, `ERR_DEAD_HOLD` for a hold that is not open. */
  constructor(watch: Watch | null, fn: JobFunction, options: TransferOptions) {
    checkFunction('fn', fn);
    checkOptions(options, ['transfer']);
    const { transfer = [] } = options;
    checkTransfer(transfer);
    this.#fn = fn;
    this.#watch = watch;
    this.#holds = transfer.map((hold) => hold.move());
    this.obligation =
      watch === null ? null : beginJob(watch.engine, watch.lockClass, watch.instance, this.#holds);
    watch?.validator.flush();
  }

  /** Calls the callback. Returns a promise if it has not ended when this returns; what it throws is the caller's. */
  run(): unknown {
    const { engine } = this.#watch ?? {};
    if (engine === undefined) return Reflect.apply(this.#fn, undefined, this.#holds);
    return engine.tracker.call(engine.grant(this.obligation!), () => {
      let result: unknown;
      try {
        result = Reflect.apply(this.#fn, undefined, this.#holds);
      } catch (error) {
        this.end();
        throw error;
      }
      if (!types.isPromise(result)) {
        this.end();
        return result;
      }
      return result.finally(() => this.end());
    });
  }

  /** The callback is over, as whoever runs now knows. A second time has no effect. */
  end(): void {
    if (this.#watch === null) return;
    const { isOpen, rare } = this.obligation!;
    const hasHolds = rare !== null && rare.holdsIn > 0;
    if (isOpen && !hasHolds) dischargeIn(this.#watch, this.obligation!);
    this.#watch.validator.flush();
  }
}

/** @throws LockdepError `ERR_INVALID_ARGUMENT` for no array of different holds, `ERR_DEAD_HOLD` for one that is not open. */
export function checkTransfer(transfer: unknown): asserts transfer is readonly Hold[] {
  if (!Array.isArray(transfer)) rejectArgument('transfer', 'an array of holds', transfer);
  for (const hold of transfer as unknown[]) {
    if (!(hold instanceof Hold)) rejectArgument('transfer', 'an array of holds', hold);
    if (!hold.isOpen)
      throw new LockdepError(
        'ERR_DEAD_HOLD',
        'Expected `transfer` to have open holds only, got one that was released or handed over.',
      );
  }
  if (new Set(transfer).size !== transfer.length)
    rejectArgument('transfer', 'an array of different holds', 'the same hold twice');
}
