/** The kinds of locks that traces declare, with the wait types that the kernel gives to its own. */
import type { LockClassOptions, LockKind } from '../validator/lock-class.ts';

/**
 * How deep somebody may wait: the kernel's wait types (`enum lockdep_wait_type`), so named. What is taken
 * in a context must not wait more deeply than the context allows.
 */
const UNCHECKED = 0;
const FREE = 1;
const SPIN = 2;
const CONFIG = 3;
const SLEEP = 4;
export const ANY = 5;

export interface TraceKind {
  readonly options: LockClassOptions;
  /** What may be waited for while it is held. */
  readonly inner: number;
  /** What it takes to ask for it; the kernel's default is the inner type. */
  readonly outer: number;
}

function kind(
  kind: LockKind,
  inner: number,
  options: LockClassOptions = {},
  outer: number = inner,
): TraceKind {
  return { options: { kind, ...options }, inner, outer };
}

/** Read-side sections are followed for what may be waited for in them, and never part of the graph. */
const READ_SIDE: LockClassOptions = { isExempt: true, permits: Infinity };

/** Linux v7.0, `lockdep_init_map_*` of each primitive. */
export const KINDS: ReadonlyMap<string, TraceKind> = new Map([
  ['mutex', kind('mutex', SLEEP)],
  ['rtmutex', kind('rtmutex', SLEEP)],
  ['rwsem', kind('rwsem', SLEEP)],
  ['rwlock', kind('rwlock', CONFIG)],
  ['spinlock', kind('spinlock', CONFIG)],
  ['raw_spinlock', kind('raw_spinlock', SPIN)],
  ['local_lock', kind('local_lock', CONFIG, { isPerCpu: true })],
  ['rcu_read', kind('rcu_read', CONFIG, READ_SIDE, FREE)],
  ['rcu_read_bh', kind('rcu_read_bh', CONFIG, READ_SIDE, FREE)],
  ['rcu_read_sched', kind('rcu_read_sched', SPIN, READ_SIDE, FREE)],
  ['grouplock', kind('grouplock', UNCHECKED)],
  ['map', kind('map', UNCHECKED)],
  ['semaphore', kind('semaphore', UNCHECKED)],
  ['completion', kind('completion', UNCHECKED)],
  ['executor', kind('executor', UNCHECKED, { isSerial: true })],
  ['rcu', kind('rcu', UNCHECKED, { isSerial: true, permits: Infinity })],
]);

/**
 * A `rwlock` of the kernel spins, one of an application sleeps; the rest of a trace tells which it is. These
 * kinds and contexts are found in kernels only.
 */
const KERNEL_WORDS: ReadonlySet<string> = new Set([
  'spinlock',
  'raw_spinlock',
  'rtmutex',
  'local_lock',
  'rwsem',
  'rcu_read',
  'rcu_read_bh',
  'rcu_read_sched',
  'hardirq',
  'softirq',
]);

/** Whether a kind or a context tells that the trace comes from a kernel. */
export function isOfKernel(word: string): boolean {
  return KERNEL_WORDS.has(word);
}

/** The wait type of a `rwlock` counts in traces of kernels only. */
export function isChecked({ inner, options }: TraceKind, isKernel: boolean): boolean {
  return inner !== UNCHECKED && (isKernel || options.kind !== 'rwlock');
}

/** What may be waited for in an execution context. */
export function allowedIn(context: string, isThreaded: boolean): number {
  if (context === 'hardirq') return isThreaded ? CONFIG : SPIN;
  return context === 'softirq' ? CONFIG : ANY;
}
