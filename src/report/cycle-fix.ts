import type { SnapshotEdge } from '../validator/snapshot-format.ts';
import { type FindingContext, findGates } from './context.ts';
import { quoteName } from './escape.ts';
import { findTellingFrame, formatPlace } from './place.ts';

function joinNames(names: string[]): string {
  return names.map(quoteName).join(', ');
}

/** Whoever waits for the executor must not hold what its callback asks for. */
function fixCustody(edges: SnapshotEdge[]): string | undefined {
  const index = edges.findIndex((edge) => edge.kind === 'custody');
  const custody = edges[index];
  const before = edges.at(index - 1);
  const after = edges[(index + 1) % edges.length];
  if (custody === undefined || before === undefined || after === undefined || edges.length < 2)
    return undefined;
  // After a hand-over, custody leads on to what the callback asked for.
  const inner = before.kind === 'handoff' ? custody : after;
  const asked = formatPlace(findTellingFrame(inner, 'requested', edges));
  return `${fixWait(before, custody.from, edges)}, or take ${quoteName(inner.to)} outside the callback${asked}.`;
}

function fixWait(edge: SnapshotEdge, to: string, edges: SnapshotEdge[]): string {
  const [held, waited] = (['held', 'requested'] as const).map((role) =>
    formatPlace(findTellingFrame(edge, role, edges)),
  );
  if (edge.kind === 'handoff') return `release ${quoteName(edge.from)} instead of handing it over${held}`;
  return `release ${quoteName(edge.from)} before waiting for ${quoteName(to)}${waited}`;
}

/** Whoever writes a member of a family must have the family's lock, so that arrow cannot go. */
function isToMember({ kind, from, to }: SnapshotEdge): boolean {
  const nameOf = (lock: string): string => lock.replace(/#\d+$/u, '');
  return kind === 'wait' && nameOf(to) === `${nameOf(from)}.member`;
}

/** The arrow seen least often is the odd one out; of several, a wait is the easiest to move. */
function findOddOne(edges: SnapshotEdge[]): SnapshotEdge | undefined {
  const rank = (edge: SnapshotEdge): number => edge.count * 2 + (edge.kind === 'wait' ? 0 : 1);
  const movable = edges.filter((edge) => !isToMember(edge));
  return (movable.length > 0 ? movable : edges).reduce<SnapshotEdge | undefined>(
    (best, edge) => (best === undefined || rank(edge) < rank(best) ? edge : best),
    undefined,
  );
}

function fixOrder(odd: SnapshotEdge, { edges, classNamed }: FindingContext): string {
  const isCompletion = (name: string): boolean => classNamed(name)?.kind === 'completion';
  if (odd.kind !== 'order' || isCompletion(odd.to)) return `${fixWait(odd, odd.to, edges)}.`;
  const [from, to] = [quoteName(odd.from), quoteName(odd.to)];
  if (isCompletion(odd.from)) {
    return `complete ${from} before asking for ${to}${formatPlace(findTellingFrame(odd, 'requested', edges))}.`;
  }
  const isOddOne = edges.length > 1 && edges.every((edge) => edge === odd || edge.count > odd.count);
  const others = isOddOne ? 'as everywhere else' : 'and keep to that order everywhere';
  return `take ${to} first${formatPlace(findTellingFrame(odd, 'held', edges), 'in')}, ${others}.`;
}

/** Words the one change that opens a cycle. */
export function formatCycleFix(context: FindingContext): string {
  const gates = findGates(context);
  if (gates.length > 0) return `none needed as long as every one of them stays under ${joinNames(gates)}.`;
  const { finding, edges } = context;
  if (finding.severity === 'note' && edges.every((edge) => edge.simultaneous)) {
    return 'none needed as long as these locks are granted first come, first served.';
  }
  const odd = findOddOne(edges);
  if (odd === undefined) return `take ${joinNames([...new Set(finding.chain)])} in one order everywhere.`;
  return fixCustody(edges) ?? fixOrder(odd, context);
}
