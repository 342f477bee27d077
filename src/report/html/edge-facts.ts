import type { EdgeKind, Evidence } from '../../graph/vocabulary.ts';
import type { Snapshot, SnapshotEdge } from '../../validator/snapshot-format.ts';
import { formatCount } from '../count.ts';
import { formatName } from '../escape.ts';

const KINDS: Readonly<Record<EdgeKind, string>> = {
  order: 'order: the second was asked for while the first was held',
  wait: 'wait: the second was waited for, and not taken, while the first was held',
  custody: 'custody: the second was in the keeping of the executor',
  handoff: 'hand-over: the first was handed to the executor',
  context: 'context: where an interrupt may come in, or what it asks for',
};

const EVIDENCE: Readonly<Record<Evidence, string>> = {
  proven: 'proven: the release of the first waited for the second',
  signalled: 'signalled: it waited for the second, which was asked for elsewhere',
  nested: 'nested: asked for while the first was held, and not seen to be waited for',
};

/** Names of what it was merged from, with how often each has it. */
function listInputs({ counts = [] }: SnapshotEdge, { inputs }: Snapshot): string[] {
  if (inputs.length < 2) return [];
  return counts.flatMap((value, position) => {
    if (position % 2 === 1) return [];
    const name = inputs[value]?.name;
    return [`${name === undefined ? `input ${value + 1}` : formatName(name)} (${counts[position + 1] ?? 0})`];
  });
}

/** Lists what is known of an edge beside its places, as labels and values. */
export function listFacts(edge: SnapshotEdge, snapshot: Snapshot): [label: string, value: string][] {
  const { gates, sharedGates = [], custodians = [] } = edge;
  const names = (list: readonly string[]): string => list.map(formatName).join(', ');
  const gated = [...gates, ...sharedGates.filter((gate) => !gates.includes(gate))];
  const facts: [string, string[] | string][] = [
    ['kind', KINDS[edge.kind] ?? edge.kind],
    ['modes', `held ${edge.fromMode}, asked for ${edge.toMode}`],
    [
      'evidence',
      edge.declared === true && edge.count === 0 ? '' : (EVIDENCE[edge.evidence] ?? edge.evidence),
    ],
    ['seen', formatCount(edge.count, 'time')],
    ['under', names(gated)],
    ['in custody of', names(custodians)],
    ['in', listInputs(edge, snapshot).join(', ')],
  ];
  return facts
    .map(([label, value]): [string, string] => [label, String(value)])
    .filter(([, value]) => value !== '');
}
