/** Everything that takes a callback and the holds it must release, under one interface. */
import {
  type ExecutorOptions,
  type JobFunction,
  Rcu,
  type TransferOptions,
  type Validator,
  immediate,
  microtask,
  nextTick,
  timeout,
} from '../../src/index.ts';

export interface Executor {
  readonly name: string;
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
];
