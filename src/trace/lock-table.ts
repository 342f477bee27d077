/** The locks and classes of a trace by name. */
import type { Validator } from '../validator/validator.ts';
import type { Obligation } from '../validator/obligation.ts';
import type { LockClass } from '../validator/lock-class.ts';
import type { ClassDeclaration, LockName } from './event.ts';
import type { Hold } from './task.ts';
import { KINDS, type TraceKind, isOfKernel } from './kinds.ts';
import { parseCount } from './parse.ts';
import { TraceError } from './scanner.ts';

/** What is known of a class of the trace. */
export interface TraceClass {
  readonly kind: TraceKind;
  readonly lockClass: LockClass;
  /** Units there are; 0 for a semaphore that somebody must signal before anybody gets through. */
  readonly permits: number;
  /** Readers do not wait behind a queued writer, whatever their mode says. */
  readonly areReadersRecursive: boolean;
}

/** One lock. */
export interface TraceLock {
  readonly of: TraceClass;
  readonly instance: number;
  /** Who has it now, the newest last. */
  readonly holds: Hold[];
  /** What somebody must signal. */
  owed: Obligation | undefined;
}

const KEYS = ['kind', 'permits', 'readers', 'sameClass', 'exempt', 'fair', 'serial'];

export class LockTable {
  readonly #validator: Validator;
  /** Whether the trace comes from a kernel, as far as one can tell by now. */
  isKernel = false;
  readonly #classes = new Map<string, TraceClass>();
  readonly #locks = new Map<string, Map<string, TraceLock>>();

  constructor(validator: Validator) {
    this.#validator = validator;
  }

  /** @throws TraceError for a bad option, or where the class is known as something else. */
  declare({ className, options }: ClassDeclaration): void {
    for (const key of options.keys()) {
      if (!KEYS.includes(key)) throw new TraceError(`Expected one of ${KEYS.join(', ')}, got ${key}`);
    }
    const kindName = options.get('kind') ?? 'mutex';
    const kind = KINDS.get(kindName);
    if (kind === undefined)
      throw new TraceError(`Expected kind to be one of ${[...KINDS.keys()].join(', ')}, got ${kindName}`);
    this.isKernel ||= isOfKernel(kindName);
    const sameClass = choose(options, 'sameClass', ['report', 'instances']);
    const readers = choose(options, 'readers', ['queued', 'recursive']);
    const permits = options.get('permits');
    const count = permits === undefined ? 1 : parseCount(permits, 'permits', 0);
    const isExempt = isSet(options, 'exempt') || kind.options.isExempt === true;
    const isSerial = options.has('serial') ? isSet(options, 'serial') : kind.options.isSerial === true;
    // Jobs that do not wait for each other are as many as there are, unless somebody counts them.
    const isUncounted = kindName === 'executor' && !isSerial;
    const lockClass = this.#validator.lockClass(className, {
      ...kind.options,
      permits: permits === undefined && isUncounted ? Infinity : (kind.options.permits ?? Math.max(count, 1)),
      isFair: isSet(options, 'fair'),
      isExempt,
      isSerial,
      ...(sameClass === 'instances' ? { sameClass } : {}),
    });
    const known = this.#classes.get(className);
    if (known !== undefined && known.lockClass !== lockClass)
      throw new TraceError(`Expected one declaration of ${className} before its first event, got another`);
    this.#classes.set(className, {
      kind,
      lockClass,
      permits: count,
      areReadersRecursive: readers === 'recursive',
    });
  }

  /** What was declared, or a mutex. */
  classOf(className: string): TraceClass {
    let known = this.#classes.get(className);
    if (known === undefined) {
      this.declare({ type: 'class', className, options: new Map() });
      known = this.#classes.get(className)!;
    }
    return known;
  }

  /** The lock of this name, made when it is first heard of. */
  lockOf({ className, instance }: LockName): TraceLock {
    let locks = this.#locks.get(className);
    if (locks === undefined) this.#locks.set(className, (locks = new Map()));
    let lock = locks.get(instance);
    if (lock === undefined) {
      const of = this.classOf(className);
      lock = {
        of,
        instance: this.#validator.instanceOf(of.lockClass),
        holds: [],
        owed: undefined,
      };
      locks.set(instance, lock);
    }
    return lock;
  }

  /** Whether a task of this name is the callback of an executor. */
  isExecutor(name: string): boolean {
    return this.#classes.get(name)?.lockClass.kind === 'executor';
  }

  /** Everything that somebody still has, lock by lock. */
  *holds(): IterableIterator<Hold> {
    for (const locks of this.#locks.values()) for (const { holds } of locks.values()) yield* holds;
  }

  /** Another trace begins: nobody has anything. */
  release(): void {
    for (const locks of this.#locks.values()) {
      for (const lock of locks.values()) {
        lock.holds.length = 0;
        lock.owed = undefined;
      }
    }
  }
}

function choose(
  options: ReadonlyMap<string, string>,
  key: string,
  values: readonly string[],
): string | undefined {
  const value = options.get(key);
  if (value === undefined || values.includes(value)) return value;
  throw new TraceError(`Expected ${key} to be ${values.join(' or ')}, got ${JSON.stringify(value)}`);
}

/** `exempt`, `exempt=true`. */
function isSet(options: ReadonlyMap<string, string>, key: string): boolean {
  const value = options.get(key);
  if (value === undefined || value === 'false') return false;
  if (value === '' || value === 'true') return true;
  throw new TraceError(`Expected ${key} to be true or false, got ${JSON.stringify(value)}`);
}
