// Taken at load: to get it from the global object costs more than to ask it, and programs put clocks of their own there.
const { performance: plainPerformance } = globalThis;

/** Milliseconds of the process's own clock. */
export function nowMs(): number {
  return plainPerformance.now();
}
