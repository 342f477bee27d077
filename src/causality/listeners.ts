/**
 * Listeners of an `EventEmitter` carry what was open where they were registered; see `borrow.ts` for what that says.
 *
 * A listener is replaced by one that has it as `listener`, which is how Node itself marks what `once` makes. So
 * `off`, `listeners`, `listenerCount` and the event `newListener` know it by the original; `rawListeners` does by
 * the method here. A listener that is registered where nothing is open is handed on untouched.
 */
import { EventEmitter } from 'node:events';
import type { BuiltInPatches } from './built-in-patches.ts';
import type { ClockEntry } from './clock.ts';
import { copySignature } from './combinators.ts';
import { skipClosed } from './grant.ts';

type Listener = (this: unknown, ...args: unknown[]) => unknown;
type Register = (this: EventEmitter, type: string | symbol, listener: Listener) => unknown;

/** What lies behind the code that runs now, if something of it is open. */
export type OpenClock = () => ClockEntry | null;
/** Calls a listener that was registered under a clock. */
export type CallListener = (registration: ClockEntry, fn: () => unknown) => unknown;

interface Carrier extends Listener {
  listener: Listener;
}

/** Carriers that stand for a listener of `on`, which `rawListeners` gives as it is. */
const carriers = new WeakSet<Listener>();

function carryListener(listener: Listener, clock: ClockEntry, call: CallListener): Carrier {
  let registration: ClockEntry | null = clock;
  const carrier: Carrier = function (...args) {
    // Nothing of it opens again.
    if (registration !== null && skipClosed(registration.opens) === null) registration = null;
    if (registration === null) return Reflect.apply(listener, this, args);
    return call(registration, () => Reflect.apply(listener, this, args));
  };
  carrier.listener = listener;
  carriers.add(carrier);
  return carrier;
}

/** As Node's own wrapper of `once`: gone before it is called, and called once however often it is. */
function carryOnce(
  emitter: EventEmitter,
  type: string | symbol,
  listener: Listener,
  clock: ClockEntry,
  call: CallListener,
): Carrier {
  let hasFired = false;
  const carrier: Carrier = (...args) => {
    if (hasFired) return undefined;
    emitter.removeListener(type, carrier);
    hasFired = true;
    return call(clock, () => Reflect.apply(listener, emitter, args));
  };
  carrier.listener = listener;
  return carrier;
}

/** `removeAllListeners` takes off what is there, newest first, and the event says what it was told to take off. */
function wrapRemove(remove: Register): Register {
  const wrapped: Register = function (type, listener) {
    const known = carriers.has(listener) ? (listener as Carrier).listener : listener;
    return Reflect.apply(remove, this, [type, known]);
  };
  return copySignature(wrapped, remove);
}

/** Makes listeners carry what is open where they are registered. */
export function patchListeners(patches: BuiltInPatches, openClock: OpenClock, call: CallListener): void {
  const { prototype } = EventEmitter;
  const wrapRegister = (original: unknown): Register => {
    const register = original as Register;
    const wrapped: Register = function (type, listener) {
      // What has a listener stands for it already: a carrier, or what `once` makes.
      const clock = typeof listener !== 'function' || 'listener' in listener ? null : openClock();
      if (clock === null) return Reflect.apply(register, this, [type, listener]);
      return Reflect.apply(register, this, [type, carryListener(listener, clock, call)]);
    };
    return copySignature(wrapped, register);
  };
  // Two functions have two names each.
  const on = wrapRegister(prototype.on);
  for (const name of ['on', 'addListener']) patches.add(prototype, name, () => on);
  const off = wrapRemove(prototype.off as Register);
  for (const name of ['off', 'removeListener']) patches.add(prototype, name, () => off);
  patches.add(prototype, 'prependListener', wrapRegister);
  for (const [once, method] of [
    ['once', 'on'],
    ['prependOnceListener', 'prependListener'],
  ] as const) {
    patches.add(prototype, once, (original) => {
      const register = original as Register;
      const wrapped: Register = function (type, listener) {
        const clock = typeof listener === 'function' ? openClock() : null;
        if (clock === null) return Reflect.apply(register, this, [type, listener]);
        this[method](type, carryOnce(this, type, listener, clock, call));
        return this;
      };
      return copySignature(wrapped, register);
    });
  }
  patches.add(prototype, 'rawListeners', (original) => {
    const wrapped = function (this: EventEmitter, type: string | symbol): unknown[] {
      const found = Reflect.apply(original as EventEmitter['rawListeners'], this, [type]) as Listener[];
      return found.map((each) => (carriers.has(each) ? (each as Carrier).listener : each));
    };
    return copySignature(wrapped, original as object);
  });
}
