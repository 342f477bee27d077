import { create, createButton, find, findInput } from './dom.ts';
import type { Model } from './model.ts';
import type { Selection } from './selection.ts';

/** More than this, and the words are to be more exact. */
const MAX_RESULTS = 30;

/** Finds the classes whose names have the words in them, in any case; `undefined` when nothing is searched. */
function findNodes(query: string, { nodes, nameOf }: Model): number[] | undefined {
  const wanted = query.trim().toLowerCase();
  if (wanted === '') return undefined;
  return [...nodes.keys()].filter((node) => nameOf(node).toLowerCase().includes(wanted));
}

/** Follows the search field: says how many there are, lists them in the panel, and hands them on. */
export function followSearch(
  model: Model,
  selection: Selection,
  panel: HTMLElement,
  onFound: (nodes: ReadonlySet<number> | undefined) => void,
): { clear: () => void } {
  const field = findInput('search');
  const count = find('search-count');
  const update = (): number[] | undefined => {
    const nodes = findNodes(field.value, model);
    selection.clear();
    count.textContent = nodes === undefined ? '' : `${nodes.length} found`;
    onFound(nodes === undefined ? undefined : new Set(nodes));
    if (nodes === undefined || nodes.length === 0) return nodes;
    const results = nodes.slice(0, MAX_RESULTS).map((node) =>
      create(
        'li',
        '',
        createButton(model.nameOf(node), () => selection.choose({ kind: 'node', node })),
      ),
    );
    const rest = nodes.length - results.length;
    const more = rest === 0 ? [] : [create('p', 'hint', `${rest} more`)];
    panel.replaceChildren(create('h3', '', 'Found'), create('ul', '', ...results), ...more);
    panel.hidden = false;
    return nodes;
  };
  field.addEventListener('input', update);
  field.addEventListener('keydown', (event) => {
    const [first] = event.key === 'Enter' ? (update() ?? []) : [];
    if (first !== undefined) selection.choose({ kind: 'node', node: first });
  });
  return {
    clear: () => {
      if (field.value === '') return;
      field.value = '';
      count.textContent = '';
      onFound(undefined);
    },
  };
}
