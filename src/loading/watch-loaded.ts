/** A library that the program has just loaded. */
import { createRequire } from 'node:module';
import type { Adapter } from '../adapters/shared/adapter.ts';
import { findModule } from '../adapters/shared/libraries.ts';
import { mayWatch } from '../adapters/shared/versions.ts';
import { watchLibrary } from '../adapters/shared/watching.ts';
import type * as ProcessValidator from '../process-validator.ts';
import { registration } from '../validator/environment-policy.ts';
import { hideFrames } from '../validator/stack-trace.ts';

const require = createRequire(import.meta.url);
const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';

/** Under `register` the process tells what is found; a test runner has its own way. */
function loadConsole(): void {
  require(`../process-validator.${extension}`) as typeof ProcessValidator;
}

/** Loaded when the library is, and at once: `require` cannot wait. */
function loadAdapter(name: string): Adapter {
  return (require(`../adapters/${name}.${extension}`) as { adapter: Adapter }).adapter;
}

/** What Node itself has is watched where it is. */
export function watchBuiltin(name: string, exports: object): void {
  if (registration.isRegistered) loadConsole();
  watchLibrary(loadAdapter(name), exports);
}

/** The exports of a library, watched unless its version was not tested. */
export function watchLoaded<T extends object>(specifier: string, exports: T, file: string): T {
  const { name, path } = findModule(specifier)!;
  const adapter = loadAdapter(name);
  if (!mayWatch(adapter, file)) return exports;
  if (registration.isRegistered) loadConsole();
  hideFrames(file.slice(0, file.lastIndexOf('/') + 1));
  return watchLibrary(adapter, exports, { path });
}
