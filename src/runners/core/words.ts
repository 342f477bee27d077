/** Loads what words findings when there is one: most runs have none, and every worker would pay. */
import { createRequire } from 'node:module';
import type * as Waits from './waits.ts';
import type * as Wording from './wording.ts';

export type Words = typeof Waits & typeof Wording;

const require = createRequire(import.meta.url);
const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';

let words: Words | undefined;

export function loadWords(): Words {
  return (words ??= {
    ...(require(`./waits.${extension}`) as typeof Waits),
    ...(require(`./wording.${extension}`) as typeof Wording),
  });
}
