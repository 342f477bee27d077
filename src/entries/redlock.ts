/** `lockdep/redlock`: all that redlock exports, watched. Its own types cannot be imported by ES modules. */
import type { EventEmitter } from 'node:events';
import { adapter } from '../adapters/redlock.ts';
import { openEntry } from '../adapters/shared/entry.ts';
import { type WatchOptions, unwatchLibrary, watchLibrary } from '../adapters/shared/watching.ts';
import '../process-validator.ts';

export interface Settings {
  readonly driftFactor: number;
  readonly retryCount: number;
  readonly retryDelay: number;
  readonly retryJitter: number;
  readonly automaticExtensionThreshold: number;
}

export interface Lock {
  readonly resources: string[];
  readonly value: string;
  readonly expiration: number;
  release(): Promise<unknown>;
  extend(durationMs: number): Promise<Lock>;
}

export type RedlockAbortSignal = AbortSignal & { error?: Error };
type Routine<T> = (signal: RedlockAbortSignal) => Promise<T>;

interface Redlock extends EventEmitter {
  readonly settings: Settings;
  acquire(resources: string[], durationMs: number, settings?: Partial<Settings>): Promise<Lock>;
  release(lock: Lock, settings?: Partial<Settings>): Promise<unknown>;
  extend(lock: Lock, durationMs: number, settings?: Partial<Settings>): Promise<Lock>;
  using<T>(resources: string[], durationMs: number, routine: Routine<T>): Promise<T>;
  using<T>(
    resources: string[],
    durationMs: number,
    settings: Partial<Settings>,
    routine: Routine<T>,
  ): Promise<T>;
  quit(): Promise<void>;
}

interface Library {
  default: new (clients: Iterable<object>, settings?: Partial<Settings>, scripts?: object) => Redlock;
  Lock: new (...args: never[]) => Lock;
  ExecutionError: new (...args: never[]) => Error;
  ResourceLockedError: new (...args: never[]) => Error;
}

const library = openEntry(adapter, (specifier) => import.meta.resolve(specifier)) as Library;

const Redlock: Library['default'] = library.default;

export default Redlock;
export const Lock: Library['Lock'] = library.Lock;
export const ExecutionError: Library['ExecutionError'] = library.ExecutionError;
export const ResourceLockedError: Library['ResourceLockedError'] = library.ResourceLockedError;

/** Watches another copy of redlock, and returns its exports, watched. */
export function watch<T extends object>(copy: T, options?: WatchOptions): T {
  return watchLibrary(adapter, copy, options);
}

/** Takes the watching of a copy back. */
export function unwatch(copy: object): void {
  unwatchLibrary(copy);
}
