/** Which classes and edges stand out: those of what is chosen, else those of findings. */
import type { Model } from './model.ts';
import type { Choice } from './selection.ts';

export interface Emphasis {
  /** Whether something is chosen: all else steps back then. */
  isActive: boolean;
  nodes: ReadonlySet<number>;
  edges: ReadonlySet<number>;
}

function collect(edges: readonly number[], nodes: readonly number[], { edgeAt }: Model): Emphasis {
  const ends = edges.flatMap((edge) => [edgeAt(edge).from, edgeAt(edge).to]);
  return { isActive: true, edges: new Set(edges), nodes: new Set([...nodes, ...ends]) };
}

/** Finds what a choice is about; without one, what was searched. */
export function findEmphasis(choice: Choice, found: ReadonlySet<number> | undefined, model: Model): Emphasis {
  switch (choice.kind) {
    case 'edge':
      return collect([choice.edge], [], model);
    case 'node':
      return collect(
        [...(model.into[choice.node] ?? []), ...(model.outOf[choice.node] ?? [])],
        [choice.node],
        model,
      );
    case 'finding': {
      const { edges, node } = model.findings[choice.finding]!;
      return collect(edges, node === undefined ? [] : [node], model);
    }
    case 'none':
      return { isActive: found !== undefined, edges: new Set(), nodes: found ?? new Set() };
  }
}
