/** Tells when the event loop of this process has nothing left to do, and when the process ends. */

export interface EndListeners {
  /** The loop has drained, and nothing that the program did then has filled it again. Must not throw. */
  onDrained: () => void;
  /** The process ends; nothing asynchronous happens any more. Must not throw. */
  onEnd: (code: number) => void;
}

/** The status of a program whose top-level await never settles: its loop has drained. */
const UNSETTLED = 13;

// Taken at load: the program may patch them later.
const { nextTick } = process;
const { queueMicrotask } = globalThis;

/** `process.exit(13)` also ends with 13, and says nothing about the loop. */
function isUnsettledEnd(code: number): boolean {
  if (code !== UNSETTLED && process.exitCode !== UNSETTLED) return false;
  return new Error('who ends the process').stack?.includes('process.exit') !== true;
}

/**
 * Listens for as long as the process lives. `onDrained` comes after everything that the program itself
 * does at `beforeExit`, promises included: it may release there, or give the loop new work. A program
 * may drain more than once.
 */
export function watchProcessEnd({ onDrained, onEnd }: EndListeners): void {
  let isPending = false;
  process.on('beforeExit', () => {
    const resources = process.getActiveResourcesInfo().length;
    isPending = true;
    const check = (): void => {
      isPending = false;
      if (process.getActiveResourcesInfo().length <= resources) onDrained();
    };
    // A tick waits for the other listeners, a tick from a microtask for all their promises.
    nextTick(() => queueMicrotask(() => nextTick(check)));
  });
  process.on('exit', (code) => {
    if (isPending || isUnsettledEnd(code)) onDrained();
    onEnd(code);
  });
}
