/**
 * Hand-over to the event loop. Such jobs do not wait for each other, so nobody waits behind one: a chain
 * leads through it only from what was handed to this very job.
 */
import { checkName, checkOptions, rejectArgument } from '../validator/errors.ts';
import type { Validator } from '../validator/validator.ts';
import { MAX_TIMEOUT_MS } from '../locks/wait-options.ts';
import { type NamedOptions, type Watch, validatorOf } from '../locks/watch.ts';
import { Job, type JobFunction, type TransferOptions } from './run-job.ts';

export interface ExecutorOptions extends TransferOptions, NamedOptions {}

const plain = { queueMicrotask, setImmediate, setTimeout, nextTick: process.nextTick };

/** Runs `fn(...holds)` as a microtask. */
export function microtask(fn: JobFunction, options: ExecutorOptions = {}): void {
  const job = createJob('microtask', fn, options);
  plain.queueMicrotask(() => void job.run());
}

/** Runs `fn(...holds)` in the next tick. */
export function nextTick(fn: JobFunction, options: ExecutorOptions = {}): void {
  const job = createJob('nextTick', fn, options);
  Reflect.apply(plain.nextTick, process, [() => void job.run()]);
}

/** Runs `fn(...holds)` as an immediate. Returns what `clearImmediate` takes; a cleared one leaves its holds held. */
export function immediate(fn: JobFunction, options: ExecutorOptions = {}): NodeJS.Immediate {
  const job = createJob('immediate', fn, options);
  return plain.setImmediate(() => void job.run());
}

/** Runs `fn(...holds)` after `ms` milliseconds. Returns what `clearTimeout` takes; a cleared one leaves its holds held. */
export function timeout(fn: JobFunction, ms: number, options: ExecutorOptions = {}): NodeJS.Timeout {
  if (typeof ms !== 'number' || !(ms >= 0 && ms <= MAX_TIMEOUT_MS))
    rejectArgument('ms', `a number from 0 to ${MAX_TIMEOUT_MS}`, ms);
  const job = createJob('timeout', fn, options);
  return globalThis.setTimeout(() => void job.run(), ms);
}

/** Makes a job of the event loop, whose class is called `kind` unless it is told otherwise. */
export function createJob(kind: string, fn: JobFunction, options: ExecutorOptions): Job {
  checkOptions(options, ['name', 'validator', 'transfer']);
  const { transfer = [], name = kind } = options;
  checkName(name);
  // Whether these are holds at all is checked by the job.
  const handed = options.validator === undefined ? transfer?.[0]?.lock?.watch?.validator : undefined;
  return new Job(watchOf(handed ?? validatorOf(options), name), fn, { transfer });
}

function watchOf(validator: Validator, name: string): Watch | null {
  if (validator.policy === 'off') return null;
  const lockClass = validator.classOf(name, { kind: 'executor', permits: Infinity });
  if (lockClass.instances === 0) lockClass.instances = 1;
  return { validator, engine: validator.engine, lockClass, instance: 0, isOrdered: false };
}
