/**
 * Gates: what whoever waited held meanwhile, other than what the arrow is about. A hold is none when
 * requests were made under it side by side, or when it was released before the wait was over. What gates do
 * to a cycle is decided in graph/exclusion.ts.
 */
import { Borrowed, type Grant, type Opens, includesGrant } from '../causality/grant.ts';
import type { Gate } from '../graph/exclusion.ts';
import type { Obligation } from './obligation.ts';

/** What `cover` is as a gate of a wait that lasted until `until`; 0 for none. */
function gateOf(cover: Grant, until: number): Gate {
  if (cover.instance === 0 || (cover.endSeq !== 0 && cover.endSeq < until)) return 0;
  if (cover.key.isExclusive) return cover.coversConcurrent ? 0 : cover.instance;
  return (cover as Obligation).row?.mode === 'shared' ? -cover.instance : 0;
}

/** The gates of an arrow from X to Y, the innermost first; the arrow's own locks are none. */
export function gatesOf(x: Grant, y: Grant): Gate[] {
  const gates: Gate[] = [];
  if (y.isUngated) return gates;
  addGates(gates, y.under, x, y, y.seq);
  // Asked for elsewhere and waited for under X: whoever waited held all that covers X to its end, too.
  if (!includesGrant(y.under, x)) addGates(gates, x.under, x, y, Infinity);
  return gates;
}

function addGates(gates: Gate[], covers: Opens | null, x: Grant, y: Grant, until: number): void {
  for (let cell = covers; cell !== null; cell = cell.under) {
    const { instance, owner } = cell.grant;
    // What another validator knows is its own affair, and its locks have no names here.
    if (owner !== x.owner || instance === x.instance || instance === y.instance) continue;
    // Whoever called the listener did not hold it.
    if (cell instanceof Borrowed) continue;
    const gate = gateOf(cell.grant, until);
    if (gate === 0 || gates.includes(instance)) continue;
    const shared = gates.indexOf(-instance);
    if (shared === -1) gates.push(gate);
    else gates[shared] = gate > 0 ? gate : -instance;
  }
}

/** Whether each of `gates` (innermost first) covers this arrow too. Says no when it would take a longer look. */
export function areGatesHeld(gates: readonly Gate[], x: Grant, y: Grant): boolean {
  if (y.isUngated || !includesGrant(y.under, x)) return false;
  let found = 0;
  for (let cell = y.under; cell !== null && found < gates.length; cell = cell.under) {
    const gate = gates[found]!;
    if (cell.grant.instance !== Math.abs(gate) || cell instanceof Borrowed) continue;
    const held = gateOf(cell.grant, y.seq);
    if (held === gate || (gate < 0 && held !== 0)) found++;
  }
  return found === gates.length;
}
