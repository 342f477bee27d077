/**
 * Places in the watched program. A stack costs microseconds, and an unread `Error` keeps the receivers
 * of its frames alive; so stacks are taken only when a `Transition` still wants some, kept as `Error`
 * while the obligation is open, and turned into text when an edge needs them.
 */
import { fileURLToPath } from 'node:url';
import type { ClockKey } from '../causality/grant.ts';
import { shareState } from './shared-state.ts';

/** One frame as V8 printed it: positions of the running code, before any source map. */
export interface RawFrame {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly fn: string | undefined;
}

/** A place that somebody recorded, which no source map applies to. */
export interface RecordedFrame extends RawFrame {
  /** Whatever the recorder wrote in the place of file and line. */
  readonly at: string | undefined;
}

export type RawStack = readonly RawFrame[];

/** A stack that nobody has read yet, or its frames. */
export type LazyStack = Error | RawStack;

function isRead(stack: LazyStack): stack is RawStack {
  return Array.isArray(stack);
}

/** Frames kept, the innermost first. Ours come on top, so a few more are asked for. */
const FRAMES = 12;
const OWN_FRAMES = 6;

/** Takes the stack here. Returns undefined where the program froze `Error.stackTraceLimit`. */
export function captureStack(): Error {
  const limit = Error.stackTraceLimit;
  try {
    Error.stackTraceLimit = FRAMES + OWN_FRAMES;
    return new Error('stack');
  } finally {
    Error.stackTraceLimit = limit;
  }
}

/** Both what runs and what it was made of: under `--enable-source-maps` a stack has the latter. */
export const ownRoots: readonly string[] = ['dist/', 'src/'].map((folder) =>
  fileURLToPath(new URL(`../../${folder}`, import.meta.url)),
);

/** Parts of paths that tell the files of watched libraries. */
const hiddenParts = shareState<string[]>('hidden-frames', () => []);

/** Cuts frames whose file has `part` in its path, as it cuts our own: those of a library that is watched. */
export function hideFrames(part: string): void {
  if (!hiddenParts.includes(part)) hiddenParts.push(part);
}

/** The frames of the watched program: ours, and those of Node, are cut. */
export function readStack(stack: LazyStack): RawStack {
  // Not `instanceof`: it may be of another realm.
  if (isRead(stack)) return stack;
  const text: unknown = stack.stack;
  // A program may replace `Error.prepareStackTrace` by something that returns no text.
  if (typeof text !== 'string') return [];
  const frames: RawFrame[] = [];
  for (const line of text.split('\n').slice(1)) {
    const frame = parseFrame(line);
    if (frame !== undefined && frames.length < FRAMES) frames.push(frame);
  }
  return frames;
}

const FRAME = /^\s+at (?:async )?(?:(.*?) \()?(.+?):(\d+):(\d+)\)?$/;

function parseFrame(text: string): RawFrame | undefined {
  const match = FRAME.exec(text);
  if (match === null) return undefined;
  const [, fn, place, line, column] = match;
  if (place === undefined || place.startsWith('node:')) return undefined;
  const file = place.startsWith('file://') ? fileURLToPath(place) : place;
  if (ownRoots.some((root) => file.startsWith(root))) return undefined;
  if (hiddenParts.some((part) => file.includes(part))) return undefined;
  return { file, line: Number(line), column: Number(column), fn: fn?.replace(/^(async|new) /, '') };
}

/** How many stacks a transition takes while it is young, and again in each turn of the loop after. */
const YOUNG_BUDGET = 256;
const TURN_BUDGET = 48;
/** Of the young ones, how many are kept as text. */
const KEPT_SAMPLES = 4;

/**
 * A request for one class and mode, made while another was the newest open one. Programs repeat a few
 * of these for ever. While a transition is young, and then for a while in every turn of the event loop,
 * each request through it takes its stack, so that whatever new edge it becomes part of has the place;
 * a loop that does nothing else soon runs without. A new edge that wanted a stack re-arms it.
 */
export class Transition {
  readonly key: ClockKey;
  budget: number = YOUNG_BUDGET;
  /** The cover under which all arrows to such a request were found warm last. */
  warmCover = 0;
  /** Places seen so far, for an edge whose own stack was not taken. */
  readonly samples: RawStack[] = [];
  #taken = 0;

  constructor(key: ClockKey) {
    this.key = key;
  }

  /** The stack of a request made now. */
  take(): Error {
    if (--this.budget === 0) refillLater(this);
    return captureStack();
  }

  /** Whether stacks of this transition are still worth the reading for `samples`. */
  isYoung(): boolean {
    return this.#taken < KEPT_SAMPLES * 2;
  }

  keep(stack: RawStack): void {
    this.#taken++;
    const [top] = stack;
    if (top === undefined || this.samples.length >= KEPT_SAMPLES) return;
    if (
      this.samples.some(
        ([other]) => other!.file === top.file && other!.line === top.line && other!.column === top.column,
      )
    )
      return;
    this.samples.push(stack);
  }

  rearm(): void {
    this.budget = Math.max(this.budget, YOUNG_BUDGET);
  }

  /** The kept place that shares most with `related`, the stack of what was done next. */
  likeliest(related: RawStack): RawStack | undefined {
    let best: RawStack | undefined;
    let bestScore = -1;
    for (const sample of this.samples) {
      const score = sample.filter((frame) =>
        related.some(({ file, fn }) => file === frame.file && fn === frame.fn),
      ).length;
      if (score > bestScore) [best, bestScore] = [sample, score];
    }
    return best;
  }
}

const plainSetImmediate = globalThis.setImmediate;
let exhausted: Transition[] = [];

function refillLater(transition: Transition): void {
  exhausted.push(transition);
  if (exhausted.length === 1) plainSetImmediate(refill).unref();
}

function refill(): void {
  const transitions = exhausted;
  exhausted = [];
  for (const transition of transitions) transition.budget = Math.max(transition.budget, TURN_BUDGET);
}
