/** What `preset: 'lockdep/jest'` adds to a configuration. Loaded in Jest's own process, before any worker starts. */
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { isSwitchedOff, openSharedRun } from '../core/test-run.ts';
import { type EnvironmentClass, watchEnvironment } from './watch-environment.ts';

export interface JestPreset {
  testEnvironment?: string;
  moduleNameMapper?: Record<string, string>;
  reporters?: string[];
  setupFilesAfterEnv?: string[];
}

/** Where the environment finds the one of Jest to build on. */
const BASE_ENVIRONMENT = 'LOCKDEP_JEST_ENVIRONMENT';

/** Jest's own environment for Node is a dependency of Jest, which need not be one that we could see. */
function findBaseEnvironment(loaded: Readonly<Record<string, unknown>>): string {
  const jest = Object.keys(loaded).filter((file) => /[\\/]jest-config[\\/]build[\\/]/.test(file));
  for (const from of [...jest, path.resolve('package.json')]) {
    try {
      return createRequire(from).resolve('jest-environment-node');
    } catch {
      // The next one may see it.
    }
  }
  return 'jest-environment-node';
}

function pathOf(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}

/** Creates the preset; `loaded` are the modules that have been loaded so far, by path. */
export function createPreset(loaded: Readonly<Record<string, unknown>>): JestPreset {
  // In the sandbox `lockdep` is CommonJS, watched or not.
  const moduleNameMapper = { '^lockdep$': pathOf('../../cjs/index.cjs') };
  const setupFilesAfterEnv = [pathOf('./matcher.cjs')];
  if (isSwitchedOff()) return { moduleNameMapper, setupFilesAfterEnv };
  const run = openSharedRun();
  process.env[BASE_ENVIRONMENT] = findBaseEnvironment(loaded);
  // Where other reporters were asked for, ours is not there.
  process.on('exit', () => {
    if (run.end().isFailing) process.exitCode = 1;
  });
  return {
    testEnvironment: pathOf('./environment.cjs'),
    moduleNameMapper,
    setupFilesAfterEnv,
    reporters: ['default', pathOf('./reporter.cjs')],
  };
}

/** Creates the environment of the preset, on top of what `load` gives for the one of Jest. */
export function createEnvironment(load: (name: string) => unknown): EnvironmentClass {
  const base = load(process.env[BASE_ENVIRONMENT] ?? 'jest-environment-node');
  return watchEnvironment((base as { TestEnvironment: EnvironmentClass }).TestEnvironment);
}
