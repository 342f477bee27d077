/** The script of the page. Everything it does is on top of a page that is whole without it. */
import { create, createButton, find, findInput } from './dom.ts';
import type { GraphView } from './graph-view.ts';
import { type Model, readModel } from './model.ts';
import { Panel } from './panel.ts';
import { followSearch } from './search.ts';
import { Selection } from './selection.ts';
import { makeSortable } from './sort-table.ts';

const ZOOM = 1.4;
const STEP = 0.12;

function hasWebGl(): boolean {
  const canvas = document.createElement('canvas');
  return (canvas.getContext('webgl2') ?? canvas.getContext('webgl')) !== null;
}

/** Says why there is no drawing; search and panel work without one. */
function giveUp(reason: string): undefined {
  find('graph-fault').textContent = `No drawing: ${reason}. Search finds the classes and their edges.`;
  find('canvas').hidden = true;
  for (const control of document.querySelectorAll<HTMLElement>('.zoom button:not(#clear)'))
    control.hidden = true;
}

async function openView(model: Model, selection: Selection): Promise<GraphView | undefined> {
  if (!hasWebGl()) return giveUp('this browser has no WebGL here');
  try {
    // Evaluated here and not before: parts of it ask for WebGL as they load.
    const { GraphView } = await import('./graph-view.ts');
    return new GraphView(find('canvas'), model, selection);
  } catch (error) {
    return giveUp(error instanceof Error ? error.message : String(error));
  }
}

/** Each finding gets a button; a click on its diagram does the same. */
function connectFindings(model: Model, selection: Selection): void {
  const articles = [...document.querySelectorAll<HTMLElement>('.finding')];
  for (const [finding, article] of articles.entries()) {
    const { edges, node } = model.findings[finding] ?? { edges: [] };
    if (edges.length === 0 && node === undefined) continue;
    const choose = (): void => {
      selection.choose({ kind: 'finding', finding });
      find('graph').scrollIntoView({ block: 'nearest' });
    };
    const button = createButton('Show in the graph', choose);
    button.className = 'show';
    article.append(button);
    article.querySelector('figure')?.addEventListener('click', choose);
  }
  selection.onChange((choice) => {
    for (const [finding, article] of articles.entries())
      article.classList.toggle('chosen', choice.kind === 'finding' && choice.finding === finding);
  });
}

function connectKeys(view: GraphView, container: HTMLElement): void {
  const keys: Readonly<Record<string, () => void>> = {
    '+': () => view.zoom(1 / ZOOM),
    '=': () => view.zoom(1 / ZOOM),
    '-': () => view.zoom(ZOOM),
    '0': () => view.fit(),
    ArrowLeft: () => view.move(-STEP, 0),
    ArrowRight: () => view.move(STEP, 0),
    ArrowUp: () => view.move(0, STEP),
    ArrowDown: () => view.move(0, -STEP),
  };
  container.addEventListener('keydown', (event) => {
    const act = event.ctrlKey || event.metaKey || event.altKey ? undefined : keys[event.key];
    if (act === undefined) return;
    event.preventDefault();
    act();
  });
}

async function openGraph(): Promise<void> {
  const model = readModel(find('graph-data').textContent ?? '');
  for (const element of document.querySelectorAll<HTMLElement>('.scripted')) element.hidden = false;
  const selection = new Selection();
  const panel = new Panel(find('panel'), model, selection);
  selection.onChange((choice) => panel.show(choice));
  connectFindings(model, selection);
  const view = await openView(model, selection);
  if (view !== undefined) {
    selection.onChange((choice) => view.show(choice));
    connectKeys(view, find('canvas'));
    find('zoom-in').addEventListener('click', () => view.zoom(1 / ZOOM));
    find('zoom-out').addEventListener('click', () => view.zoom(ZOOM));
    find('zoom-fit').addEventListener('click', () => view.fit());
  }
  const search = followSearch(model, selection, find('panel'), (nodes) => view?.showFound(nodes));
  const only = findInput('only-cycles');
  only.addEventListener('change', () => view?.showOnlyCycles(only.checked));
  only.disabled = view === undefined;
  const clear = (): void => {
    search.clear();
    selection.clear();
  };
  find('clear').addEventListener('click', clear);
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') clear();
  });
}

document.documentElement.classList.add('with-scripts');
for (const table of document.querySelectorAll<HTMLTableElement>('table.sortable')) makeSortable(table);
if (document.getElementById('graph') !== null) {
  openGraph().catch((error: unknown) => {
    document.querySelector('#graph-fault')?.append(create('span', '', String(error)));
  });
}
