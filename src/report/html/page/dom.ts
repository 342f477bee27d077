type Child = Node | string;

/** Creates an element. Text is text: nothing in it is read as markup. */
export function create<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  className: string,
  ...children: Child[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  if (className !== '') element.className = className;
  element.append(...children);
  return element;
}

/** Finds an element that the page has. */
export function find(id: string): HTMLElement {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`Expected #${id} in the page, got none.`);
  return element;
}

/** Finds an input that the page has. */
export function findInput(id: string): HTMLInputElement {
  return find(id) as HTMLInputElement;
}

export function createButton(text: string, onClick: () => void): HTMLButtonElement {
  const button = create('button', '', text);
  button.type = 'button';
  button.addEventListener('click', onClick);
  return button;
}
