import { watchBuiltins } from './builtins.ts';
import { watchRequire } from './commonjs.ts';
import { watchImport } from './esm.ts';

/** Watches what Node itself has, and every supported library that this thread loads from now on. */
export function watchLibraries(): void {
  watchRequire();
  watchImport();
  watchBuiltins();
}
