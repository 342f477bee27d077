/**
 * Many snapshots into one. The result is a function of the set of inputs: whatever the order, whatever was
 * merged before, and however often an input comes. So a merged snapshot keeps what each input has by itself,
 * and what the inputs make together is never read back, but found anew each time.
 *
 * One snapshot at a time is in memory, beside the result.
 */
import { createHash } from 'node:crypto';
import { compareFindings, compareText } from '../validator/snapshot.ts';
import type { Snapshot, SnapshotEdge, SnapshotFinding, SnapshotInput } from '../validator/snapshot-format.ts';
import { findTogether } from './find-together.ts';
import { readCounts } from './input-counts.ts';
import { MergedClass, compareClasses, keyOfClass } from './merged-class.ts';
import { MergedEdge, keyOfEdge } from './merged-edge.ts';
import { MergedFinding } from './merged-finding.ts';

/** What several inputs say differently is listed: `node/20.20.2, node/24.1.0`. */
const SEPARATOR = ', ';

export class SnapshotMerger {
  /** By id; numbered in the order they came. */
  readonly #inputs = new Map<string, SnapshotInput & { number: number }>();
  readonly #classes = new Map<string, MergedClass>();
  readonly #edges = new Map<string, MergedEdge>();
  readonly #findings = new Map<string, MergedFinding>();
  readonly #tools = new Set<string>();
  readonly #runtimes = new Set<string>();

  /** Adds a snapshot; `name` is what to call its input, if that has no name yet. */
  add(snapshot: Snapshot, name?: string): void {
    const inputs = this.#numberInputs(snapshot, name);
    for (const tool of snapshot.tool.split(SEPARATOR)) this.#tools.add(tool);
    for (const runtime of snapshot.runtime.split(SEPARATOR)) this.#runtimes.add(runtime);
    for (const lockClass of snapshot.classes) {
      const key = keyOfClass(lockClass);
      const known = this.#classes.get(key) ?? new MergedClass(lockClass);
      known.absorb(lockClass, inputs);
      this.#classes.set(key, known);
    }
    for (const edge of snapshot.edges) this.#addEdge(edge, inputs);
    for (const finding of snapshot.findings) this.#addFinding(finding, snapshot, inputs);
  }

  /** The merged snapshot. */
  snapshot(): Snapshot {
    const inputs = [...this.#inputs.values()].sort((a, b) => compareText(a.id, b.id));
    const numbers: number[] = [];
    for (const [index, { number }] of inputs.entries()) numbers[number] = index;
    const merged = [...this.#edges.values()].sort((a, b) => compareText(a.key, b.key));
    const classes = [...this.#classes.values()].map((each) => each.toSnapshot(numbers)).sort(compareClasses);
    const edges = merged.map((edge) => edge.toSnapshot(numbers));
    return {
      version: 1,
      tool: [...this.#tools].sort(compareText).join(SEPARATOR),
      runtime: [...this.#runtimes].sort(compareText).join(SEPARATOR),
      inputs: inputs.map(({ id, runs, name }) => ({ id, runs, ...(name === undefined ? {} : { name }) })),
      classes,
      edges,
      findings: this.#judge(merged, findTogether(classes, edges), numbers),
    };
  }

  #numberInputs(snapshot: Snapshot, name: string | undefined): number[] {
    const given = snapshot.inputs.length === 0 ? [{ id: hashSnapshot(snapshot), runs: 1 }] : snapshot.inputs;
    return given.map((input: SnapshotInput) => {
      const named = input.name ?? (given.length === 1 ? name : undefined);
      const known = this.#inputs.get(input.id);
      const names = [known?.name, named].filter((each) => each !== undefined).sort(compareText);
      const number = known?.number ?? this.#inputs.size;
      const runs = Math.max(input.runs, known?.runs ?? 0);
      const [first] = names;
      this.#inputs.set(input.id, {
        id: input.id,
        runs,
        ...(first === undefined ? {} : { name: first }),
        number,
      });
      return number;
    });
  }

  #addEdge(edge: SnapshotEdge, inputs: readonly number[]): void {
    const key = keyOfEdge(edge);
    const counts = readCounts(edge.counts, edge.count, inputs);
    const known = this.#edges.get(key);
    this.#edges.set(key, known === undefined ? new MergedEdge(edge, counts) : known.absorb(edge, counts));
  }

  #addFinding(finding: SnapshotFinding, { edges }: Snapshot, inputs: readonly number[]): void {
    // What several inputs have only together is found again.
    if (finding.counts === undefined && inputs.length > 1) return;
    const counts = readCounts(finding.counts, finding.count, inputs);
    const known = this.#findings.get(finding.fingerprint);
    if (known === undefined)
      this.#findings.set(finding.fingerprint, new MergedFinding(finding, edges, counts));
    else known.absorb(finding, edges, counts);
  }

  /**
   * The findings of the inputs, and beside them cycles that no input has whole: where one has, its own
   * validator has judged. What all the edges have from one and the same input is not judged anew either.
   */
  #judge(
    merged: readonly MergedEdge[],
    together: ReadonlyMap<string, SnapshotFinding>,
    numbers: readonly number[],
  ): SnapshotFinding[] {
    const indices = new Map(merged.map((edge, index) => [edge.key, index]));
    const inputsOf = ({ edges }: SnapshotFinding): Set<number>[] =>
      edges.map((index) => new Set(merged[index]!.inputs));
    const findings = [...this.#findings].map(([fingerprint, finding]) => {
      const joint = together.get(fingerprint);
      const isJoint = joint !== undefined && new Set(inputsOf(joint).flatMap((each) => [...each])).size > 1;
      return finding.toSnapshot(indices, numbers, isJoint ? joint : undefined);
    });
    for (const [fingerprint, finding] of together) {
      if (this.#findings.has(fingerprint)) continue;
      const [first = new Set<number>(), ...others] = inputsOf(finding);
      if (![...first].some((input) => others.every((each) => each.has(input)))) findings.push(finding);
    }
    return findings.sort(compareFindings);
  }
}

/** A snapshot that says nothing of its input is known by what it says. */
function hashSnapshot(snapshot: Snapshot): string {
  return createHash('sha256').update(JSON.stringify(snapshot)).digest('hex').slice(0, 16);
}
