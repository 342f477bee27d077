/** What the keys of a class of locks by key have in common: `user:*`. */

/** Parts of a key that tell one from another: UUIDs, long hexadecimal numbers, runs of digits. */
const VARIABLE = /[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}|\b(?=[a-f]*\d)[\da-f]{8,}\b|\d+/gi;
const SEPARATOR = /[^\p{L}\p{N}*]/u;
const MAX_LENGTH = 60;

export class KeyPattern {
  #text: string | undefined;
  #isRead = false;

  /** Makes the pattern wide enough for one more key, until somebody has read it: a name must not change. */
  add(key: string): void {
    if (this.#isRead || this.#text === '*') return;
    const text = generalize(key);
    this.#text = this.#text === undefined ? text : commonOf(this.#text, text);
  }

  /** The pattern, and from now on no other. */
  read(): string {
    this.#isRead = true;
    return this.#text ?? '*';
  }
}

function generalize(key: string): string {
  const text = key.replace(VARIABLE, '*');
  return text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}*` : text;
}

/** What two patterns begin with, up to a separator, and anything after it. */
function commonOf(a: string, b: string): string {
  if (a === b) return a;
  let end = 0;
  for (let i = 0; i < a.length && a[i] === b[i]; i++) if (SEPARATOR.test(a[i]!)) end = i + 1;
  return `${a.slice(0, end)}*`;
}
