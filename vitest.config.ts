import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const source = (path: string): string => fileURLToPath(new URL(`src/${path}`, import.meta.url));

export default defineConfig({
  resolve: {
    // One copy in one test: `lockdep` and a relative import of a source file are the same objects.
    alias: [
      { find: /^lockdep$/, replacement: source('index.ts') },
      { find: /^lockdep\/register$/, replacement: source('register.ts') },
    ],
  },
  test: {
    // A bound on hangs, not on speed: properties run for seconds where other work takes the cores.
    testTimeout: 60_000,
    hookTimeout: 120_000,
    include: ['test/**/*.test.ts'],
    exclude: ['test/bench/**'],
    // A process a file: promise hooks and patched globals must not leak from one file into the next.
    pool: 'forks',
    retry: 0,
    globalSetup: ['test/setup/seed.ts', 'test/setup/runners.ts'],
    setupFiles: ['test/setup/fast-check.ts'],
  },
});
