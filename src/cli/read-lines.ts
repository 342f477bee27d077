import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import type { ReadLines } from '../report/source-lines.ts';

/** Nobody writes a source file this large by hand. */
const MAX_BYTES = 8 * 1024 * 1024;

export interface ReadLinesOptions {
  /** What relative paths start from. */
  folder: string;
  /** Whether files outside the folder stay unread: for a snapshot that somebody else made. */
  isConfined?: boolean;
}

function isInside(folder: string, file: string): boolean {
  const relative = path.relative(folder, file);
  return relative !== '' && relative.split(path.sep)[0] !== '..' && !path.isAbsolute(relative);
}

/** Creates a reader of source files that reads each once. A file that cannot be read has no lines. */
export function createReadLines({ folder, isConfined = false }: ReadLinesOptions): ReadLines {
  const cache = new Map<string, readonly string[] | undefined>();
  const read = (name: string): readonly string[] | undefined => {
    const file = path.resolve(folder, name);
    if (isConfined && !isInside(folder, file)) return undefined;
    try {
      const stats = statSync(file);
      if (!stats.isFile() || stats.size > MAX_BYTES) return undefined;
      return readFileSync(file, 'utf8').split(/\r\n|[\n\r\u2028\u2029]/);
    } catch {
      return undefined;
    }
  };
  return (name) => {
    if (!cache.has(name)) cache.set(name, read(name));
    return cache.get(name);
  };
}
