/**
 * Hears of the end of a signal that a caller gave to its library, and leaves no trace on it: a listener of ours would be
 * counted by the program, and warned of when there are many. A signal that depends on another is none of its listeners.
 */

interface Watched {
  /** It depends on the caller's signal. */
  readonly follower: AbortSignal;
  readonly callbacks: Set<() => void>;
  readonly onAbort: () => void;
}

/** One for each signal, since on Node 20 a signal never forgets those that depend on it. */
const watched = new WeakMap<AbortSignal, Watched>();

/** Calls `callback` once, after the library's own listeners, if `signal` is aborted from now on. Returns how to stop. */
export function watchAbort(signal: AbortSignal, callback: () => void): () => void {
  let each: Watched;
  try {
    each = watched.get(signal) ?? follow(signal);
  } catch {
    // Something that merely looks like a signal.
    signal.addEventListener?.('abort', callback, { once: true });
    return () => signal.removeEventListener?.('abort', callback);
  }
  const { follower, callbacks, onAbort } = each;
  // Node keeps a follower for as long as it has listeners.
  if (callbacks.size === 0) follower.addEventListener('abort', onAbort);
  callbacks.add(callback);
  return () => {
    if (callbacks.delete(callback) && callbacks.size === 0) follower.removeEventListener('abort', onAbort);
  };
}

function follow(signal: AbortSignal): Watched {
  const callbacks = new Set<() => void>();
  const onAbort = (): void => {
    for (const callback of callbacks) {
      callbacks.delete(callback);
      callback();
    }
  };
  const each = { follower: AbortSignal.any([signal]), callbacks, onAbort };
  watched.set(signal, each);
  return each;
}
