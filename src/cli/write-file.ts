import { randomBytes } from 'node:crypto';
import {
  closeSync,
  copyFileSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';

/** Names of our own open streams: what they lead to is not a file to replace, even when it is one. */
const OWN_STREAM = /^\/(?:dev|proc\/self)\/(?:(stdout)|(stderr)|fd\/(\d+))$/;

function findOwnStream(file: string): number | undefined {
  const [isOwn, stdout, stderr, descriptor] = OWN_STREAM.exec(file) ?? [];
  if (isOwn === undefined) return undefined;
  if (stdout !== undefined) return 1;
  return stderr === undefined ? Number(descriptor) : 2;
}

/** What a link points to is written, not the link; a file that does not exist yet is its own target. */
function findTarget(file: string): { target: string; mode: number | undefined; isSpecial: boolean } {
  try {
    const target = realpathSync(file);
    const stats = statSync(target);
    return { target, mode: stats.mode & 0o777, isSpecial: !stats.isFile() };
  } catch {
    return { target: file, mode: undefined, isSpecial: false };
  }
}

/**
 * Writes a file at once or not at all: beside it first, then renamed, so that a reader never sees half
 * of it and a failure leaves the old one. A terminal or a pipe is written directly. Throws what the
 * file system throws.
 */
export function writeWholeFile(file: string, text: string): void {
  putWholeFile(file, (target) => writeFileSync(target, text));
}

/** As `writeWholeFile`, with what another file has, which may be larger than a text can be. */
export function copyWholeFile(from: string, file: string): void {
  putWholeFile(file, (target) => {
    if (typeof target === 'string') copyFileSync(from, target);
    else writeFileSync(target, readFileSync(from));
  });
}

function putWholeFile(file: string, write: (target: string | number) => void): void {
  const descriptor = findOwnStream(file);
  if (descriptor !== undefined) {
    write(descriptor);
    return;
  }
  const { target, mode, isSpecial } = findTarget(file);
  if (isSpecial) {
    const special = openSync(target, 'w');
    try {
      write(special);
    } finally {
      closeSync(special);
    }
    return;
  }
  const temporary = `${target}.${process.pid}-${randomBytes(4).toString('hex')}.tmp`;
  try {
    // Made here with the mode that it is to have, and never somebody else's file.
    closeSync(openSync(temporary, 'wx', mode));
    write(temporary);
    renameSync(temporary, target);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}
