import type { SnapshotEdge } from '../validator/snapshot-format.ts';
import { type FindingContext, findGates, isCycle } from './context.ts';
import { formatCountWord } from './count.ts';
import { quoteName } from './escape.ts';

function formatEnough(flows: number): string {
  return flows === 1 ? 'One flow is enough' : `${formatCountWord(flows)} flows are enough`;
}

function formatHangingNow(flows: number): string {
  if (flows === 1) return 'It hangs now: one flow waits for itself.';
  return `It hangs now: ${formatCountWord(flows).toLowerCase()} flows wait for each other, and none can go on.`;
}

/** A custody arrow and the one after it happen in one flow: the callback's. */
function formatCustodyFlows(edges: SnapshotEdge[]): string | undefined {
  const index = edges.findIndex((edge) => edge.kind === 'custody');
  const custody = edges[index];
  if (custody === undefined) return undefined;
  const before = edges.at(index - 1);
  const after = edges[(index + 1) % edges.length];
  if (edges.length !== 3 || before === undefined || after === undefined) return undefined;
  if (before.kind === 'handoff') return undefined;
  const [holder, executor] = [quoteName(before.from), quoteName(custody.from)];
  const [parcel, wanted] = [quoteName(custody.to), quoteName(after.to)];
  return `one that holds ${holder} while it waits for ${executor}, and one whose callback in ${executor} must get ${wanted} to release ${parcel}.`;
}

/** A counted resource blocks only when all its units are out. */
function formatCapacity({ finding, edges, classNamed }: FindingContext): string | undefined {
  const counted = edges.flatMap((edge, i) => {
    const { name = '', permits = 1, kind } = classNamed(edge.from) ?? {};
    // Whoever waits for all jobs of an executor needs none of its places.
    if (permits === 1 || (kind === 'executor' && edges.at(i - 1)?.kind === 'wait')) return [];
    return [`all ${permits} ${kind === 'executor' ? 'places' : 'units'} of ${quoteName(name)}`];
  });
  if (counted.length === 0) return undefined;
  const units = [...new Set(counted)].join(' and ');
  if (finding.code === 'nested-capacity') return `: they hold ${units}, and each asks for more.`;
  return `, at the same time: they must hold ${units}.`;
}

function formatArrangement(context: FindingContext): string {
  const { finding, edges } = context;
  const custody = formatCustodyFlows(edges);
  if (custody !== undefined) return `: ${custody}`;
  const capacity = formatCapacity(context);
  if (capacity !== undefined) return capacity;
  if (finding.code === 'nested-capacity') return ': each holds what the others ask for.';
  if (finding.code === 'upgrade-deadlock') return ': each reads, and asks to write before it stops reading.';
  if (finding.flows !== edges.length) return ', at the same time.';
  if (edges.length === 2) return ': one in each order, at the same time.';
  return ': one for each arrow, at the same time.';
}

/** Of a circle of now that is not certain: what else could end it. */
function formatCircling({ finding }: FindingContext): string {
  const { flows, participants = [] } = finding;
  const waiting = `${formatCountWord(flows)} ${flows === 1 ? 'flow waits' : 'flows wait'} in a circle now`;
  const wayOut = participants.some((each) => each.wayOut !== undefined)
    ? 'a wait on it may still be given up'
    : 'somebody else could still release what is held on it';
  return `${waiting}. It is not certain, and looked at again: ${wayOut}.`;
}

/** A hang that has a finding of its own is no second one. */
export function formatSameHang({ isToldLive }: FindingContext): string | undefined {
  return isToldLive
    ? 'One hang, told twice: here the order of the classes, under [live-deadlock] who waits for whom now.'
    : undefined;
}

/** Says how many flows it takes to hang, and what each does; nothing where no flow has to wait. */
export function formatFlows(context: FindingContext): string | undefined {
  const { finding, edges } = context;
  const { flows } = finding;
  if (!isCycle(context) || flows < 1) return undefined;
  if (findGates(context).length > 0) return undefined;
  if (finding.certainty === 'certain') return formatHangingNow(flows);
  if (finding.code === 'live-deadlock') return formatCircling(context);
  if (flows === 1) return `${formatEnough(flows)}.`;
  if (finding.severity === 'note' && edges.every((edge) => edge.simultaneous)) return undefined;
  return `${formatEnough(flows)}${formatArrangement(context)}`;
}
