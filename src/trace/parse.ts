/**
 * Traces as text: one event a line, `task|event|location`, the form that tools for lock prediction use
 * (`T1|acq(A)|42`). Blank lines and `# …` say nothing, `#! …` declares.
 */
import type { RequestMode } from '../graph/vocabulary.ts';
import type { Declaration, LockName, TraceEvent, TraceLine } from './event.ts';
import { Scanner, TraceError } from './scanner.ts';

/** Modes as traces write them; a permit is exclusive as far as its own unit goes. */
const MODES: ReadonlyMap<string, RequestMode> = new Map([
  ['exclusive', 'exclusive'],
  ['permit', 'exclusive'],
  ['shared', 'shared'],
  ['recursive', 'recursive'],
]);

const IGNORED: ReadonlySet<string> = new Set(['r', 'w', 'begin', 'end']);
const EVENTS =
  'acq, try, req, rel, cancel, downgrade, wait, arm, signal, fork, join, handoff, enter, leave, mask, unmask, init, assert, r, w, begin or end';

/** The options of an event, as they stand between its parentheses. */
interface Options {
  mode: RequestMode | undefined;
  sub: number | undefined;
  nest: LockName | undefined;
  n: number | undefined;
  timed: true | undefined;
  threaded: true | undefined;
  /** What follows is written by recorders. */
  wait: true | undefined;
  try: true | undefined;
  alone: true | undefined;
  ungated: true | undefined;
  borrowed: true | undefined;
  renewed: true | undefined;
  since: string | undefined;
  of: string | undefined;
  job: string | undefined;
}

type OptionName = keyof Options;

const REQUEST_OPTIONS: readonly OptionName[] = ['mode', 'sub', 'nest', 'n', 'timed', 'wait', 'try', 'of'];
/** How it was asked for is known; who says it again does no harm. */
const LOCK_OPTIONS: Readonly<Record<string, readonly OptionName[]>> = {
  rel: REQUEST_OPTIONS,
  cancel: REQUEST_OPTIONS,
  arm: ['of', 'since', 'renewed'],
};
/** Switches, and what they are followed by. */
const SWITCHES = ['timed', 'threaded', 'wait', 'try', 'alone', 'borrowed', 'ungated', 'renewed'] as const;

/**
 * Reads one line, without its line break; undefined for a blank one or a comment.
 * @throws TraceError for anything else that is not in the grammar.
 */
export function parseLine(text: string): TraceLine | undefined {
  const line = text.trim();
  if (line === '') return undefined;
  if (line.startsWith('#')) {
    return line.startsWith('#!') ? { declaration: parseDeclaration(line.slice(2)) } : undefined;
  }
  const scanner = new Scanner(line);
  const task = parseName(scanner, 'the name of a task');
  scanner.skipSpaces();
  scanner.expect('|', 'after the task');
  scanner.skipSpaces();
  const event = parseEvent(scanner);
  scanner.skipSpaces();
  scanner.expect('|', 'and a location after the event');
  return { task, event, location: scanner.rest.trim() };
}

function parseName(scanner: Scanner, what: string): string {
  scanner.skipSpaces();
  return scanner.name(what);
}

function parseEvent(scanner: Scanner): TraceEvent {
  const start = scanner.rest;
  const type = scanner.name('an event');
  if (IGNORED.has(type)) {
    if (scanner.take('(')) {
      if (!scanner.take(')')) {
        parseLock(scanner);
        close(scanner);
      }
    }
    return { type: 'ignored' };
  }
  const read = READERS.get(type);
  if (read === undefined)
    throw new TraceError(`Expected ${EVENTS}, got ${JSON.stringify(start.slice(0, 60))}`);
  scanner.expect('(', `after ${type}`);
  return read(scanner);
}

const READERS: ReadonlyMap<string, (scanner: Scanner) => TraceEvent> = new Map([
  ...(['acq', 'req', 'try'] as const).map(
    (type) =>
      [
        type,
        (scanner: Scanner): TraceEvent => {
          const lock = parseLock(scanner);
          const options = parseOptions(scanner, type, REQUEST_OPTIONS);
          const { mode, sub, nest, n, timed, of } = options;
          return {
            type,
            lock,
            mode: mode ?? 'exclusive',
            subclass: sub ?? 0,
            nestedIn: nest,
            units: n ?? 1,
            isTimed: timed === true,
            isWait: options.wait === true,
            isTry: type === 'try' || options.try === true,
            of,
          };
        },
      ] as const,
  ),
  ...(['rel', 'cancel', 'downgrade', 'arm', 'signal', 'init', 'assert'] as const).map(
    (type) =>
      [
        type,
        (scanner: Scanner): TraceEvent => {
          const lock = parseLock(scanner);
          const { of, since, renewed } = parseOptions(scanner, type, LOCK_OPTIONS[type] ?? []);
          return { type, lock, of, since, isRenewed: renewed === true };
        },
      ] as const,
  ),
  [
    'wait',
    (scanner: Scanner): TraceEvent => {
      const lock = parseLock(scanner);
      const { mode, timed } = parseOptions(scanner, 'wait', ['mode', 'timed']);
      return { type: 'wait', lock, mode: mode ?? 'exclusive', isTimed: timed === true };
    },
  ],
  ...(['fork', 'join'] as const).map(
    (type) =>
      [
        type,
        (scanner: Scanner): TraceEvent => {
          const task = parseName(scanner, 'the name of a task');
          const allowed = type === 'join' ? (['alone', 'borrowed', 'timed', 'ungated'] as const) : [];
          const { alone, borrowed, timed, ungated } = parseOptions(scanner, type, allowed);
          return {
            type,
            task,
            isAlone: alone === true,
            isBorrowed: borrowed === true,
            isTimed: timed === true,
            isUngated: ungated === true,
          };
        },
      ] as const,
  ),
  [
    'handoff',
    (scanner: Scanner): TraceEvent => {
      const lock = parseLock(scanner);
      scanner.skipSpaces();
      scanner.expect(',', 'and a task after the lock');
      const task = parseName(scanner, 'the name of a task or an executor');
      const { of, job } = parseOptions(scanner, 'handoff', ['of', 'job']);
      return { type: 'handoff', lock, task, of, job };
    },
  ],
  ...(['enter', 'leave', 'mask', 'unmask'] as const).map(
    (type) =>
      [
        type,
        (scanner: Scanner): TraceEvent => {
          const context = parseName(scanner, 'the name of a context');
          const { threaded } = parseOptions(scanner, type, type === 'enter' ? ['threaded'] : []);
          return { type, context, isThreaded: threaded === true };
        },
      ] as const,
  ),
]);

function close(scanner: Scanner): void {
  scanner.skipSpaces();
  scanner.expect(')', 'at the end of the event');
}

function parseLock(scanner: Scanner): LockName {
  const className = parseName(scanner, 'the name of a lock');
  const instance = scanner.take('#') ? scanner.name('an instance after "#"') : '';
  return { className, instance };
}

/** Everything from the first comma to the closing parenthesis. */
function parseOptions(scanner: Scanner, type: string, allowed: readonly OptionName[]): Options {
  const options: Options = {
    mode: undefined,
    sub: undefined,
    nest: undefined,
    n: undefined,
    timed: undefined,
    threaded: undefined,
    wait: undefined,
    try: undefined,
    alone: undefined,
    ungated: undefined,
    borrowed: undefined,
    renewed: undefined,
    since: undefined,
    of: undefined,
    job: undefined,
  };
  scanner.skipSpaces();
  while (scanner.take(',')) {
    scanner.skipSpaces();
    const start = scanner.rest;
    const name = parseOption(scanner, options);
    if (name === undefined || !allowed.includes(name)) {
      const known = allowed.length === 0 ? 'no option' : `one of ${allowed.map(describeOption).join(', ')}`;
      throw new TraceError(`Expected ${known} in ${type}(…), got ${JSON.stringify(start.slice(0, 60))}`);
    }
    scanner.skipSpaces();
  }
  scanner.expect(')', 'or "," in the event');
  return options;
}

function describeOption(name: OptionName): string {
  if (name === 'mode') return [...MODES.keys()].join(', ');
  if (name === 'nest') return 'nest=LOCK';
  if (name === 'of' || name === 'job' || name === 'since') return `${name}=TASK`;
  return name === 'sub' || name === 'n' ? `${name}=NUMBER` : name;
}

function parseOption(scanner: Scanner, options: Options): OptionName | undefined {
  const word = scanner.name('an option');
  const mode = MODES.get(word);
  if (mode !== undefined) {
    options.mode = mode;
    return 'mode';
  }
  const flag = SWITCHES.find((each) => each === word);
  if (flag !== undefined) {
    options[flag] = true;
    return flag;
  }
  const isTask = word === 'of' || word === 'job' || word === 'since';
  if (word !== 'sub' && word !== 'n' && word !== 'nest' && !isTask) return undefined;
  scanner.skipSpaces();
  scanner.expect('=', `after ${word}`);
  if (word === 'nest') options.nest = parseLock(scanner);
  else if (isTask) options[word] = parseName(scanner, `a task for ${word}`);
  else options[word] = parseCount(parseName(scanner, `a number for ${word}`), word, word === 'n' ? 1 : 0);
  return word;
}

/** @throws TraceError for anything but a whole number from `least` on. */
export function parseCount(text: string, what: string, least: number): number {
  const count = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(count) && count >= least) return count;
  throw new TraceError(`Expected ${what} to be an integer ≥ ${least}, got ${JSON.stringify(text)}`);
}

function parseDeclaration(text: string): Declaration {
  const scanner = new Scanner(text);
  const type = parseName(scanner, 'class, order, recorded or drained after "#!"');
  scanner.skipSpaces();
  if ((type === 'recorded' || type === 'drained') && scanner.isAtEnd) return { type };
  if (type === 'order') return { type, names: parseNames(scanner) };
  if (type !== 'class')
    throw new TraceError(
      `Expected class, order, recorded or drained after "#!", got ${JSON.stringify(text.trim())}`,
    );
  const className = scanner.name('the name of a class');
  const options = new Map<string, string>();
  for (scanner.skipSpaces(); !scanner.isAtEnd; scanner.skipSpaces()) {
    const key = scanner.name('key=value');
    options.set(key, scanner.take('=') ? scanner.name(`a value for ${key}`) : '');
  }
  return { type, className, options };
}

function parseNames(scanner: Scanner): string[] {
  const names: string[] = [];
  for (; !scanner.isAtEnd; scanner.skipSpaces()) names.push(scanner.name('the name of a class'));
  if (names.length < 2 || new Set(names).size !== names.length)
    throw new TraceError(
      `Expected two or more different names after "#! order", got ${JSON.stringify(names)}`,
    );
  return names;
}
