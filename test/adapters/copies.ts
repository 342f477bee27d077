/** Copies of libraries, so that one is watched and another is not. */
import { createRequire } from 'node:module';
import { hideFrames } from '../../src/validator/stack-trace.ts';

const require = createRequire(import.meta.url);
let copies = 0;

/** Another copy of the module at `file`, by itself. */
export async function importCopy(file: string): Promise<Record<string, unknown>> {
  return (await import(/* @vite-ignore */ `${file}?copy=${++copies}`)) as Record<string, unknown>;
}

/** Another copy of what `require` gives, with all files of its package. */
export function requireCopy(name: string): Record<string, unknown> {
  const file = require.resolve(name);
  const folder = packageFolder(file);
  // As an entry and `register` do, by the file: the package may be installed under another name.
  hideFrames(folder);
  for (const key of Object.keys(require.cache)) if (key.startsWith(folder)) delete require.cache[key];
  return require(file) as Record<string, unknown>;
}

export function packageFolder(file: string): string {
  const [folder] = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+\//.exec(file)!;
  return folder;
}

/** What a scenario does with a copy of a library, told line by line. */
export type Scenario<L> = (library: L, tell: (line: string) => void) => unknown;

/** Runs a scenario to its end and returns what it told. Ticks count: `tick` is told between them. */
export async function play<L>(scenario: Scenario<L>, library: L): Promise<string[]> {
  const lines: string[] = [];
  const tell = (line: string): void => void lines.push(line);
  let isOver = false;
  const ticking = (async () => {
    for (let i = 0; !isOver && i < 200; i++) {
      await undefined;
      tell('tick');
    }
  })();
  try {
    await scenario(library, tell);
  } catch (error) {
    tell(`threw ${String(error)}`);
  }
  isOver = true;
  await ticking;
  return lines;
}
