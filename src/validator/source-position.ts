/** From the running code to what was written: source maps, paths relative to the working directory. */
import { isAbsolute, relative, sep } from 'node:path';
import type { SnapshotFrame, SnapshotStack } from './snapshot-format.ts';
import { findOriginal } from './source-map.ts';
import type { RawFrame, RawStack, RecordedFrame } from './stack-trace.ts';

/** `path:line:column` of the original source. A broken map leaves the position of the running code. */
export function placeOf(frame: RawFrame | RecordedFrame): string {
  if ('at' in frame) return frame.at ?? `${frame.file}:${frame.line}:${frame.column}`;
  const { file, line, column } = findOriginal(frame);
  return `${relativePath(file)}:${line}:${column}`;
}

function relativePath(path: string): string {
  if (!isAbsolute(path)) return path;
  const shorter = relative(process.cwd(), path);
  return (shorter.startsWith('..') || isAbsolute(shorter) ? path : shorter).split(sep).join('/');
}

/** Frames with the positions of the original source. */
export function toSnapshotStack(stack: RawStack, isApproximate: boolean, flow?: string): SnapshotStack {
  const frames = stack.map((frame): SnapshotFrame => ({
    at: placeOf(frame),
    ...(frame.fn === undefined ? {} : { fn: frame.fn }),
  }));
  return {
    frames,
    ...(isApproximate ? { approximate: true } : {}),
    ...(flow === undefined ? {} : { flow }),
  };
}
