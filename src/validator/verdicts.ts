/**
 * From changed edges to findings. A cycle is looked for among the strongest arrows first: those that
 * certainly hang now, then proven ones, then all; the first real cycle gives the verdict. Evidence is
 * never mixed: a finding is an error only when its proven arrows alone close it.
 */
import type { DependencyGraph } from '../graph/dependency-graph.ts';
import { canonicalRotation } from '../graph/canonical-rotation.ts';
import { showCustody } from '../graph/custody-path.ts';
import type { Edge } from '../graph/edge.ts';
import type { Cycle } from '../graph/strong-path.ts';
import { LOOP_CONTEXT } from './contexts.ts';
import { type Finding, fingerprintOf, formatMessage, printableName } from './finding.ts';
import type { EdgePlaces, LockClass } from './lock-class.ts';
import type { Certainty, FindingCode, Severity } from './snapshot-format.ts';

type LockEdge = Edge<EdgePlaces>;

interface Verdict {
  readonly certainty: Certainty;
  readonly severity: Severity;
}

interface Tier extends Verdict {
  readonly accepts: (edge: LockEdge) => boolean;
}

const CERTAIN: Tier = { certainty: 'certain', severity: 'error', accepts: (edge) => edge.isWaiting };
const PROVEN: Tier = { certainty: 'potential', severity: 'error', accepts: isProven };
const SUSPECTED: Tier = { certainty: 'potential', severity: 'warning', accepts: () => true };
const NOTE: Verdict = { certainty: 'potential', severity: 'note' };

/** Only a circular dependency is excused by a wait that would end; for the others an outage of seconds is an outage. */
function isProven(edge: LockEdge): boolean {
  return !edge.isProvisional && edge.evidence === 'proven' && (!edge.isBreakable || edge.from === edge.to);
}

/** Says whether findings of this code are not wanted. */
export type IsOff = (code: FindingCode) => boolean;

/**
 * Looks for a cycle through `edge`. `isDrained` says that requests which wait now will wait for ever. What
 * only findings that are off are made of is left out, so that it hides no other cycle.
 */
export function findCycleFinding(
  graph: DependencyGraph<EdgePlaces>,
  classes: readonly LockClass[],
  edge: LockEdge,
  isDrained: boolean,
  isOff: IsOff,
): Finding | undefined {
  let note: Cycle<EdgePlaces> | undefined;
  for (const tier of isDrained ? [CERTAIN, PROVEN, SUSPECTED] : [PROVEN, SUSPECTED]) {
    const accepts = (each: LockEdge): boolean => tier.accepts(each) && isWanted(each, isOff);
    if (!accepts(edge)) continue;
    const cycle = graph.findCycle(edge, { accepts });
    if (cycle === undefined) continue;
    if (isReal(cycle, classes)) return toFinding(graph, classes, cycle, tier, isOff);
    note ??= cycle;
  }
  return note === undefined ? undefined : toFinding(graph, classes, note, NOTE, isOff);
}

function isWanted(edge: LockEdge, isOff: IsOff): boolean {
  if (edge.kind === 'context') return !(isOff('context-inversion') && isOff('inconsistent-context'));
  return !edge.isDeclared || edge.count > 0 || !isOff('order-violation');
}

function isReal(cycle: Cycle<EdgePlaces>, classes: readonly LockClass[]): boolean {
  const [first] = cycle.edges;
  if (cycle.edges.length === 1) {
    // A gate that was only observed does not excuse nesting two instances of a class; and one exclusive
    // lock asked for twice at once is not saved by being fair.
    const { permits } = classes[first!.from]!;
    const isOneLock = first!.data?.isSameInstance === true && permits === 1;
    const isKeptApart = permits > 1 && cycle.gates.length > 0;
    return isOneLock || !(cycle.isSimultaneousOnly || isKeptApart);
  }
  return cycle.gates.length === 0 && !cycle.isSimultaneousOnly;
}

function toFinding(
  graph: DependencyGraph<EdgePlaces>,
  classes: readonly LockClass[],
  cycle: Cycle<EdgePlaces>,
  { certainty, severity }: Verdict,
  isOff: IsOff,
): Finding {
  const edges = canonicalRotation(showCustody(cycle.edges, graph), graph);
  const code = codeOfCycle(edges, classes, isOff);
  const chain = [...edges.map(({ from }) => from), edges[0]!.from].map((node) => graph.node(node).name);
  return {
    code,
    fingerprint: fingerprintOf(code, chain, edges),
    certainty,
    severity,
    chain,
    edges,
    flows: flowsOf(edges, classes),
    count: 1,
    message: formatMessage(code, certainty, chain.map(printableName).join(' → ')),
  };
}

function codeOfCycle(edges: readonly LockEdge[], classes: readonly LockClass[], isOff: IsOff): FindingCode {
  const [edge] = edges;
  if (edges.some(({ isDeclared }) => isDeclared) && !isOff('order-violation')) return 'order-violation';
  const context = edges.find(({ kind, isFromContext }) => kind === 'context' && isFromContext);
  if (context !== undefined) return codeOfContext(edges, classes[context.from]!);
  if (edges.length > 1 || edge === undefined) return 'circular-dependency';
  const isSameInstance = edge.data?.isSameInstance === true;
  if (isSameInstance && edge.fromMode === 'shared' && edge.toMode === 'exclusive' && edge.kind === 'order')
    return 'upgrade-deadlock';
  if (isSameInstance && classes[edge.from]!.kind === 'semaphore') return 'nested-capacity';
  return 'recursive-acquisition';
}

/** One class on both sides of an interrupt is the kernel's "inconsistent lock state". */
function codeOfContext(edges: readonly LockEdge[], context: LockClass): FindingCode {
  const isDirect = edges.length === 2 && context.givenName !== LOOP_CONTEXT;
  return isDirect ? 'inconsistent-context' : 'context-inversion';
}

/**
 * How many flows it takes to hang: for each arrow as many as it takes to use up what it leaves from. An
 * executor and what it has in custody are one flow, and nobody is needed to wait for a hand-over.
 */
function flowsOf(edges: readonly LockEdge[], classes: readonly LockClass[]): number {
  let flows = 0;
  edges.forEach((edge, i) => {
    const previous = edges[(i + edges.length - 1) % edges.length]!;
    if (edge.isFromContext || edge.kind === 'handoff') return;
    const { kind } = classes[edge.from]!;
    // Whoever waits for an executor to be done waits for each of its jobs; it takes one.
    const permits = kind === 'executor' && previous.kind === 'wait' ? 1 : classes[edge.from]!.permits;
    if (edge.kind === 'custody' && previous.kind !== 'handoff') {
      if (Number.isFinite(permits)) flows += permits - 1;
      return;
    }
    // Two locks of one class, nested: one flow holds the first and asks for the second, one the other way round.
    if (edge.from === edge.to && edge.data?.isSameInstance === false) flows++;
    flows += edge.fromMode === 'exclusive' && Number.isFinite(permits) ? permits : 1;
  });
  return Math.max(flows, 1);
}
