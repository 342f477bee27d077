import { compareText } from '../validator/snapshot.ts';
import type { SnapshotClass, SnapshotFigures, SnapshotTimes } from '../validator/snapshot-format.ts';

type Trait = 'fair' | 'serial' | 'exempt' | 'perCpu';

const TRAITS: readonly Trait[] = ['fair', 'serial', 'exempt', 'perCpu'];

/** What tells a class from others; locks of one name can be of two kinds. */
export function keyOfClass({ name, kind, permits, unlimited }: SnapshotClass): string {
  return [name, kind, unlimited === true ? 'unlimited' : (permits ?? 1)].join('\u0000');
}

function listFigures({ acquisitions, contentions, instances, waitMs, holdMs }: SnapshotFigures): number[] {
  return [acquisitions, contentions, instances, waitMs.max, holdMs.max, waitMs.mean, holdMs.mean];
}

function textOf({ waitMs, holdMs }: SnapshotFigures): string {
  return JSON.stringify([waitMs, holdMs].map(({ count, p50, p95, p99, at }) => [count, p50, p95, p99, at]));
}

type Percentile = 'p50' | 'p95' | 'p99';

/**
 * Percentiles of several inputs cannot be worked out from those of each; the greatest is what none of them
 * is above.
 */
function mergePercentiles(all: readonly SnapshotTimes[], max: number): Partial<SnapshotTimes> {
  const merged: Partial<SnapshotTimes> = {};
  const counts = all.flatMap(({ count }) => (count === undefined ? [] : [count]));
  if (counts.length > 0) merged.count = counts.reduce((sum, count) => sum + count, 0);
  for (const key of ['p50', 'p95', 'p99'] satisfies Percentile[]) {
    const values = all.flatMap((times) => times[key] ?? []);
    if (values.length > 0) merged[key] = Math.max(...values);
  }
  const [at] = all
    .flatMap((times) => (times.max === max && times.at !== undefined ? [times.at] : []))
    .sort(compareText);
  if (at !== undefined) merged.at = at;
  return merged;
}

/** Of two snapshots of one input the one that saw more is the later one. */
function isLater(a: SnapshotFigures, b: SnapshotFigures): boolean {
  const others = listFigures(b);
  const difference = listFigures(a).map((figure, index) => figure - (others[index] ?? 0));
  const first = difference.find((each) => each !== 0);
  // Of two that differ in nothing but percentiles and places it must be the same one in whatever order.
  return first === undefined ? textOf(a) > textOf(b) : first > 0;
}

/** A class over all inputs. */
export class MergedClass {
  readonly first: SnapshotClass;
  readonly #figures = new Map<number, SnapshotFigures>();
  /** What excuses a class must hold in every input. */
  readonly #traits: Set<Trait>;
  #site: string | undefined;

  constructor(first: SnapshotClass) {
    this.first = first;
    this.#traits = new Set(TRAITS.filter((trait) => first[trait] === true));
  }

  absorb(other: SnapshotClass, inputs: readonly number[]): void {
    const { site, perInput = [{ ...other, input: 0 }] } = other;
    for (const figures of perInput) {
      const input = inputs[figures.input];
      if (input === undefined) continue;
      const known = this.#figures.get(input);
      if (known === undefined || isLater(figures, known)) this.#figures.set(input, pickFigures(figures));
    }
    for (const trait of this.#traits) if (other[trait] !== true) this.#traits.delete(trait);
    if (site !== undefined && (this.#site === undefined || site < this.#site)) this.#site = site;
  }

  toSnapshot(numbers: readonly number[]): SnapshotClass {
    // In the order of the inputs, since a sum of fractions depends on it.
    const perInput = [...this.#figures]
      .map(([input, figures]) => ({ input: numbers[input]!, ...figures }))
      .sort((a, b) => a.input - b.input);
    const sum = (pick: (figures: SnapshotFigures) => number): number =>
      perInput.reduce((total, figures) => total + pick(figures), 0);
    const acquisitions = sum((figures) => figures.acquisitions);
    const mergeTimes = (pick: (figures: SnapshotFigures) => SnapshotTimes): SnapshotTimes => {
      const weighted = sum((figures) => pick(figures).mean * figures.acquisitions);
      const max = perInput.reduce((max, figures) => Math.max(max, pick(figures).max), 0);
      return {
        max,
        mean: acquisitions === 0 ? 0 : Math.round((weighted / acquisitions) * 1000) / 1000,
        ...mergePercentiles(perInput.map(pick), max),
      };
    };
    const { name, kind, permits, unlimited } = this.first;
    return {
      name,
      kind,
      instances: sum((figures) => figures.instances),
      acquisitions,
      contentions: sum((figures) => figures.contentions),
      waitMs: mergeTimes((figures) => figures.waitMs),
      holdMs: mergeTimes((figures) => figures.holdMs),
      ...(this.#site === undefined ? {} : { site: this.#site }),
      ...(permits === undefined ? {} : { permits }),
      ...(unlimited === true ? { unlimited } : {}),
      ...Object.fromEntries(TRAITS.filter((trait) => this.#traits.has(trait)).map((trait) => [trait, true])),
      perInput,
    };
  }
}

function pickFigures({
  instances,
  acquisitions,
  contentions,
  waitMs,
  holdMs,
}: SnapshotFigures): SnapshotFigures {
  return { instances, acquisitions, contentions, waitMs, holdMs };
}

export function compareClasses(a: SnapshotClass, b: SnapshotClass): number {
  return compareText(a.name, b.name) || compareText(keyOfClass(a), keyOfClass(b));
}
