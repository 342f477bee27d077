import type { SnapshotEdge, SnapshotFrame } from '../validator/snapshot-format.ts';
import type { Arrow, FindingContext } from './context.ts';
import { formatSeen } from './count.ts';
import { formatName, quoteName } from './escape.ts';
import type { Block, Row } from './layout.ts';
import { listMarkers } from './markers.ts';
import { formatOrigin } from './origins.ts';
import { createStallBlock, formatWaiting, limitBlocks, listAhead } from './participants.ts';
import { findTellingFrame } from './place.ts';
import { findStackVerb } from './stack-verbs.ts';

/** What a reader is told of one place of an arrow. */
interface Step {
  label: string;
  role: 'held' | 'requested';
}

const UNKNOWN_PLACE = '(place unknown)';

/** How a lock is taken matters where it can be shared; a unit of a pool needs no such word. */
function formatLockName(name: string, mode: string, { classNamed }: FindingContext): string {
  const canShare = classNamed(name)?.kind.startsWith('rw') === true;
  return canShare ? `${formatName(name)} (${mode})` : formatName(name);
}

/** A completion is owed, an executor is busy, and all else is held. */
function findHeldVerb({ from, fromMode }: SnapshotEdge, { classNamed }: FindingContext): string {
  const kind = classNamed(from)?.kind;
  if (kind === 'completion') return 'owed since';
  // A read-side section of RCU is a shared hold.
  if (kind === 'executor' || (kind === 'rcu' && fromMode === 'exclusive')) return 'busy since';
  return 'held since';
}

function listOrderSteps(edge: SnapshotEdge, context: FindingContext): Step[] {
  const { held, requested, declared, count } = edge;
  if (declared === true && count === 0) return [];
  const owner = formatLockName(edge.from, edge.fromMode, context);
  const wanted = formatLockName(edge.to, edge.toMode, context);
  const since = findHeldVerb(edge, context);
  const asked = edge.kind === 'wait' ? 'waited for' : 'asked for';
  return [
    { label: `${owner} ${held.approximate ? 'usually taken at' : since}`, role: 'held' },
    {
      label: `${wanted} ${requested.approximate ? `usually ${asked} at` : asked}`,
      role: 'requested',
    },
  ];
}

/** Where a context may interrupt whoever holds a class, or what it asks for itself. */
function listContextSteps(edge: SnapshotEdge, context: FindingContext): Step[] {
  if (context.classNamed(edge.from)?.kind === 'context')
    return [{ label: `${formatLockName(edge.to, edge.toMode, context)} asked for`, role: 'requested' }];
  return [
    { label: `${formatLockName(edge.from, edge.fromMode, context)} held since`, role: 'held' },
    { label: `${formatName(edge.to)} may come in`, role: 'requested' },
  ];
}

/** Whose hold was handed over: after a hand-over, custody leads on to what the callback asked for. */
function findParcel(edge: SnapshotEdge, edges: SnapshotEdge[]): string {
  if (edge.kind === 'handoff') return edge.from;
  const before = edges.at(edges.indexOf(edge) - 1);
  return before?.kind === 'handoff' ? before.from : edge.to;
}

function listSteps(edge: SnapshotEdge, context: FindingContext): Step[] {
  if (edge.kind === 'context') return listContextSteps(edge, context);
  if (edge.kind === 'order' || edge.kind === 'wait') return listOrderSteps(edge, context);
  const { held, requested } = edge;
  const parcel = formatName(findParcel(edge, context.edges));
  const passed: Step = {
    label: `${parcel} ${held.approximate ? 'usually handed over at' : 'handed over'}`,
    role: 'held',
  };
  if (edge.kind === 'handoff') return [passed];
  return [
    passed,
    {
      label: requested.approximate ? 'callback usually asked at' : 'callback asked',
      role: 'requested',
    },
  ];
}

function createRow(label: string, frame: SnapshotFrame | undefined): Row {
  return { label, site: frame?.at ?? UNKNOWN_PLACE, source: frame?.source };
}

function listRows(edge: SnapshotEdge, context: FindingContext): Row[] {
  return listSteps(edge, context).flatMap(({ label, role }) => {
    const [top] = edge[role].frames;
    const telling = findTellingFrame(edge, role, context.edges);
    const row = createRow(label, top);
    return telling === top ? [row] : [row, createRow('  called from', telling)];
  });
}

function createArrowBlock(arrow: Arrow, context: FindingContext): Block {
  const { from, to, edge } = arrow;
  const title = `${formatName(from)} → ${formatName(to)}`;
  if (edge === undefined) return { title, remark: 'not recorded', rows: [] };
  const waiting = formatWaiting(arrow);
  const remark =
    waiting === undefined
      ? formatRemark(edge, context)
      : [waiting, ...listMarkers(edge), ...listFlows(edge)].join(', ');
  return { title, remark, rows: [...listRows(edge, context), ...listAhead(arrow)] };
}

/** The flow that the arrow happened in; two where it was held in one and asked for in another. */
function listFlows({ held, requested }: SnapshotEdge): string[] {
  const flows = new Set([held.flow, requested.flow].filter((flow) => flow !== undefined));
  return flows.size === 0 ? [] : [`in ${[...flows].map(quoteName).join(' and ')}`];
}

/** How often it was seen; of a declaration, whether it was seen at all. */
function formatRemark(edge: SnapshotEdge, context: FindingContext): string {
  const seen = edge.declared === true && edge.count === 0 ? 'never seen' : formatSeen(edge.count);
  const words = [edge.declared === true ? 'declared' : undefined, seen, formatOrigin(edge, context)];
  const known = words.filter((word) => word !== undefined);
  return [...known, ...listMarkers(edge), ...listFlows(edge)].join(', ');
}

/** A finding without arrows: the class, and the one place where it happened. */
function createStackBlocks({ finding }: FindingContext): Block[] {
  const [subject = ''] = finding.chain;
  if (finding.participants !== undefined) return [createStallBlock(subject, finding.participants)];
  const name = formatName(subject);
  const frames = finding.stack?.frames ?? [];
  if (finding.chain.length === 0 && frames.length === 0) return [];
  const label = `${name} ${finding.stack?.approximate ? 'usually taken at' : findStackVerb(finding.code)}`;
  return [{ title: name, remark: formatSeen(finding.count), rows: [createRow(label, frames[0])] }];
}

/** Creates one block for each arrow of a finding, or one for its place. */
export function createBlocks(context: FindingContext): Block[] {
  if (context.arrows.length === 0) return createStackBlocks(context);
  const blocks = context.arrows.map((arrow) => createArrowBlock(arrow, context));
  return context.finding.participants === undefined ? blocks : limitBlocks(blocks);
}
