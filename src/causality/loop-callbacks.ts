/**
 * Callbacks that the event loop calls start from the clock at which they were registered: timers,
 * immediates, ticks and microtasks. Promise hooks know nothing of them. A callback registered while
 * nothing lies behind it is handed on untouched.
 */
import { createRequire } from 'node:module';
import type { BuiltInPatches } from './built-in-patches.ts';
import { type Clock } from './clock.ts';
import { copySignature } from './combinators.ts';

type Callback = (this: unknown, ...args: unknown[]) => unknown;
type Register = (this: unknown, callback: Callback, ...rest: unknown[]) => unknown;
type CallWithClock = (clock: Clock, fn: () => unknown) => unknown;

/** Ours must run whatever a program or a fake timer puts in the place of the global. */
export const plainQueueMicrotask: (callback: () => void) => void = globalThis.queueMicrotask;

/** Makes the loop's callbacks start from the clock of their registration. */
export function patchLoopCallbacks(
  patches: BuiltInPatches,
  asked: () => Clock,
  callWithClock: CallWithClock,
): void {
  const timers = createRequire(import.meta.url)('node:timers') as object;
  const wrappers = new Map<unknown, unknown>();
  const wrap = (original: unknown): unknown => {
    let wrapper = wrappers.get(original);
    if (wrapper === undefined)
      wrappers.set(original, (wrapper = wrapRegister(original as Register, asked, callWithClock)));
    return wrapper;
  };
  for (const name of ['setTimeout', 'setInterval', 'setImmediate']) {
    patches.add(globalThis, name, wrap);
    patches.add(timers, name, wrap);
  }
  patches.add(globalThis, 'queueMicrotask', wrap);
  patchNextTick(patches, wrap);
}

/**
 * Vitest takes `process.nextTick` away around its own calls and puts it back a tick late; so whatever is
 * put in its place is wrapped too.
 */
function patchNextTick(patches: BuiltInPatches, wrap: (original: unknown) => unknown): void {
  const descriptor = Object.getOwnPropertyDescriptor(process, 'nextTick');
  if (descriptor?.configurable !== true || typeof descriptor.value !== 'function') return;
  let original: unknown = descriptor.value;
  let wrapped = wrap(original);
  Object.defineProperty(process, 'nextTick', {
    configurable: true,
    enumerable: descriptor.enumerable === true,
    get: () => wrapped,
    set(value: unknown) {
      if (value === wrapped) return;
      original = value;
      wrapped = typeof value === 'function' ? wrap(value) : value;
    },
  });
  patches.onUndo(() => void Object.defineProperty(process, 'nextTick', { ...descriptor, value: original }));
}

function wrapRegister(original: Register, asked: () => Clock, callWithClock: CallWithClock): Register {
  const wrapped: Register = function (callback, ...rest) {
    const clock = asked();
    if (clock === null || typeof callback !== 'function')
      return Reflect.apply(original, this, [callback, ...rest]);
    const carrying: Callback = function (...args) {
      return callWithClock(clock, () => Reflect.apply(callback, this, args));
    };
    return Reflect.apply(original, this, [carrying, ...rest]);
  };
  return copySignature(wrapped, original);
}
