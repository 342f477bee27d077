import type { Hold } from './hold.ts';

/** How often each pinned hold is pinned. */
const pins = new WeakMap<Hold, number>();

/** Keeps `hold` from being released until the function that is returned was called; pins nest. */
export function pin(hold: Hold): () => void {
  pins.set(hold, (pins.get(hold) ?? 0) + 1);
  let isPinned = true;
  return () => {
    if (!isPinned) return;
    isPinned = false;
    const count = pins.get(hold)! - 1;
    if (count === 0) pins.delete(hold);
    else pins.set(hold, count);
  };
}

export function isPinned(hold: Hold): boolean {
  return pins.has(hold);
}
