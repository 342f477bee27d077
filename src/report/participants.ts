/** Who takes part in a hang, told as arrows where they form a circle, else as rows. */
import type {
  SnapshotEdge,
  SnapshotFinding,
  SnapshotParticipant,
  SnapshotStack,
} from '../validator/snapshot-format.ts';
import type { Arrow } from './context.ts';
import { formatCount } from './count.ts';
import { formatName } from './escape.ts';
import type { Block, Row } from './layout.ts';

const NOWHERE: SnapshotStack = { frames: [] };
const UNKNOWN_PLACE = '(place unknown)';

/** More than so many are not told one by one. */
const MOST_SHOWN = 12;

/** One arrow for each flow of a circle: from what it holds to what it waits for. */
export function listLiveArrows({ participants = [] }: SnapshotFinding): Arrow[] {
  return participants.flatMap((participant): Arrow[] => {
    const { holds, waitsFor } = participant;
    if (holds === undefined || waitsFor === undefined) return [];
    return [{ from: holds, to: waitsFor, edge: toEdge(participant, holds, waitsFor), participant }];
  });
}

function toEdge(participant: SnapshotParticipant, from: string, to: string): SnapshotEdge {
  const { holdsMode = 'exclusive', waitsMode = 'exclusive', heldSince, waitsSince, wayOut } = participant;
  return {
    from,
    to,
    kind: participant.isHandedOver === true ? 'handoff' : participant.isWait === true ? 'wait' : 'order',
    fromMode: holdsMode,
    toMode: waitsMode,
    evidence: 'proven',
    breakable: wayOut === 'timeout-or-signal',
    simultaneous: false,
    provisional: false,
    count: 1,
    gates: [],
    held: heldSince ?? NOWHERE,
    requested: waitsSince ?? NOWHERE,
  };
}

/** The row for whoever stands before the one that waits. */
export function listAhead({ participant, to }: Arrow): Row[] {
  const stack = participant?.behind;
  return stack === undefined ? [] : [createRow(`${formatName(to)} asked for before`, stack)];
}

/** What is said of a flow beside its places. */
export function formatWaiting({ participant }: Arrow): string | undefined {
  if (participant === undefined) return undefined;
  return participant.wayOut === 'race' ? 'waits now, beside a race' : 'waits now';
}

/** What could still end a circle. */
export function formatWayOut({ participants = [] }: SnapshotFinding): string | undefined {
  if (!participants.some(({ wayOut }) => wayOut === 'race')) return undefined;
  return 'race: a Promise.race or Promise.any was begun under the lock, so the wait may be given up.';
}

/** Cuts a long list of blocks. */
export function limitBlocks(blocks: Block[]): Block[] {
  if (blocks.length <= MOST_SHOWN) return blocks;
  const left = formatCount(blocks.length - MOST_SHOWN, 'more flow', 'more flows');
  return [...blocks.slice(0, MOST_SHOWN), { title: left, remark: 'each as the others', rows: [] }];
}

/** The holders of a lock that is waited for in vain, and those who wait. */
export function createStallBlock(name: string, participants: readonly SnapshotParticipant[]): Block {
  const rows = participants.flatMap(({ holds, heldSince, lastSeen, waitsFor, waitsSince }): Row[] => {
    if (waitsFor !== undefined)
      return [createRow(`${formatName(waitsFor)} waited for`, waitsSince ?? NOWHERE)];
    return [
      createRow(`${formatName(holds ?? name)} held since`, heldSince ?? NOWHERE),
      ...(lastSeen === undefined ? [] : [createRow('  last seen', lastSeen)]),
    ];
  });
  const waiting = participants.filter(({ waitsFor }) => waitsFor !== undefined).length;
  const shown = rows.slice(0, 2 * MOST_SHOWN);
  const remark = `${formatCount(waiting, 'request waits', 'requests wait')}, and nothing is left to run`;
  return { title: formatName(name), remark, rows: shown };
}

function createRow(label: string, { frames, approximate, flow }: SnapshotStack): Row {
  const [top] = frames;
  const words = [
    approximate === true ? ' (usually)' : '',
    flow === undefined ? '' : ` in ${formatName(flow)}`,
  ];
  return { label: label + words.join(''), site: top?.at ?? UNKNOWN_PLACE, source: top?.source };
}
