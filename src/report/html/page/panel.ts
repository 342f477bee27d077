/** Shows what is chosen: the places of an edge, the edges of a class, the chain of a finding. */
import { create, createButton } from './dom.ts';
import type { Model } from './model.ts';
import type { Choice, Selection } from './selection.ts';

/** A class in the middle of everything has more edges than anybody reads. */
const MAX_LISTED = 100;

export class Panel {
  readonly #element: HTMLElement;
  readonly #model: Model;
  readonly #selection: Selection;

  constructor(element: HTMLElement, model: Model, selection: Selection) {
    this.#element = element;
    this.#model = model;
    this.#selection = selection;
  }

  show(choice: Choice): void {
    const content = this.#create(choice);
    this.#element.replaceChildren(...content);
    this.#element.hidden = content.length === 0;
    this.#element.scrollTop = 0;
  }

  #create(choice: Choice): Node[] {
    switch (choice.kind) {
      case 'none':
        return [];
      case 'edge':
        return this.#createEdge(choice.edge);
      case 'node':
        return this.#createNode(choice.node);
      case 'finding':
        return this.#createFinding(choice.finding);
    }
  }

  #createEdge(index: number): Node[] {
    const { textAt, edgeAt } = this.#model;
    const { title, remark, rows, facts, stacks, against } = edgeAt(index);
    const heading = create('h3', '', textAt(title), ' ', create('span', 'remark', textAt(remark)));
    const places = rows.map(([label, site, source]) =>
      create(
        'div',
        '',
        create('dt', '', textAt(label)),
        create(
          'dd',
          '',
          create('code', 'site', textAt(site)),
          ...(source === undefined ? [] : [create('code', 'source', textAt(source))]),
        ),
      ),
    );
    const known = facts.map(([label, value]) =>
      create('div', '', create('dt', '', textAt(label)), create('dd', '', textAt(value))),
    );
    const calls = stacks.map(([label, frames]) =>
      create(
        'details',
        '',
        create('summary', '', textAt(label)),
        create('ol', '', ...frames.map((frame) => create('li', '', create('code', '', textAt(frame))))),
      ),
    );
    const upwards =
      against === true ? [create('p', 'hint', 'Against the order: most go the other way.')] : [];
    return [heading, create('dl', '', ...places), ...upwards, create('dl', '', ...known), ...calls];
  }

  #createNode(node: number): Node[] {
    const { nameOf, nodeAt, textAt, into, outOf } = this.#model;
    const { kind, level } = nodeAt(node);
    const place = level === 0 ? 'no order' : `level ${level}`;
    return [
      create('h3', '', nameOf(node), ' ', create('span', 'remark', `${textAt(kind)}, ${place}`)),
      ...this.#createEdges('Taken before it', into[node] ?? []),
      ...this.#createEdges('Taken under it', outOf[node] ?? []),
    ];
  }

  #createFinding(finding: number): Node[] {
    const { edges, node } = this.#model.findings[finding]!;
    if (edges.length === 0) return node === undefined ? [] : this.#createNode(node);
    return [create('h3', '', `Finding ${finding + 1}`), ...this.#createEdges('Its chain', edges)];
  }

  #createEdges(title: string, edges: readonly number[]): Node[] {
    if (edges.length === 0) return [];
    const { textAt, edgeAt } = this.#model;
    const shown = edges.slice(0, MAX_LISTED).map((edge) => {
      const { title: name, remark } = edgeAt(edge);
      const button = createButton(textAt(name), () => this.#selection.choose({ kind: 'edge', edge }));
      return create('li', '', button, ' ', create('span', 'remark', textAt(remark)));
    });
    const rest = edges.length - shown.length;
    const more = rest === 0 ? [] : [create('p', 'hint', `${rest} more`)];
    return [create('h4', '', title), create('ul', '', ...shown), ...more];
  }
}
