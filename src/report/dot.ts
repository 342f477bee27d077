/** The graph in the DOT language of Graphviz. Edges of a cycle are thick and coloured, hand-overs dashed. */
import type { Snapshot } from '../validator/snapshot-format.ts';
import {
  COLORS,
  type DrawnEdge,
  type DrawnNode,
  createDrawing,
  isExecutorKind,
  isHandOver,
} from './drawing.ts';
import { escapeText } from './escape.ts';

/** In a label a backslash begins an escape (`\N` is the node's name), and `&` an HTML entity. */
function quoteDot(text: string): string {
  const escaped = escapeText(text).replace(/[\\"]/g, '\\$&').replaceAll('&', '&amp;');
  return `"${escaped}"`;
}

function formatAttributes(attributes: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(attributes).filter(([, value]) => value !== undefined);
  return `[${given.map(([key, value]) => `${key}=${value}`).join(', ')}]`;
}

function formatNode(node: DrawnNode): string {
  const attributes = {
    label: quoteDot(node.name),
    shape: isExecutorKind(node.kind) ? 'component' : undefined,
    color: node.severity === undefined ? undefined : `"${COLORS[node.severity]}"`,
    penwidth: node.severity === undefined ? undefined : '2',
  };
  return `  ${node.id} ${formatAttributes(attributes)};`;
}

function formatEdge(drawn: DrawnEdge): string {
  const { from, to, severity, label } = drawn;
  const color = severity === undefined ? undefined : `"${COLORS[severity]}"`;
  const attributes = {
    label: quoteDot(label),
    style: isHandOver(drawn) ? 'dashed' : undefined,
    color,
    fontcolor: color,
    penwidth: severity === undefined ? undefined : '2',
  };
  return `  ${from.id} -> ${to.id} ${formatAttributes(attributes)};`;
}

/** Formats the whole graph for Graphviz. */
export function formatDot(snapshot: Snapshot): string {
  const { nodes, edges } = createDrawing(snapshot);
  return [
    'digraph lockdep {',
    '  rankdir=LR;',
    '  node [shape=box, fontname="sans-serif"];',
    '  edge [fontname="sans-serif", fontsize=10];',
    ...nodes.map(formatNode),
    ...edges.map(formatEdge),
    '}',
    '',
  ].join('\n');
}
