/** Everything that takes a callback and the holds it must release, under one interface. */
import { EventEmitter } from 'node:events';
import {
  type ExecutorOptions,
  type JobFunction,
  Rcu,
  type TransferOptions,
  type Validator,
  WorkQueue,
  emit,
  immediate,
  microtask,
  nextTick,
  timeout,
} from '../../src/index.ts';

export interface Executor {
  readonly name: string;
  /** It runs callbacks before it returns, and what they throw is thrown there. Default: later, uncaught. */
  readonly isAtOnce?: boolean;
  /** What callbacks throw rejects a promise. */
  readonly rejects?: boolean;
  start(validator: Validator, fn: JobFunction, options?: TransferOptions): void;
}

type Loop = (fn: JobFunction, options?: ExecutorOptions) => unknown;

/** Those of the event loop. */
export const loops: readonly [name: string, start: Loop][] = [
  ['microtask', microtask],
  ['nextTick', nextTick],
  ['immediate', immediate],
  ['timeout', (fn, options) => timeout(fn, 1, options)],
];

export const executors: readonly Executor[] = [
  ...loops.map(([name, start]) => ({
    name,
    start: (validator: Validator, fn: JobFunction, options?: TransferOptions) =>
      void start(fn, options instanceof Object ? { validator, ...options } : options),
  })),
  {
    name: 'rcu.call',
    start: (validator, fn, options) => new Rcu({ validator }).call(fn, options),
  },
  ...[1, 2].map((concurrency) => ({
    name: `a work queue of ${concurrency}`,
    rejects: true,
    start: (validator: Validator, fn: JobFunction, options?: TransferOptions) =>
      void new WorkQueue({ validator, concurrency }).add(fn, options),
  })),
  {
    name: 'an event listener',
    isAtOnce: true,
    start(validator, fn, options = {}) {
      const emitter = new EventEmitter();
      if (typeof fn === 'function') emitter.on('event', fn);
      emit(emitter, 'event', options instanceof Object ? { validator, ...options } : options);
    },
  },
];
