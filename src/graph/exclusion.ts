/**
 * Why a cycle cannot happen. All flows of a deadlock stand still at once, each with all its locks in hand.
 * So two flows that hold one lock, one of them exclusively, are never in it together (Goodlock: Havelund,
 * "Using runtime analysis to guide model checking of Java programs", 2000), whether that lock was taken
 * before or after the one the arrow leaves from. And all units of a counted resource must be out: a gate
 * keeps the holders of several units apart as it keeps two flows of the cycle apart.
 */
import type { Edge } from './edge.ts';

/** A gate by its instance; negative where it was held shared. */
export type Gate = number;

/** What of a graph it takes to find those who hold the other units. */
export interface Resources<Data> {
  edgesFrom(node: number): readonly Edge<Data>[];
  /** Units there are. */
  capacity(node: number): number;
}

/** Gates that keep the flows of two edges apart. */
function keptApartBy(a: readonly Gate[], b: readonly Gate[]): Gate[] {
  return a.filter((gate) => (b.includes(gate) ? gate > 0 : b.includes(-gate))).map((gate) => Math.abs(gate));
}

/** Gates that keep two flows of the same edge apart. */
function keptApartFromItself(gates: readonly Gate[]): Gate[] {
  return gates.filter((gate) => gate > 0);
}

/** Gates that make a closed path impossible; empty where it can happen. `mayPass` lets edges take part. */
export function findExclusion<Data>(
  edges: readonly Edge<Data>[],
  resources: Resources<Data>,
  mayPass: (edge: Edge<Data>) => boolean,
): Gate[] {
  const gated = edges.filter((edge) => edge.gates.length > 0);
  for (const [i, edge] of gated.entries()) {
    for (let j = 0; j < i; j++) {
      const gates = keptApartBy(edge.gates, gated[j]!.gates);
      if (gates.length > 0) return gates;
    }
  }
  for (const edge of gated) {
    if (!canExhaust(edge, edges, resources, mayPass)) return keptApartFromItself(edge.gates);
  }
  return [];
}

/** Whether there can be enough flows at once that stand still with a unit of what `edge` leaves from. */
function canExhaust<Data>(
  edge: Edge<Data>,
  cycle: readonly Edge<Data>[],
  resources: Resources<Data>,
  mayPass: (edge: Edge<Data>) => boolean,
): boolean {
  const units = resources.capacity(edge.from);
  if (units === 1 || !Number.isFinite(units) || edge.fromMode === 'shared') return true;
  if (keptApartFromItself(edge.gates).length === 0) return true;
  const flows = [edge];
  for (const other of resources.edgesFrom(edge.from)) {
    if (other === edge || other.fromMode === 'shared' || !mayPass(other)) continue;
    const isTogether = (each: Edge<Data>): boolean => keptApartBy(other.gates, each.gates).length === 0;
    if (!flows.every(isTogether) || !cycle.every(isTogether)) continue;
    if (keptApartFromItself(other.gates).length === 0) return true;
    flows.push(other);
  }
  return flows.length >= units;
}
