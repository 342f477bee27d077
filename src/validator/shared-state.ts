/**
 * What all copies of this package in a process have in common. There may be several: installed twice, or one file
 * loaded twice, as an ES module and by a loader that compiles what is required.
 */

/** What is known by a name to all copies; the first to ask makes it. */
export function shareState<T>(name: string, create: () => T): T {
  const holder = globalThis as unknown as Record<symbol, T | undefined>;
  return (holder[Symbol.for(`lockdep.${name}`)] ??= create());
}
