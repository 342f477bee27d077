/** From lines of text to events in a validator. */
import type { RawStack, RecordedFrame } from '../validator/stack-trace.ts';
import { Validator, type ValidatorOptions } from '../validator/validator.ts';
import type { TraceEvent } from './event.ts';
import { parseLine } from './parse.ts';
import { UNKNOWN_PLACE } from './record.ts';
import { Replay } from './replay.ts';
import { PLAIN_NAME, TraceError } from './scanner.ts';
import { TraceTracker } from './trace-tracker.ts';

/** Events that were met before are not parsed again; beyond so many, all of them once more. */
const MAX_CACHED = 16_384;

/** Replays traces, one after the other, into one validator. */
export class TraceReader {
  readonly validator: Validator;
  readonly #replay: Replay;
  readonly #events = new Map<string, TraceEvent>();
  #file = '';
  #line = 0;
  #location = '';

  constructor({ levels = {} }: Pick<ValidatorOptions, 'levels'> = {}) {
    const tracker = new TraceTracker();
    this.validator = new Validator({ tracker, levels });
    this.#replay = new Replay(this.validator, tracker, () => this.#place());
  }

  /** A trace begins; `file` is where its lines are. */
  begin(file: string): void {
    this.#file = file;
    this.#line = 0;
  }

  /**
   * The next line, without its line break.
   * @throws TraceError with file and line for what is not in the grammar, or cannot have happened.
   */
  line(text: string): void {
    this.#line++;
    try {
      this.#apply(text);
    } catch (error) {
      if (!(error instanceof TraceError)) throw error;
      throw new TraceError(`${this.#file}:${this.#line}: ${error.message}`);
    }
  }

  /** The trace ends. */
  end(): void {
    this.#replay.end();
  }

  #apply(text: string): void {
    const first = text.indexOf('|');
    const second = text.indexOf('|', first + 1);
    const known = second === -1 ? undefined : this.#events.get(text.slice(first + 1, second));
    const task = known === undefined ? '' : text.slice(0, first);
    if (known !== undefined && PLAIN_NAME.test(task)) {
      this.#location = text.slice(second + 1);
      this.#replay.event(task, known);
      return;
    }
    const parsed = parseLine(text);
    if (parsed === undefined) return;
    if ('declaration' in parsed) {
      this.#replay.declare(parsed.declaration);
      return;
    }
    // In quotes, the bar may be a part of a name, and then these were not the ends of the event.
    if (!text.includes('"')) {
      if (this.#events.size >= MAX_CACHED) this.#events.clear();
      this.#events.set(text.slice(first + 1, second), parsed.event);
    }
    this.#location = parsed.location;
    this.#replay.event(parsed.task, parsed.event);
  }

  /** Where the event is: a bare number is a line of the trace, everything else is a place already. */
  #place(): RawStack {
    const location = this.#location.trim();
    if (location === UNKNOWN_PLACE) return [];
    const line = location === '' ? this.#line : Number(location);
    const isLine = Number.isSafeInteger(line) && line >= 0;
    const frame: RecordedFrame = {
      file: this.#file,
      line: isLine ? line : this.#line,
      column: 1,
      fn: undefined,
      at: isLine ? undefined : copy(location),
    };
    return [frame];
  }
}

/** A piece of a string keeps the whole alive, here a megabyte of the trace. */
function copy(text: string): string {
  return Buffer.from(text).toString();
}
