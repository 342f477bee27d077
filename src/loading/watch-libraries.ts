import { watchRequire } from './commonjs.ts';
import { watchImport } from './esm.ts';

/** Watches every supported library that this thread loads from now on. */
export function watchLibraries(): void {
  watchRequire();
  watchImport();
}
