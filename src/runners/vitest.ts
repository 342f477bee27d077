/** `lockdep/vitest`: a plug-in for `vitest.config`. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { libraries } from '../adapters/shared/libraries.ts';
import type { RunnerOptions } from './core/options.ts';
import { checkGiven, isSwitchedOff, openSharedRun } from './core/test-run.ts';
import { tellOfImports } from './vitest/imports.ts';

export type { AllowEntry, Level, RunnerOptions } from './core/options.ts';

declare module 'vitest' {
  interface Assertion<T> {
    /**
     * Fails with the reports of what the test has completed so far; with `.not`, where it has completed nothing, and
     * what it has completed fails nothing any more. `lockdep` is all that is imported of it, or its `validator`.
     */
    toBeClean(): void;
  }
}

/** What is used of a Vite plug-in; Vite itself is none of our dependencies. */
export interface VitestPlugin {
  name: string;
  config: (config: object) => void;
}

interface VitestConfig {
  root?: string;
  resolve?: { alias?: Record<string, string> | { find: string | RegExp; replacement: string }[] };
  test?: { setupFiles?: string | string[]; globalSetup?: string | string[] };
}

const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';

function pathOf(name: string): string {
  return fileURLToPath(new URL(`./vitest/${name}.${extension}`, import.meta.url));
}

function listOf(value: string | string[] | undefined): string[] {
  return value === undefined ? [] : typeof value === 'string' ? [value] : value;
}

/**
 * Vitest resolves what tests and their sources import before Node sees it, so a library is replaced here by
 * our module that exports the same, watched. What dependencies import is left to Node's own hooks.
 */
function listAliases(): { find: RegExp; replacement: string }[] {
  return Object.keys(libraries)
    .filter((name) => existsSync(fileURLToPath(new URL(`../entries/${name}.${extension}`, import.meta.url))))
    .map((name) => ({ find: new RegExp(`^${name}$`), replacement: `lockdep/${name}` }));
}

/**
 * Watches the locks of a test suite: each test is a flow, and fails by what it completes. Switched off by
 * `LOCKDEP=off`.
 * @throws LockdepError `ERR_INVALID_ARGUMENT` for a bad option.
 * @example
 * export default defineConfig({ plugins: [lockdep()] });
 */
export function lockdep(options: RunnerOptions = {}): VitestPlugin {
  checkGiven(options);
  return {
    name: 'lockdep',
    config(config: VitestConfig) {
      const test = (config.test ??= {});
      if (isSwitchedOff()) {
        // Tests that ask whether they are clean still can.
        test.setupFiles = [pathOf('matcher'), ...listOf(test.setupFiles)];
        return;
      }
      openSharedRun(options);
      tellOfImports(config.root ?? process.cwd());
      const { alias = [] } = (config.resolve ??= {});
      const given = Array.isArray(alias)
        ? alias
        : Object.entries(alias).map(([find, replacement]) => ({ find, replacement }));
      // Last, so that what the user has said of a library counts.
      config.resolve.alias = [...given, ...listAliases()];
      // First, so that our hooks are around those of all others.
      test.setupFiles = [pathOf('setup'), ...listOf(test.setupFiles)];
      test.globalSetup = [pathOf('global-setup'), ...listOf(test.globalSetup)];
    },
  };
}
