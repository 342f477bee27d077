/** Functions of Node itself, replaced as long as flows are followed. */
import { syncBuiltinESMExports } from 'node:module';

interface Patch {
  readonly owner: Record<string, unknown>;
  readonly name: string;
  readonly original: PropertyDescriptor;
  readonly wrapped: unknown;
}

export class BuiltInPatches {
  readonly #patches: Patch[] = [];
  readonly #undo: (() => void)[] = [];

  /** Puts `wrap(original)` in the place of a function, if there is one that can be replaced. */
  add(owner: object, name: string, wrap: (original: unknown) => unknown): void {
    const original = Object.getOwnPropertyDescriptor(owner, name);
    if (typeof original?.value !== 'function') return;
    if (original.configurable !== true && original.writable !== true) return;
    const wrapped = wrap(original.value);
    Object.defineProperty(owner, name, { ...original, value: wrapped });
    this.#patches.push({ owner: owner as Record<string, unknown>, name, original, wrapped });
  }

  /** Says what else is to be taken back. */
  onUndo(undo: () => void): void {
    this.#undo.push(undo);
  }

  /** Puts the originals back, unless somebody else has patched them since. */
  undo(): void {
    for (const { owner, name, original, wrapped } of this.#patches.splice(0).reverse())
      if (Object.getOwnPropertyDescriptor(owner, name)?.value === wrapped)
        Object.defineProperty(owner, name, original);
    for (const undo of this.#undo.splice(0)) undo();
    syncBuiltinESMExports();
  }
}
