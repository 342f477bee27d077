import type { Snapshot } from '../validator/snapshot-format.ts';
import { isExecutorKind } from './drawing.ts';
import { escapeText, formatName } from './escape.ts';

/** Levels of knots of class names, see merge/lock-order.ts. */
export type Levels = readonly (readonly (readonly string[])[])[];

/** Names that `declareOrder` knows: not those of places, nor of what is no lock, nor any out of a knot. */
function listDeclarable(levels: Levels, { classes }: Snapshot): string[] {
  const names = new Set(
    classes.filter(({ name, site, kind }) => name !== site && !isExecutorKind(kind)).map(({ name }) => name),
  );
  return levels
    .flat()
    .flatMap((knot) => (knot.length === 1 ? knot : []))
    .filter((name) => names.has(name));
}

/** Quotes a name for a program; what is not plainly visible is escaped there as here. */
function quoteSource(name: string): string {
  return escapeText(JSON.stringify(name));
}

function listCall(levels: Levels, snapshot: Snapshot): string[] {
  const names = listDeclarable(levels, snapshot);
  if (names.length < 2) return [];
  return ['validator.declareOrder([', ...names.map((name) => `  ${quoteSource(name)},`), ']);'];
}

/** Formats the order that a program follows, and the call that declares it. */
export function formatLockOrder(levels: Levels, snapshot: Snapshot): string {
  if (levels.length === 0) return 'No order: no lock was waited for under another.\n';
  const lines = levels.map((level, index) => {
    const knots = level.map((knot) =>
      knot.length === 1 ? formatName(knot[0]!) : `(in a circle: ${knot.map(formatName).join(', ')})`,
    );
    return `${String(index + 1).padStart(3)}  ${knots.join(', ')}`;
  });
  const call = listCall(levels, snapshot);
  return `${[...lines, ...(call.length === 0 ? [] : ['', ...call])].join('\n')}\n`;
}

/** Formats a module that declares the order that a program follows: to be imported before its locks are taken. */
export function formatLockOrderCode(levels: Levels, snapshot: Snapshot): string {
  const call = listCall(levels, snapshot);
  const body = call.length === 0 ? ['// No two locks with a name of their own have an order.'] : call;
  return ["import { validator } from 'lockdep';", '', ...body, ''].join('\n');
}
