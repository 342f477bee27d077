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
  const before = Object.getOwnPropertyDescriptor(process, 'nextTick');
  let original: unknown = process.nextTick;
  if (before?.configurable !== true || typeof original !== 'function') return;
  const originals = new WeakMap<object, unknown>();
  const wrapFunction = (value: unknown): unknown => {
    if (typeof value !== 'function') return value;
    const wrapper = wrap(value) as object;
    originals.set(wrapper, value);
    return wrapper;
  };
  let wrapped = wrapFunction(original);
  const get = (): unknown => wrapped;
  Object.defineProperty(process, 'nextTick', {
    configurable: true,
    enumerable: before.enumerable === true,
    get,
    set(value: unknown) {
      // What was read here may come back, and is not wrapped once more.
      const isOurs = typeof value === 'function' && originals.has(value);
      original = isOurs ? originals.get(value) : value;
      // Another copy of us was there before.
      if (before.set !== undefined) {
        Reflect.apply(before.set, process, [original]);
        original = Reflect.apply(before.get!, process, []);
      }
      wrapped = wrapFunction(original);
    },
  });
  patches.onUndo(() => {
    if (Object.getOwnPropertyDescriptor(process, 'nextTick')?.get !== get) return;
    const isData = before.set === undefined && before.get === undefined;
    Object.defineProperty(process, 'nextTick', isData ? { ...before, value: original } : before);
  });
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
