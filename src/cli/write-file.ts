import { randomBytes } from 'node:crypto';
import {
  closeSync,
  openSync,
  readSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { TextDecoder } from 'node:util';

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

function writeParts(descriptor: number, parts: Iterable<string>): void {
  for (const part of parts) writeFileSync(descriptor, part);
}

/** Opens a file, writes it and closes it, whatever happens. */
function writeNow(file: string, parts: Iterable<string>, flags: 'w' | 'wx', mode: number | undefined): void {
  const descriptor = openSync(file, flags, mode);
  try {
    writeParts(descriptor, parts);
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Writes a file at once or not at all: beside it first, then renamed, so that a reader never sees half
 * of it and a failure leaves the old one. A terminal or a pipe is written directly. What is too long for
 * one text comes in parts. Throws what the file system throws.
 */
export function writeWholeFile(file: string, text: string | Iterable<string>): void {
  const parts = typeof text === 'string' ? [text] : text;
  const descriptor = findOwnStream(file);
  if (descriptor !== undefined) {
    writeParts(descriptor, parts);
    return;
  }
  const { target, mode, isSpecial } = findTarget(file);
  if (isSpecial) {
    writeNow(target, parts, 'w', undefined);
    return;
  }
  const temporary = `${target}.${process.pid}-${randomBytes(4).toString('hex')}.tmp`;
  try {
    writeNow(temporary, parts, 'wx', mode);
    renameSync(temporary, target);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

const PART_BYTES = 1 << 20;

function* readParts(file: string): IterableIterator<string> {
  const descriptor = openSync(file, 'r');
  try {
    const buffer = Buffer.alloc(PART_BYTES);
    const decoder = new TextDecoder();
    for (let read = readSync(descriptor, buffer); read > 0; read = readSync(descriptor, buffer))
      yield decoder.decode(buffer.subarray(0, read), { stream: true });
    yield decoder.decode();
  } finally {
    closeSync(descriptor);
  }
}

/** As `writeWholeFile`, with the text of another file, however long. */
export function copyWholeFile(from: string, file: string): void {
  writeWholeFile(file, readParts(from));
}
