import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    seed: number;
  }
}

const seedInCi = 20_260_101;

/** Chooses one seed for the whole run and prints it once: `LOCKDEP_SEED`, else a fixed one in CI, else a random one. */
export function setup(project: TestProject): void {
  const seed = chooseSeed();
  // stderr, so that a report on stdout stays parseable.
  process.stderr.write(`fast-check seed: ${seed} (LOCKDEP_SEED=${seed} repeats it)\n`);
  project.provide('seed', seed);
}

function chooseSeed(): number {
  const wanted = process.env['LOCKDEP_SEED'];
  if (wanted) {
    const seed = Number(wanted);
    if (!Number.isInteger(seed))
      throw new TypeError(`Expected LOCKDEP_SEED to be an integer, got "${wanted}".`);
    return seed;
  }
  if (process.env['CI'] === 'true') return seedInCi;
  return Math.floor(Math.random() * 2 ** 31);
}
