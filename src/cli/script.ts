import { accessSync, constants, existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { formatFileError } from './file-error.ts';
import { UsageError } from './usage-error.ts';

const STRIPPABLE = /\.[mc]?ts$/;
const TYPESCRIPT = /\.[mc]?tsx?$/;
const COMPILED_ENDINGS = ['.js', '.mjs', '.cjs'];

function checkReadable(script: string): void {
  try {
    const isDirectory = statSync(script).isDirectory();
    if (isDirectory) throw new UsageError(`Expected a script to run, got ${script}, which is a directory`);
    accessSync(script, constants.R_OK);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`Expected a script to run, got ${script}, ${formatFileError(error)}`);
  }
}

/** Finds what `tsc` probably made of a script: beside it, or under `dist` with or without its folder. */
function findCompiled(script: string): string | undefined {
  const stem = script.replace(TYPESCRIPT, '');
  const relative = path.relative('', stem);
  const stems = [
    stem,
    path.join('dist', relative.replace(/^src[/\\]/, '')),
    path.join('dist', relative),
    path.join('dist', path.basename(stem)),
    path.join(path.dirname(stem), 'dist', path.basename(stem)),
  ];
  return stems
    .flatMap((each) => COMPILED_ENDINGS.map((ending) => each + ending))
    .find((file) => existsSync(file));
}

function checkLanguage(script: string): void {
  if (!TYPESCRIPT.test(script)) return;
  // Newer than our types: 'strip' or 'transform' where Node runs TypeScript, else false or missing.
  const { features }: { features: { typescript?: unknown } & object } = process;
  if (STRIPPABLE.test(script) && features.typescript) return;
  const compiled = findCompiled(script);
  const remedy =
    compiled === undefined
      ? 'compile it with tsc and run the .js with its source map, or use Node >= 22.18'
      : `run ${compiled} instead`;
  throw new UsageError(
    `Expected a script that Node ${process.versions.node} can run, got ${script} (TypeScript); ${remedy}`,
  );
}

/** Throws `UsageError` unless this Node can run the script. */
export function checkScript(script: string): void {
  checkReadable(script);
  checkLanguage(script);
}
