/** From the running code to what was written: source maps, paths relative to the working directory. */
import { createRequire } from 'node:module';
import { isAbsolute, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type * as SourceMapSupport from 'source-map-support';
import type { SnapshotFrame, SnapshotStack } from './snapshot-format.ts';
import type { RawFrame, RawStack, RecordedFrame } from './stack-trace.ts';

const require = createRequire(import.meta.url);

let mapper: typeof SourceMapSupport | undefined;

/** Loaded when the first place is printed, never before: most runs print none. */
function loadMapper(): typeof SourceMapSupport {
  return (mapper ??= require('source-map-support') as typeof SourceMapSupport);
}

/** `path:line:column` of the original source. A broken map leaves the position of the running code. */
export function placeOf(frame: RawFrame | RecordedFrame): string {
  const { file, line, column } = frame;
  if ('at' in frame) return frame.at ?? `${file}:${line}:${column}`;
  let position = { source: file, line, column: column - 1 };
  try {
    position = { ...position, ...loadMapper().mapSourcePosition(position) };
  } catch {
    // The position of the running code is still true.
  }
  const source = position.source.startsWith('file://') ? fileURLToPath(position.source) : position.source;
  return `${relativePath(source)}:${position.line}:${position.column + 1}`;
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
