/** The plain-data form of everything a validator knows; stable order, whatever the order of events. */
import type { DependencyGraph } from '../graph/dependency-graph.ts';
import type { Edge } from '../graph/edge.ts';
import type { Finding } from './finding.ts';
import type { EdgePlaces, LockClass, Times } from './lock-class.ts';
import type {
  Snapshot,
  SnapshotClass,
  SnapshotEdge,
  SnapshotFinding,
  SnapshotTimes,
} from './snapshot-format.ts';
import { placeOf, toSnapshotStack } from './source-position.ts';
import { readStack } from './stack-trace.ts';
import { VERSION } from './version.ts';

export interface SnapshotParts {
  readonly graph: DependencyGraph<EdgePlaces>;
  readonly classes: readonly LockClass[];
  readonly findings: readonly Finding[];
  readonly inputId: string;
  readonly instanceName: (instance: number) => string;
}

export function toSnapshot(parts: SnapshotParts): Snapshot {
  const { graph, classes, findings } = parts;
  for (const { exclusive, shared } of classes) for (const row of [exclusive, shared]) row.countSpans();
  // A finding shows its arrows, those too that were there when it was published and did not come true.
  const found = findings.flatMap((finding) => finding.edges);
  const edges = [...new Set([...graph.edges(), ...found])].sort((a, b) => compareEdges(graph, a, b));
  const indices = new Map(edges.map((edge, index) => [edge, index]));
  return {
    version: 1,
    tool: `lockdep/${VERSION}`,
    runtime: `node/${process.versions.node}`,
    inputs: [{ id: parts.inputId, runs: 1 }],
    classes: classes
      .filter(({ kind }) => kind !== 'flow')
      .map((each) => toSnapshotClass(graph, each))
      .sort((a, b) => compareText(a.name, b.name)),
    edges: edges.map((edge) => toSnapshotEdge(parts, edge)),
    findings: findings.map((finding) => toSnapshotFinding(finding, indices)).sort(compareFindings),
  };
}

export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function compareEdges(graph: DependencyGraph<EdgePlaces>, a: Edge<EdgePlaces>, b: Edge<EdgePlaces>): number {
  const key = (edge: Edge<EdgePlaces>): string =>
    [graph.node(edge.from).name, graph.node(edge.to).name, edge.kind, edge.fromMode, edge.toMode].join(
      '\u0000',
    );
  return compareText(key(a), key(b));
}

export function compareFindings(a: SnapshotFinding, b: SnapshotFinding): number {
  return (
    compareText(a.code, b.code) ||
    compareText(a.chain.join('\u0000'), b.chain.join('\u0000')) ||
    compareText(a.fingerprint, b.fingerprint)
  );
}

function toSnapshotTimes({ count, sum, max, histogram, worst }: Times): SnapshotTimes {
  const round = (ms: number): number => Math.round(ms * 1000) / 1000;
  const times: SnapshotTimes = { max: round(max), mean: count === 0 ? 0 : round(sum / count) };
  if (histogram === null) return times;
  times.count = histogram.count;
  if (histogram.count > 0) {
    const at = (percentile: number): number => round(histogram.percentile(percentile) / 1e6);
    Object.assign(times, { p50: at(50), p95: at(95), p99: at(99) });
  }
  const [top] = worst === undefined ? [] : readStack(worst);
  if (top !== undefined) times.at = placeOf(top);
  return times;
}

function toSnapshotClass(graph: DependencyGraph<EdgePlaces>, each: LockClass): SnapshotClass {
  const [site] = toSnapshotStack(each.site, false).frames;
  return {
    name: graph.node(each.node).name,
    kind: each.kind,
    instances: each.instances,
    acquisitions: each.acquisitions,
    contentions: each.contentions,
    waitMs: toSnapshotTimes(each.waits),
    holdMs: toSnapshotTimes(each.holds),
    ...(site === undefined ? {} : { site: site.at }),
    ...(each.permits > 1 && Number.isFinite(each.permits) ? { permits: each.permits } : {}),
    ...(each.permits === Infinity ? { unlimited: true } : {}),
    ...(each.isFair ? { fair: true } : {}),
    ...(each.isSerial ? { serial: true } : {}),
    ...(each.isExempt ? { exempt: true } : {}),
    ...(each.isPerCpu ? { perCpu: true } : {}),
  };
}

function toSnapshotEdge({ graph, instanceName }: SnapshotParts, edge: Edge<EdgePlaces>): SnapshotEdge {
  const { data } = edge;
  const shared = edge.gates
    .filter((gate) => gate < 0)
    .map((gate) => instanceName(-gate))
    .sort();
  const custodians = edge.custodians.map((node) => graph.node(node).name).sort();
  return {
    from: graph.node(edge.from).name,
    to: graph.node(edge.to).name,
    kind: edge.kind,
    fromMode: edge.fromMode,
    toMode: edge.toMode,
    evidence: edge.evidence,
    breakable: edge.isBreakable,
    simultaneous: edge.isSimultaneous,
    provisional: edge.isProvisional,
    ...(edge.isDeclared ? { declared: true } : {}),
    count: edge.isProvisional ? 1 : edge.count,
    gates: edge.gates
      .filter((gate) => gate > 0)
      .map(instanceName)
      .sort(),
    ...(shared.length === 0 ? {} : { sharedGates: shared }),
    ...(custodians.length === 0 ? {} : { custodians }),
    ...(custodians.length > 0 && edge.uncustodied ? { outsideCustody: true } : {}),
    ...(edge.from === edge.to && data?.isSameInstance === true ? { sameInstance: true } : {}),
    held: toSnapshotStack(data?.held ?? [], data?.isHeldApproximate ?? false, data?.heldIn),
    requested: toSnapshotStack(
      data?.requested ?? [],
      data?.isRequestedApproximate ?? false,
      data?.requestedIn,
    ),
  };
}

/** The plain form of a finding; `indices` says where its edges stand. */
export function toSnapshotFinding(
  finding: Finding,
  indices: ReadonlyMap<Edge<EdgePlaces>, number>,
): SnapshotFinding {
  const { code, certainty, severity, flows, count, message, fingerprint, stack } = finding;
  const edges = finding.edges.map((edge) => indices.get(edge) ?? -1);
  const breakable = finding.edges.findIndex((edge) => edge.isBreakable);
  return {
    code,
    certainty,
    severity,
    chain: [...finding.chain],
    edges,
    flows,
    count,
    message,
    fingerprint,
    ...(stack === undefined ? {} : { stack: toSnapshotStack(stack, false) }),
    ...(finding.participants === undefined ? {} : { participants: [...finding.participants] }),
    ...(breakable === -1 ? {} : { breakableBy: edges[breakable]! }),
  };
}
