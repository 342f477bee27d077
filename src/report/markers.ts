import type { SnapshotEdge } from '../validator/snapshot-format.ts';
import { type FindingContext, findGates, holds } from './context.ts';
import { formatCountWord } from './count.ts';
import { formatName, quoteName } from './escape.ts';
import { findTellingFrame, formatPlace } from './place.ts';

/** What weakens an arrow, beside its count; the legend of the finding says each in plain words. */
interface Marker {
  word: string;
  applies: (edge: SnapshotEdge) => boolean;
  explain: (context: FindingContext) => string;
}

function explainBreakable({ finding, edges, edgeAt }: FindingContext): string {
  const named = finding.breakableBy === undefined ? undefined : edgeAt(finding.breakableBy);
  const edge = named ?? edges.find((candidate) => candidate.breakable);
  const which =
    edge === undefined
      ? 'that wait'
      : `the wait for ${quoteName(edge.to)}${formatPlace(findTellingFrame(edge, 'requested', edges))}`;
  return `its caller gave a timeout or signal, so ${which} would end by itself.`;
}

const MARKERS: readonly Marker[] = [
  {
    word: 'signalled',
    applies: (edge) => edge.evidence === 'signalled',
    explain: () =>
      'waited for, but asked for elsewhere; what came through something unwatched looks the same.',
  },
  {
    word: 'nested',
    // What is still open was never seen to be waited for, and its own marker says as much.
    applies: (edge) => edge.evidence === 'nested' && !edge.provisional,
    explain: () =>
      'asked for while the other was held, but nothing seen says that its release waited for it.',
  },
  {
    word: 'not yet over',
    applies: (edge) => edge.provisional,
    explain: ({ finding }) =>
      finding.certainty === 'certain'
        ? 'never released so far.'
        : 'never released so far, so whether it waited for the other is not settled.',
  },
  { word: 'breakable', applies: (edge) => edge.breakable, explain: explainBreakable },
  {
    word: 'simultaneous',
    applies: (edge) => edge.simultaneous,
    explain: () => 'both were asked for in one synchronous run.',
  },
];

/** Lists the words that weaken an arrow. */
export function listMarkers(edge: SnapshotEdge): string[] {
  return MARKERS.filter((marker) => marker.applies(edge)).map((marker) => marker.word);
}

function countGated({ edges }: FindingContext, gates: readonly string[]): string {
  const gated = edges.filter((edge) => gates.some((gate) => holds(edge, gate)));
  if (gated.length === edges.length) return 'Every arrow was';
  const [only] = gated;
  if (gated.length === 1) return `${formatName(only!.from)} → ${formatName(only!.to)} was`;
  return `${formatCountWord(gated.length)} arrows were`;
}

/** Says in plain words what the markers of a finding mean, one line each. */
export function listLegend(context: FindingContext): string[] {
  const lines = MARKERS.filter((marker) => context.edges.some(marker.applies)).map(
    (marker) => `${marker.word}: ${marker.explain(context)}`,
  );
  const gates = findGates(context);
  if (gates.length === 0) return lines;
  return [
    ...lines,
    `${countGated(context, gates)} seen under ${gates.map(quoteName).join(', ')} only, which lets one flow in at a time.`,
  ];
}
