/** The graph as a Mermaid flowchart. Edges of a cycle are thick and coloured, hand-overs dotted. */
import type { Severity, Snapshot } from '../validator/snapshot-format.ts';
import {
  COLORS,
  type DrawnEdge,
  type DrawnNode,
  createDrawing,
  isExecutorKind,
  isHandOver,
} from './drawing.ts';
import { escapeText } from './escape.ts';

/** What Mermaid draws without being told to try harder (`maxEdges`, `maxTextSize`). */
const MAX_EDGES = 500;
const MAX_TEXT = 50_000;

/**
 * Mermaid reads quotes, Markdown, HTML, `%%{…}%%` directives and line ends in a label, and looks for some of
 * its own words before it knows what a label is. So what is no letter, digit or harmless mark is written as
 * an entity.
 */
function quoteMermaid(text: string): string {
  const escaped = escapeText(text).replace(
    /[^\p{L}\p{M}\p{N} _./→-]/gu,
    (character) => `#${character.codePointAt(0) ?? 0};`,
  );
  return `"${escaped === '' ? ' ' : escaped}"`;
}

function formatNode(node: DrawnNode): string {
  const [open, close] = isExecutorKind(node.kind) ? ['[[', ']]'] : ['[', ']'];
  const mark = node.severity === undefined ? '' : `:::${node.severity}`;
  return `  ${node.id}${open}${quoteMermaid(node.name)}${close}${mark}`;
}

function findArrow(drawn: DrawnEdge): string {
  if (isHandOver(drawn)) return '-.->';
  return drawn.severity === undefined ? '-->' : '==>';
}

function formatEdge(drawn: DrawnEdge): string {
  return `  ${drawn.from.id} ${findArrow(drawn)}|${quoteMermaid(drawn.label)}| ${drawn.to.id}`;
}

/** One line for each severity; an edge is meant by its position. */
function formatStyles(edges: readonly DrawnEdge[], nodes: readonly DrawnNode[]): string[] {
  return (['error', 'warning', 'note'] as const).flatMap((severity: Severity) => {
    const positions = [...edges.keys()].filter((index) => edges[index]?.severity === severity);
    const style = `stroke:${COLORS[severity]},stroke-width:2px`;
    return [
      ...(nodes.some((node) => node.severity === severity) ? [`  classDef ${severity} ${style}`] : []),
      ...(positions.length === 0 ? [] : [`  linkStyle ${positions.join(',')} ${style}`]),
    ];
  });
}

/** Keeps what Mermaid can draw: edges of findings first, then the others, in their order. */
function selectEdges(edges: readonly DrawnEdge[], taken: number): DrawnEdge[] {
  let room = MAX_TEXT - taken;
  const ranked = [
    ...edges.filter(({ severity }) => severity !== undefined),
    ...edges.filter(({ severity }) => severity === undefined),
  ].slice(0, MAX_EDGES);
  const kept = new Set(ranked.filter((edge) => (room -= formatEdge(edge).length + 1 + POSITION_LENGTH) >= 0));
  return edges.filter((edge) => kept.has(edge));
}

/** What an edge may add to a `linkStyle` line. */
const POSITION_LENGTH = 4;
/** The first line, the styles and the remark. */
const FRAME_LENGTH = 600;

/** Formats some edges by their indices, or the whole graph. Ends without a line break. */
export function formatFlowchart(snapshot: Snapshot, indices?: readonly number[]): string {
  const drawing = createDrawing(snapshot, indices);
  const all = drawing.nodes.reduce((sum, node) => sum + formatNode(node).length + 1, FRAME_LENGTH);
  // With too many classes to draw, those without an edge go.
  const edges = selectEdges(drawing.edges, Math.min(all, MAX_TEXT / 2));
  const used = new Set(edges.flatMap(({ from, to }) => [from, to]));
  const nodes = all < MAX_TEXT / 2 ? drawing.nodes : drawing.nodes.filter((node) => used.has(node));
  const left = drawing.edges.length - edges.length;
  return [
    'flowchart LR',
    ...(left === 0
      ? []
      : [`  %% ${left} of ${drawing.edges.length} edges left out, more than Mermaid draws`]),
    ...nodes.map(formatNode),
    ...edges.map(formatEdge),
    ...formatStyles(edges, nodes),
  ].join('\n');
}

/** Formats the whole graph for Mermaid. */
export function formatMermaid(snapshot: Snapshot): string {
  return `${formatFlowchart(snapshot)}\n`;
}
