/** What a worker thread and the thread that gives it jobs say to each other: plain data, and nothing else. */
import { types } from 'node:util';
import type { RawStack } from '../validator/stack-trace.ts';

/** A worker gets its port in a message that has it under this key. */
export const PORT = 'lockdep:jobs';

/** To the worker. Jobs are begun one at a time; `number` counts the answers of a job, from 1 on. */
export type WorkerOrder =
  | { readonly type: 'job'; readonly job: number; readonly data: unknown }
  | { readonly type: 'begin'; readonly job: number; readonly holds: readonly number[] }
  | { readonly type: 'granted'; readonly request: number; readonly number: number; readonly hold: number }
  | {
      readonly type: 'refused';
      readonly request: number;
      readonly number: number;
      readonly error: PlainError;
    };

/** From the worker. `seen` is the number of the newest answer that it had got: what lies behind the message. */
export type WorkerReport = { readonly job: number; readonly seen: number } & (
  | {
      readonly type: 'acquire';
      readonly request: number;
      readonly name: string;
      readonly args: readonly unknown[];
      readonly place: RawStack;
    }
  | { readonly type: 'release'; readonly hold: number; readonly place: RawStack }
  | { readonly type: 'done'; readonly value: unknown }
  | { readonly type: 'failed'; readonly error: unknown }
);

/** An error as it crosses: a clone would lose its code. */
export interface PlainError {
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
  readonly code?: string;
  readonly isError: true;
}

/** Whatever was thrown, as it can cross; what is no error stays as it is. */
export function toPlainError(error: unknown): unknown {
  return isError(error) ? plainErrorOf(error) : error;
}

/** Of any realm; what `postMessage` throws is none by the engine's account. */
export function isError(value: unknown): value is Error {
  return value instanceof Error || types.isNativeError(value);
}

export function plainErrorOf(error: Error): PlainError {
  const { name, message, stack, code } = error as Error & { code?: unknown };
  return {
    name,
    message,
    ...(stack === undefined ? {} : { stack }),
    ...(typeof code === 'string' ? { code } : {}),
    isError: true,
  };
}

export function fromPlainError(crossed: unknown): unknown {
  if (!(crossed instanceof Object) || !('isError' in crossed)) return crossed;
  const { isError: _isError, message, ...rest } = crossed as PlainError;
  const error = new Error(message);
  for (const [key, value] of Object.entries(rest))
    Object.defineProperty(error, key, {
      value,
      configurable: true,
      writable: true,
      enumerable: key === 'code',
    });
  return error;
}
