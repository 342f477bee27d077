/** Reads a line from left to right. */

/** A trace that does not say what it means; `message` says what was expected and what came. */
export class TraceError extends Error {
  override name = 'TraceError';
}

/** A name ends where one of these begins, unless it is written as a JSON string. */
const PLAIN = /[^|(),#="\s]+/y;
/** Such a name and nothing else. */
export const PLAIN_NAME: RegExp = new RegExp(`^${PLAIN.source}$`);
const QUOTED = /"(?:[^"\\]|\\.)*"/y;
const SPACES = /[ \t]*/y;

export class Scanner {
  readonly #text: string;
  #position = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** What is left. */
  get rest(): string {
    return this.#text.slice(this.#position);
  }

  get isAtEnd(): boolean {
    return this.#position >= this.#text.length;
  }

  skipSpaces(): void {
    this.#match(SPACES);
  }

  /** Takes `token`, if it stands here. */
  take(token: string): boolean {
    if (!this.#text.startsWith(token, this.#position)) return false;
    this.#position += token.length;
    return true;
  }

  /** @throws TraceError unless `token` stands here. */
  expect(token: string, where: string): void {
    if (!this.take(token)) this.fail(`"${token}" ${where}`);
  }

  /** A name, plain or as a JSON string. @throws TraceError where none stands. */
  name(what: string): string {
    const plain = this.#match(PLAIN);
    if (plain !== undefined) return plain;
    const quoted = this.#match(QUOTED);
    if (quoted === undefined) this.fail(what);
    try {
      const name = JSON.parse(quoted) as string;
      if (name !== '') return name;
    } catch {
      // Told below: it is no JSON string.
    }
    throw new TraceError(`Expected ${what}, got ${quoted}, which is not a JSON string of a name`);
  }

  /** @throws TraceError always. */
  fail(expected: string): never {
    const got = this.isAtEnd ? 'the end of the line' : JSON.stringify(shorten(this.rest));
    throw new TraceError(`Expected ${expected}, got ${got}`);
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#position;
    const match = pattern.exec(this.#text);
    if (match === null || match[0] === '') return undefined;
    this.#position += match[0].length;
    return match[0];
  }
}

const SHOWN = 60;

function shorten(text: string): string {
  return text.length <= SHOWN ? text : `${text.slice(0, SHOWN)}…`;
}
