/** Runs in Vitest's own process, once a project, before the first test. */
import { findSharedRun } from '../core/test-run.ts';

interface Vitest {
  reporters: { onTestRunEnd?: () => void }[];
}

const prepared = new WeakSet<Vitest>();

/** Ends the run where its reporters do, in whatever order they were asked for, and in a watch each time. */
export function setup({ vitest }: { vitest: Vitest }): void {
  const run = findSharedRun();
  if (run === undefined || prepared.has(vitest)) return;
  prepared.add(vitest);
  vitest.reporters.push({
    onTestRunEnd() {
      if (run.end().isFailing) process.exitCode = 1;
    },
  });
}
