/** All that is held and waits at one moment, for a terminal. */
import type { LiveHold, LiveState, LiveWait } from '../validator/live-state.ts';
import type { SnapshotStack } from '../validator/snapshot-format.ts';
import { formatCount } from './count.ts';
import { formatName } from './escape.ts';
import type { TextOptions } from './finding-text.ts';
import { type Block, type Row, formatBlocks } from './layout.ts';
import { type ReadLines, fillStack } from './source-lines.ts';
import { createStyle } from './style.ts';

const MIN_WIDTH = 80;
const UNKNOWN_PLACE = '(place unknown)';

/** `1.2 s`; of what nobody timed, at least so much. */
function formatAge({ ageMs, isAgeAtLeast }: LiveHold | LiveWait): string {
  const text = ageMs < 1000 ? `${ageMs} ms` : `${(ageMs / 1000).toFixed(1)} s`;
  return isAgeAtLeast === true ? `${text} at least` : text;
}

function createRow(label: string, stack: SnapshotStack): Row {
  const [top] = stack.frames;
  const flow = stack.flow === undefined ? '' : ` in ${formatName(stack.flow)}`;
  return { label: label + flow, site: top?.at ?? UNKNOWN_PLACE, source: top?.source };
}

function formatLock({ lock, mode }: LiveHold | LiveWait): string {
  return mode === 'exclusive' ? formatName(lock) : `${formatName(lock)} (${mode})`;
}

function createHoldBlock(hold: LiveHold, readLines: ReadLines): Block {
  const { waiters, custodian, lastSeen } = hold;
  const words = [
    `held for ${formatAge(hold)}`,
    waiters === 0 ? undefined : formatCount(waiters, 'waits for it', 'wait for it'),
    custodian === undefined ? undefined : `in the custody of ${formatName(custodian)}`,
  ];
  const rows = [createRow('held since', fillStack(hold.since, readLines))];
  if (lastSeen !== undefined) rows.push(createRow('last seen', fillStack(lastSeen, readLines)));
  return { title: formatLock(hold), remark: words.filter((word) => word !== undefined).join(', '), rows };
}

function createWaitBlock(wait: LiveWait, readLines: ReadLines): Block {
  const { holding, isWait, isBreakable } = wait;
  const words = [
    `waiting for ${formatAge(wait)}`,
    holding.length === 0 ? undefined : `holding ${holding.map(formatName).join(', ')}`,
    isBreakable === true ? 'breakable' : undefined,
  ];
  const label = isWait === true ? 'waited for' : 'asked for';
  return {
    title: formatLock(wait),
    remark: words.filter((word) => word !== undefined).join(', '),
    rows: [createRow(label, fillStack(wait.since, readLines))],
  };
}

/** Formats all that is held and waits; ends with a line break. */
export function formatState(
  { held, waiting }: LiveState,
  readLines: ReadLines = () => undefined,
  options: TextOptions = {},
): string {
  const layout = {
    width: Math.max(MIN_WIDTH, options.width ?? MIN_WIDTH),
    style: createStyle(options.color === true),
  };
  const blocks = [
    ...waiting.map((wait) => createWaitBlock(wait, readLines)),
    ...held.map((hold) => createHoldBlock(hold, readLines)),
  ];
  const first = `${formatCount(waiting.length, 'request waits', 'requests wait')}, ${formatCount(held.length, 'hold is', 'holds are')} open`;
  return `${[first, ...(blocks.length === 0 ? [] : ['', ...formatBlocks(blocks, layout)])].join('\n')}\n`;
}
