/**
 * Execution contexts: code that interrupts other code, and does not let it go on before it has ended. The
 * kernel has two (interrupts and softirqs); the event loop is a third for whoever blocks it.
 *
 *   A class that a context asks for must not be held where the context can come in, neither itself nor
 *   anything that it must wait for (Linux lockdep-design, "irq-safe" and "irq-unsafe").
 *
 * The whole rule is two arrows by way of a node for the context: what is held while the context may come in
 * waits for it to end, and the context waits for what it asks for. Then a conflict is a strong cycle like
 * any other, found when its last arrow comes, in whatever order they come.
 */
import type { HoldMode, RequestMode } from '../graph/vocabulary.ts';
import type { Arrows } from './arrows.ts';
import type { LockClass } from './lock-class.ts';
import type { RawStack } from './stack-trace.ts';

/** The event loop, for code that blocks it. */
export const LOOP_CONTEXT = 'loop';

/** Where a class was held in one mode with everything let in, the first time. */
type FirstPlaces = Map<LockClass, Partial<Record<HoldMode, RawStack>>>;

const NONE: RawStack = [];

/** What contexts ask for, and what is held where they may come in. */
export class Contexts {
  readonly #arrows: Arrows;
  readonly #createClass: (name: string) => LockClass;
  readonly #classes = new Map<string, LockClass>();
  /** Kept for contexts that are named later: until then, nothing kept them out. */
  readonly #held: FirstPlaces = new Map();
  /** By context and class, a bit for each arrow that is there. */
  readonly #known = new Map<string, Map<LockClass, number>>();

  /** `createClass` makes the class that stands for a context. */
  constructor(arrows: Arrows, createClass: (name: string) => LockClass) {
    this.#arrows = arrows;
    this.#createClass = createClass;
  }

  /** Contexts that were named so far. */
  get names(): IterableIterator<string> {
    return this.#classes.keys();
  }

  /** Whether the context was named. */
  has(context: string): boolean {
    return this.#classes.has(context);
  }

  /** Makes a context known; all that was held so far was held where it may come in. */
  name(context: string): void {
    if (this.#classes.has(context)) return;
    this.#classes.set(context, this.#createClass(context));
    this.#known.set(context, new Map());
    for (const [lockClass, places] of this.#held) {
      for (const mode of ['exclusive', 'shared'] as const) {
        const place = places[mode];
        if (place !== undefined) this.noteHeld(context, lockClass, mode, place, place);
      }
    }
  }

  /** `lockClass` was asked for in the context. */
  noteUsed(context: string, lockClass: LockClass, mode: RequestMode, place: RawStack): void {
    if (!this.#isNew(context, lockClass, USED_BITS[mode])) return;
    this.#arrows.observeContext(this.#classOf(context), 'exclusive', lockClass, mode, NONE, place);
  }

  /** `lockClass` was held where the context may come in. */
  noteHeld(context: string, lockClass: LockClass, mode: HoldMode, held: RawStack, enabled: RawStack): void {
    if (!this.#isNew(context, lockClass, HELD_BITS[mode])) return;
    this.#arrows.observeContext(lockClass, mode, this.#classOf(context), 'exclusive', held, enabled);
  }

  /** `lockClass` was held with every context let in that will ever be named. */
  noteHeldOpenly(lockClass: LockClass, mode: HoldMode, place: RawStack): void {
    let places = this.#held.get(lockClass);
    if (places === undefined) this.#held.set(lockClass, (places = {}));
    places[mode] ??= place;
  }

  #classOf(context: string): LockClass {
    this.name(context);
    return this.#classes.get(context)!;
  }

  #isNew(context: string, lockClass: LockClass, bit: number): boolean {
    if (lockClass.isPerCpu || lockClass.isExempt) return false;
    this.name(context);
    const known = this.#known.get(context)!;
    const bits = known.get(lockClass) ?? 0;
    if ((bits & bit) !== 0) return false;
    known.set(lockClass, bits | bit);
    return true;
  }
}

const USED_BITS: Readonly<Record<RequestMode, number>> = { exclusive: 1, shared: 2, recursive: 4 };
const HELD_BITS: Readonly<Record<HoldMode, number>> = { exclusive: 8, shared: 16 };
