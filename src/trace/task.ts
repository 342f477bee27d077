/** A task of a trace: one sequence of events, and the interrupts that came into it. */
import type { Clock } from '../causality/clock.ts';
import type { HoldMode } from '../graph/vocabulary.ts';
import type { Obligation } from '../validator/obligation.ts';
import type { TraceLock } from './lock-table.ts';
import { ANY, allowedIn } from './kinds.ts';

/** What somebody has of a lock. */
export interface Hold {
  readonly lock: TraceLock;
  mode: HoldMode;
  obligation: Obligation;
  /** Who has it; changes when it is handed over. */
  frame: Frame;
}

/** A request that was made and not granted yet. */
export interface Pending {
  readonly lock: TraceLock;
  readonly mode: HoldMode;
  readonly obligation: Obligation;
}

/** A task, or an interrupt that came into it: what it holds is its own, and nothing crosses the boundary. */
export interface Frame {
  /** Undefined for the task itself. */
  readonly context: string | undefined;
  /** What may be waited for here, before any lock is held. */
  readonly allowed: number;
  clock: Clock;
  /** The newest last. */
  readonly holds: Hold[];
  readonly pending: Pending[];
}

/** Contexts that stay out while another one is kept out, or runs: softirqs run when interrupts end. */
const KEEPS_OUT: ReadonlyMap<string, readonly string[]> = new Map([['hardirq', ['softirq']]]);

/** Contexts that stay out while this one is kept out. */
export function keptOutBy(context: string): readonly string[] {
  return KEEPS_OUT.get(context) ?? [];
}

/** Keeping interrupts out twice is keeping them out once; of everything else the uses are counted. */
const UNCOUNTED: ReadonlySet<string> = new Set(['hardirq']);

let tasks = 0;

export class Task {
  readonly frames: Frame[];
  /** Tells it from all other tasks. */
  readonly id: number = ++tasks;
  readonly #masks = new Map<string, number>();

  constructor() {
    this.frames = [createFrame(undefined, ANY)];
  }

  /** What runs now: the task, or the interrupt that came last. */
  get frame(): Frame {
    return this.frames.at(-1)!;
  }

  enter(context: string, isThreaded: boolean): void {
    this.frames.push(createFrame(context, allowedIn(context, isThreaded)));
  }

  /** Ends the interrupt that came last; returns it, or undefined if it is another one. */
  leave(context: string): Frame | undefined {
    return this.frame.context === context ? this.frames.pop() : undefined;
  }

  mask(context: string): void {
    const count = UNCOUNTED.has(context) ? 0 : (this.#masks.get(context) ?? 0);
    this.#masks.set(context, count + 1);
  }

  /** Returns whether it was kept out at all. */
  unmask(context: string): boolean {
    const count = this.#masks.get(context) ?? 0;
    if (count > 0) this.#masks.set(context, count - 1);
    return count > 0;
  }

  /** Whether the context may come in now. */
  lets(context: string): boolean {
    if (this.#keepsOut(context)) return false;
    for (const [other, kept] of KEEPS_OUT) if (kept.includes(context) && this.#keepsOut(other)) return false;
    return true;
  }

  #keepsOut(context: string): boolean {
    return (this.#masks.get(context) ?? 0) > 0 || this.frames.some((frame) => frame.context === context);
  }
}

function createFrame(context: string | undefined, allowed: number): Frame {
  return { context, allowed, clock: null, holds: [], pending: [] };
}
