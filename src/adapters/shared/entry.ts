/**
 * What `lockdep/<library>` exports. The library is loaded by us and not by an import, whose failure could not say
 * what to do; what comes is the copy that `import` gives, on all paths.
 */
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { validator } from '../../validator/default.ts';
import { LockdepError } from '../../validator/errors.ts';
import { hideFrames } from '../../validator/stack-trace.ts';
import type { Adapter } from './adapter.ts';
import { mayWatch } from './versions.ts';
import { watchLibrary } from './watching.ts';

const require = createRequire(import.meta.url);

/**
 * The library's exports, watched; `resolve` is the entry's `import.meta.resolve`.
 * @throws LockdepError `ERR_NOT_INSTALLED` when the library is not there.
 */
export function openEntry(adapter: Adapter, resolve: (specifier: string) => string, path = ''): object {
  const { library } = adapter;
  const specifier = path === '' ? library : `${library}/${path}`;
  let file: string;
  try {
    file = fileURLToPath(resolve(specifier));
  } catch {
    throw new LockdepError(
      'ERR_NOT_INSTALLED',
      `Expected ${library} to be installed, since lockdep/${specifier} watches it, but it is not found. Install it with: npm install ${library}`,
    );
  }
  const exports = require(file) as object;
  if (validator.policy === 'off' || !mayWatch(adapter, file)) return exports;
  hideFrames(file.slice(0, file.lastIndexOf('/') + 1));
  return watchLibrary(adapter, exports, { path });
}
