/**
 * A chain as a small drawing: its classes from top to bottom, an arrow down for each edge, and the one that
 * closes the circle back up at the side. Hand-overs are dashed.
 */
import { cutText } from '../columns.ts';
import type { Arrow, FindingContext } from '../context.ts';
import { isCycle } from '../context.ts';
import { isExecutorKind } from '../drawing.ts';
import { formatName } from '../escape.ts';
import { escapeHtml } from './escape-html.ts';

const WIDTH = 260;
const BOX = { left: 44, width: 172, height: 30 } as const;
const PITCH = 74;
const MIDDLE: number = BOX.left + BOX.width / 2;
const RIM = 16;
const MAX_COLUMNS = 22;
const TOP = 2;

function formatBox(name: string, index: number, { classNamed }: FindingContext): string {
  const text = formatName(name);
  const y = TOP + index * PITCH;
  const isExecutor = isExecutorKind(classNamed(name)?.kind ?? '');
  const shape = `<rect class="box${isExecutor ? ' executor' : ''}" x="${BOX.left}" y="${y}" width="${BOX.width}" height="${BOX.height}" rx="${isExecutor ? 0 : 7}"/>`;
  const label = `<text class="name" x="${MIDDLE}" y="${y + 20}">${escapeHtml(cutText(text, MAX_COLUMNS))}</text>`;
  return `<g><title>${escapeHtml(text)}</title>${shape}${label}</g>`;
}

function isDashed({ edge }: Arrow): boolean {
  return edge?.kind === 'custody' || edge?.kind === 'handoff';
}

function formatLabel({ edge }: Arrow): string {
  if (edge === undefined) return '?';
  const words = { order: '', wait: 'waits', custody: 'custody', handoff: 'handed over', context: '' };
  const count = edge.declared === true && edge.count === 0 ? 'declared' : `×${edge.count}`;
  return `${words[edge.kind] ?? ''} ${count}`.trim();
}

function formatHead(x: number, y: number, isRight: boolean): string {
  const corners = isRight
    ? [`${x - 8},${y - 4.5}`, `${x - 8},${y + 4.5}`]
    : [`${x - 4.5},${y - 8}`, `${x + 4.5},${y - 8}`];
  return `<polygon class="head" points="${x},${y} ${corners.join(' ')}"/>`;
}

function formatDown(arrow: Arrow, index: number): string {
  const from = TOP + index * PITCH + BOX.height + 2;
  const to = TOP + (index + 1) * PITCH - 2;
  return `<path class="arrow${isDashed(arrow) ? ' dashed' : ''}" d="M${MIDDLE} ${from}V${to - 7}"/>${formatHead(MIDDLE, to, false)}<text class="count" x="${MIDDLE + 10}" y="${(from + to) / 2 + 4}">${escapeHtml(formatLabel(arrow))}</text>`;
}

function formatBack(arrow: Arrow, boxes: number): string {
  const from = TOP + (boxes - 1) * PITCH + (boxes === 1 ? BOX.height - 8 : BOX.height / 2);
  const to = TOP + (boxes === 1 ? 8 : BOX.height / 2);
  const middle = (from + to) / 2;
  const bend = Math.min(12, (from - to) / 2);
  const left = BOX.left - 2;
  const d = `M${left} ${from}H${RIM + bend}Q${RIM} ${from} ${RIM} ${from - bend}V${to + bend}Q${RIM} ${to} ${RIM + bend} ${to}H${left - 7}`;
  const label =
    boxes === 1
      ? `<text class="count" x="${MIDDLE}" y="${TOP + BOX.height + 16}" text-anchor="middle">${escapeHtml(formatLabel(arrow))}</text>`
      : `<text class="count side" transform="translate(${RIM - 5} ${middle}) rotate(-90)">${escapeHtml(formatLabel(arrow))}</text>`;
  return `<path class="arrow${isDashed(arrow) ? ' dashed' : ''}" d="${d}"/>${formatHead(left, to, true)}${label}`;
}

/** Draws the chain of a finding; nothing where it has no arrows. */
export function formatChainDiagram(context: FindingContext): string {
  const { arrows } = context;
  const last = arrows.at(-1);
  if (last === undefined) return '';
  const isClosed = isCycle(context) && last.to === arrows[0]?.from;
  const names = [...arrows.map(({ from }) => from), ...(isClosed ? [] : [last.to])];
  const down = isClosed ? arrows.slice(0, -1) : arrows;
  const height = TOP * 2 + (names.length - 1) * PITCH + BOX.height + (names.length === 1 ? 22 : 0);
  const title = [...arrows.map(({ from }) => from), last.to].map(formatName).join(' → ');
  return [
    `<svg class="chain" role="img" aria-label="${escapeHtml(title)}" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}">`,
    ...down.map(formatDown),
    ...(isClosed ? [formatBack(last, names.length)] : []),
    ...names.map((name, index) => formatBox(name, index, context)),
    '</svg>',
  ].join('');
}
