import { constants } from 'node:buffer';
import { readFileSync, statSync } from 'node:fs';

/** What a file is refused for that would fill the memory before it is found to be no text. */
class TooLargeError extends Error {
  readonly code = 'ERR_FS_FILE_TOO_LARGE';
}

/** Reads a file as text. Throws what the file system throws, and before reading where it is longer than a text can be. */
export function readText(file: string): string {
  if (statSync(file).size > constants.MAX_STRING_LENGTH) throw new TooLargeError();
  return readFileSync(file, 'utf8');
}
