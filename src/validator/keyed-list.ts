import type { ClockKey } from '../causality/grant.ts';

/** Up to here a look through the list is quicker than a map. */
const SHORT = 8;

/** Things found by their key. Most lists have a few entries, and are asked for them at every acquisition. */
export class KeyedList<T extends { readonly key: ClockKey }> {
  #items: T[] = [];
  #map: Map<number, T> | null = null;

  find(key: ClockKey): T | undefined {
    if (this.#map !== null) return this.#map.get(key.id);
    const items = this.#items;
    for (let i = 0; i < items.length; i++) {
      const item = items[i]!;
      if (item.key === key) return item;
    }
    return undefined;
  }

  /** Adds an item whose key is not there yet. */
  add(item: T): void {
    this.#items.push(item);
    if (this.#map !== null) this.#map.set(item.key.id, item);
    else if (this.#items.length > SHORT) this.#map = new Map(this.#items.map((each) => [each.key.id, each]));
  }

  clear(): void {
    this.#items = [];
    this.#map = null;
  }
}
