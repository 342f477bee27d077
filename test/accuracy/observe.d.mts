import type { Program } from './program.mjs';
import type { Random } from './random.mjs';

/**
 * The trace of one run in which each task runs once, every try succeeds and everything finishes; `undefined` when
 * there is no such run.
 */
export function observe(program: Program, random: Random): string | undefined;
