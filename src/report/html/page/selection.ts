/** What is chosen: a finding, a class or an edge. Whoever shows it listens. */
export type Choice =
  | { kind: 'none' }
  | { kind: 'finding'; finding: number }
  | { kind: 'node'; node: number }
  | { kind: 'edge'; edge: number };

type Listener = (choice: Choice) => void;

export class Selection {
  #choice: Choice = { kind: 'none' };
  readonly #listeners: Listener[] = [];

  get choice(): Choice {
    return this.#choice;
  }

  choose(choice: Choice): void {
    this.#choice = choice;
    for (const listener of this.#listeners) listener(choice);
  }

  clear(): void {
    this.choose({ kind: 'none' });
  }

  onChange(listener: Listener): void {
    this.#listeners.push(listener);
  }
}
