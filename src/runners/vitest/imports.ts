/**
 * Who watches what is imported. Vitest replaces what the sources of a project import. What its dependencies import
 * needs Node's own hooks, which on Node 20 are a thread in each worker; so those are for projects that have such
 * dependencies. That is looked up once, before any worker starts, and told by the environment.
 */
import { mayDependencyImportLibrary } from '../../loading/installed.ts';

const REPLACED = 'LOCKDEP_TEST_IMPORTS_REPLACED';

/** Looks up what the dependencies of the project in `folder` import; one project of several that needs hooks is enough. */
export function tellOfImports(folder: string): void {
  if (mayDependencyImportLibrary(folder)) process.env[REPLACED] = 'no';
  else process.env[REPLACED] ??= 'yes';
}

/** Whether Vitest has replaced all libraries that are imported. */
export function areImportsReplaced(): boolean {
  return process.env[REPLACED] === 'yes';
}
