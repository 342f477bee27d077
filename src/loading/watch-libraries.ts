import { watchBuiltins } from './builtins.ts';
import { watchRequire } from './commonjs.ts';
import { watchImport } from './esm.ts';

export interface WatchLibrariesOptions {
  /** Nobody imports a library as an ES module without our knowing: then Node's hooks are left alone. */
  isImportWatched?: boolean;
}

/** Watches what Node itself has, and every supported library that this thread loads from now on. */
export function watchLibraries({ isImportWatched = false }: WatchLibrariesOptions = {}): void {
  watchRequire();
  if (!isImportWatched) watchImport();
  watchBuiltins();
}
