/** The runners that are tried, at the lowest and the highest version of each range; null where this Node is too old. */
import type { Runner } from './project.ts';

interface Version {
  runner: Runner;
  alias: string;
  /** The lowest Node that it runs on. */
  node?: number;
  /** The lowest Node that it does not run on, with us or without. */
  below?: number;
}

const all: readonly Version[] = [
  { runner: 'vitest', alias: 'vitest-3.0' },
  { runner: 'vitest', alias: 'vitest-3' },
  { runner: 'vitest', alias: 'vitest-4.0' },
  { runner: 'vitest', alias: 'vitest-4' },
  { runner: 'vitest', alias: 'vitest-5', node: 22 },
  { runner: 'jest', alias: 'jest-29.0' },
  { runner: 'jest', alias: 'jest-29' },
  { runner: 'jest', alias: 'jest-30.0' },
  { runner: 'jest', alias: 'jest-30' },
  // Its yargs has CommonJS in a file that Node 26 takes for an ES module.
  { runner: 'mocha', alias: 'mocha-10.0', below: 26 },
  { runner: 'mocha', alias: 'mocha-10' },
  { runner: 'mocha', alias: 'mocha-11' },
  { runner: 'mocha', alias: 'mocha-12' },
  { runner: 'node-test', alias: 'node-test' },
];

const major = Number.parseInt(process.versions.node, 10);

/** What runs on this Node. */
export const versions: readonly Version[] = all.filter(
  ({ node = 0, below = Infinity }) => node <= major && major < below,
);

/** One version of each runner, the highest that this Node runs. */
export const newest: readonly Version[] = (['vitest', 'jest', 'mocha', 'node-test'] as const).map((runner) =>
  versions.findLast((each) => each.runner === runner)!,
);

for (const { alias, node, below } of all)
  if (!versions.some((each) => each.alias === alias))
    process.stderr.write(
      `skipped: ${alias} wants Node ${node ?? `below ${below}`}, this is ${process.versions.node}\n`,
    );
