import type { Snapshot } from '../validator/snapshot-format.ts';
import type { Levels } from './lock-order-text.ts';
import { formatCell } from './markdown.ts';

const HEADER = ['| level | lock | kind | taken while it is held |', '|---|---|---|---|'];

/** Who is asked for while a class is held, sorted, each once. */
function mapInner({ edges }: Snapshot): Map<string, Set<string>> {
  const inner = new Map<string, Set<string>>();
  for (const { from, to } of edges) {
    const known = inner.get(from);
    if (known === undefined) inner.set(from, new Set([to]));
    else known.add(to);
  }
  return inner;
}

/** Formats the order that a program follows as a page for its documentation. */
export function formatLockOrderMarkdown(levels: Levels, snapshot: Snapshot): string {
  const title = ['# Lock order', ''];
  if (levels.length === 0) return [...title, 'No lock is waited for under another.', ''].join('\n');
  const kinds = new Map(snapshot.classes.map(({ name, kind }) => [name, kind]));
  const inner = mapInner(snapshot);
  const rows = levels.flatMap((knots, index) =>
    knots.flatMap((knot) =>
      knot.map((name) => {
        const level = knot.length === 1 ? `${index + 1}` : `${index + 1}, in a circle`;
        const under = [...(inner.get(name) ?? [])].sort().map(formatCell).join(', ');
        return `| ${level} | ${formatCell(name)} | ${formatCell(kinds.get(name) ?? '')} | ${under} |`;
      }),
    ),
  );
  return [
    ...title,
    'A lock is asked for only while locks of lower levels are held, or none. Locks of one level have no order among each other.',
    '',
    ...HEADER,
    ...rows,
    '',
  ].join('\n');
}
