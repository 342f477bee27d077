/**
 * Hand-over to the listeners of an event. They run at once, and do not wait for each other, so like a job of
 * the event loop an event has in custody only what was handed to it.
 */
import { rejectArgument } from '../validator/errors.ts';
import { type ExecutorOptions, createJob } from './loop-executors.ts';

/** What is used of an `EventEmitter`. */
export interface Emitter {
  emit(event: string | symbol, ...args: unknown[]): boolean;
  listenerCount(event: string | symbol): number;
}

/**
 * Emits an event whose listeners get the transferred holds after the arguments, and must release them. All
 * listeners get the same holds, as they get the same arguments; one of them is to release. The options come
 * last and cannot be left out. `name` is what chains call the event, `event:` and its name by default.
 *
 * Returns whether there was a listener, as `emitter.emit` does. Without one nobody has the holds any more, and
 * the locks stay held, which is a `held-at-end` finding when the process ends; `listenerCount` tells before.
 * What a listener throws is thrown here, as by `emitter.emit`; whatever holds it did not release stay held.
 * @throws LockdepError `ERR_INVALID_ARGUMENT` for a bad argument, `ERR_DEAD_HOLD` for a dead hold.
 * @example
 * uploads.on('stored', (file, hold) => index(file).finally(() => hold.release()));
 * emit(uploads, 'stored', file, { transfer: [hold] });
 */
export function emit(
  emitter: Emitter,
  event: string | symbol,
  ...rest: [...args: unknown[], options: ExecutorOptions]
): boolean {
  if (!isEmitter(emitter)) rejectArgument('emitter', 'an EventEmitter', emitter);
  if (typeof event !== 'string' && typeof event !== 'symbol')
    rejectArgument('event', 'a string or a symbol', event);
  const args = rest.slice(0, -1);
  const options = rest.at(-1) as ExecutorOptions;
  const name = `event:${typeof event === 'symbol' ? (event.description ?? '') : event}`;
  const job = createJob(name, (...holds) => emitter.emit(event, ...args, ...holds), options);
  // With nobody there the holds are not taken up, and the emitter does what it does then.
  if (emitter.listenerCount(event) === 0) return emitter.emit(event, ...args);
  return job.run() as boolean;
}

function isEmitter(value: unknown): value is Emitter {
  return (
    value instanceof Object &&
    'emit' in value &&
    typeof value.emit === 'function' &&
    'listenerCount' in value &&
    typeof value.listenerCount === 'function'
  );
}
