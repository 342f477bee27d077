/**
 * Whether a program could import a supported library as an ES module: asked on Node 20, where watching that takes
 * a thread of its own, which costs more than all the rest of the start.
 *
 * The answer is no only where that is certain: every copy that npm or pnpm has put in reach is CommonJS.
 */
import { existsSync, readFileSync, readdirSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { libraries } from '../adapters/shared/libraries.ts';

/** What a package manager has written down of a package that it has installed. */
interface Locked {
  dependencies?: object;
  optionalDependencies?: object;
  peerDependencies?: object;
}

const OWN_NAME = 'lockdep';

interface Manifest {
  type?: unknown;
  exports?: unknown;
}

/** Whether a supported library that is an ES module may be found from the folder of the main script, or from here. */
export function mayImportLibrary(script: string | undefined, here: string): boolean {
  if (process.versions['pnp'] !== undefined) return true;
  const starts = new Set([here]);
  if (script !== undefined) starts.add(path.dirname(realpathOf(script)));
  const folders = new Set([...starts].flatMap(listModuleFolders));
  return [...folders].some(mayHold);
}

/**
 * Whether a package that the one in `here` depends on may import a supported library as an ES module: asked where the
 * sources of a program are watched in another way. The answer is no only where that is certain.
 */
export function mayDependencyImportLibrary(here: string): boolean {
  if (process.versions['pnp'] !== undefined) return true;
  return listModuleFolders(here).some((modules) => hasDependents(modules) && mayHold(modules));
}

/** Whether something in a `node_modules`, and not we, depends on a supported library, or nobody knows. */
function hasDependents(modules: string): boolean {
  try {
    const store = path.join(modules, '.pnpm');
    if (existsSync(store))
      return readdirSync(store).some((each) => {
        const { name } = /^(?<name>.[^@]*)@/.exec(each)?.groups ?? {};
        const own = name?.replace('+', '/');
        if (own === undefined || own === OWN_NAME) return false;
        const found = path.join(store, each, 'node_modules');
        return Object.keys(libraries).some(
          (library) => library !== own && existsSync(path.join(found, library)),
        );
      });
    return Object.entries(readLock(modules)).some(
      ([key, { dependencies, optionalDependencies, peerDependencies }]) =>
        !key.endsWith(`node_modules/${OWN_NAME}`) &&
        Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies }).some((name) =>
          Object.hasOwn(libraries, name),
        ),
    );
  } catch {
    return true;
  }
}

function realpathOf(script: string): string {
  try {
    return realpathSync(script);
  } catch {
    // `node app` stands for `app.js`, in the same folder.
    return path.resolve(script);
  }
}

/** Every `node_modules` in which a module in `start` is looked for. */
function listModuleFolders(start: string): string[] {
  const found: string[] = [];
  for (let folder = path.resolve(start); ; folder = path.dirname(folder)) {
    const modules = path.basename(folder) === 'node_modules' ? folder : path.join(folder, 'node_modules');
    if (existsSync(modules)) found.push(modules);
    if (folder === path.dirname(folder)) return found;
  }
}

/** Whether some copy in a `node_modules`, or in one further down in it, is an ES module, or is not known. */
function mayHold(modules: string): boolean {
  // What is written down of the others is long.
  return listTop(modules).some(isModule) || (listNested(modules) ?? [modules]).some(isModule);
}

function listTop(modules: string): string[] {
  return Object.keys(libraries)
    .map((name) => path.join(modules, name))
    .filter((folder) => existsSync(folder));
}

/** Copies further down, as the package manager has written them down; undefined where it did not. */
function listNested(modules: string): string[] | undefined {
  try {
    const store = path.join(modules, '.pnpm');
    if (existsSync(store))
      return readdirSync(store).flatMap((each) => listTop(path.join(store, each, 'node_modules')));
    const root = path.dirname(modules);
    return Object.keys(readLock(modules))
      .filter((key) =>
        Object.hasOwn(libraries, key.slice(key.lastIndexOf('node_modules/') + 'node_modules/'.length)),
      )
      .map((key) => path.join(root, key));
  } catch {
    return undefined;
  }
}

/** What npm has put into a `node_modules`, by path. Throws where somebody else has. */
function readLock(modules: string): Record<string, Locked> {
  const { packages } = JSON.parse(readFileSync(path.join(modules, '.package-lock.json'), 'utf8')) as {
    packages: Record<string, Locked>;
  };
  return packages;
}

/** Whether `import` of the package in a folder gives an ES module, or nobody knows. */
function isModule(folder: string): boolean {
  try {
    const manifest = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as Manifest;
    if (manifest.type === 'module') return true;
    const exports = JSON.stringify(manifest.exports ?? '');
    return exports.includes('"import"') || exports.includes('.mjs"');
  } catch {
    return true;
  }
}
