/**
 * Listeners of an `EventTarget` (abort signals, ports) carry what was open where they were registered, as those of an
 * emitter do. A target knows a listener by itself and has it once for a type and phase, so what stands for one
 * is kept with it: the same for as long as both live.
 */
import { createRequire } from 'node:module';
import type { BuiltInPatches } from './built-in-patches.ts';
import type { ClockEntry } from './clock.ts';
import { copySignature } from './combinators.ts';
import { skipClosed } from './grant.ts';
import type { CallListener, OpenClock } from './listeners.ts';

type Handler = (this: unknown, ...args: unknown[]) => unknown;
type Listener = Handler | { handleEvent?: unknown };
type Change = (this: EventTarget, type: unknown, listener: unknown, options?: unknown) => unknown;

/** Stands for a listener; called as the target calls that. */
class Carrier {
  readonly listener: Listener;
  registration: ClockEntry | null = null;
  readonly call: Handler;

  constructor(listener: Listener, call: CallListener) {
    this.listener = listener;
    const handle = (target: unknown, args: unknown[]): unknown =>
      typeof listener === 'function'
        ? Reflect.apply(listener, target, args)
        : Reflect.apply(listener.handleEvent as Handler, listener, args);
    // oxlint-disable-next-line typescript/no-this-alias -- a function that is called on the target
    const carrier = this;
    this.call = function (...args) {
      const { registration } = carrier;
      // Nothing of it opens again.
      if (registration === null || skipClosed(registration.opens) === null) {
        carrier.registration = null;
        return handle(this, args);
      }
      return call(registration, () => handle(this, args));
    };
  }
}

/** By target, by listener, by type and phase. */
const carriers = new WeakMap<EventTarget, WeakMap<object, Map<string, Carrier>>>();
const listenersByCall = new WeakMap<object, Listener>();

function carriersOf(target: EventTarget, listener: object): Map<string, Carrier> | undefined {
  return carriers.get(target)?.get(listener);
}

function keyOf(type: unknown, options: unknown): string {
  const isCapture =
    typeof options === 'object' && options !== null ? 'capture' in options && options.capture : options;
  return `${isCapture ? 'capture' : 'bubble'}:${String(type)}`;
}

function isListener(listener: unknown): listener is Listener {
  return typeof listener === 'function' || (typeof listener === 'object' && listener !== null);
}

/** Makes listeners carry what is open where they are registered. */
export function patchTargetListeners(
  patches: BuiltInPatches,
  openClock: OpenClock,
  call: CallListener,
): void {
  const events = createRequire(import.meta.url)('node:events') as {
    getEventListeners(target: EventTarget, type: unknown): unknown[];
  };
  const { getEventListeners } = events;

  function carrierFor(target: EventTarget, type: unknown, listener: Listener, options: unknown): unknown {
    const key = keyOf(type, options);
    let known = carriersOf(target, listener)?.get(key);
    const clock = openClock();
    if (known === undefined && clock === null) return listener;
    const there = getEventListeners(target, type);
    if (known !== undefined && there.includes(known.call)) return known.call;
    // It was there before, or what stood for it is gone.
    if (clock === null || there.includes(listener)) return listener;
    known ??= keep(target, listener, key);
    known.registration = clock;
    return known.call;
  }

  function keep(target: EventTarget, listener: Listener, key: string): Carrier {
    const carrier = new Carrier(listener, call);
    listenersByCall.set(carrier.call, listener);
    let byListener = carriers.get(target);
    if (byListener === undefined) carriers.set(target, (byListener = new WeakMap()));
    const byKey = byListener.get(listener);
    if (byKey === undefined) byListener.set(listener, new Map([[key, carrier]]));
    else byKey.set(key, carrier);
    return carrier;
  }

  patches.add(EventTarget.prototype, 'addEventListener', (original) => {
    const wrapped: Change = function (...args) {
      const [type, listener, options] = args;
      if (isListener(listener) && this instanceof EventTarget)
        args[1] = carrierFor(this, type, listener, options);
      return Reflect.apply(original as Change, this, args);
    };
    return copySignature(wrapped, original as object);
  });
  patches.add(EventTarget.prototype, 'removeEventListener', (original) => {
    const wrapped: Change = function (...args) {
      const [type, listener, options] = args;
      const known = isListener(listener) ? carriersOf(this, listener)?.get(keyOf(type, options)) : undefined;
      if (known !== undefined) Reflect.apply(original as Change, this, [type, known.call, options]);
      return Reflect.apply(original as Change, this, args);
    };
    return copySignature(wrapped, original as object);
  });
  patches.add(events, 'getEventListeners', (original) => {
    const wrapped = (...args: Parameters<typeof getEventListeners>): unknown[] =>
      Reflect.apply(original as typeof getEventListeners, events, args).map(
        (each) => listenersByCall.get(each as object) ?? each,
      );
    return copySignature(wrapped, original as object);
  });
}
