/** A library that the program has just loaded. */
import { createRequire } from 'node:module';
import type { Adapter } from '../adapters/shared/adapter.ts';
import { mayWatch } from '../adapters/shared/versions.ts';
import { watchLibrary } from '../adapters/shared/watching.ts';
import { hideFrames } from '../validator/stack-trace.ts';
import '../process-validator.ts';

const require = createRequire(import.meta.url);

/** Loaded when the library is, and at once: `require` cannot wait. */
function loadAdapter(name: string): Adapter {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return (require(`../adapters/${name}.${extension}`) as { adapter: Adapter }).adapter;
}

/** The exports of a library, watched unless its version was not tested. */
export function watchLoaded<T extends object>(name: string, exports: T, file: string): T {
  const adapter = loadAdapter(name);
  if (!mayWatch(adapter, file)) return exports;
  hideFrames(file.slice(0, file.lastIndexOf('/') + 1));
  return watchLibrary(adapter, exports);
}
