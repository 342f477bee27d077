/**
 * The oracle of the locks: two lists, one of those who hold and one of those who wait, and after each
 * step a look through the second for somebody who fits beside the first. It makes up a script on the way,
 * since which steps are legal depends on where the lock stands.
 */
import fc from 'fast-check';
import type { Ask, Kind } from './subjects.ts';

/** A wish for the next step; the numbers choose among what is there. */
export interface Wish {
  readonly action: Action;
  readonly a: number;
  readonly b: number;
  /** It follows the step before in the same synchronous run. */
  readonly isJoined: boolean;
}

type Action =
  | ('acquire' | 'run' | 'throw' | 'try' | 'look' | 'flush')
  | ('free' | 'free dead' | 'down' | 'hand' | 'end' | 'fail' | 'abort' | 'pass');

const action = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom<Action>('acquire', 'free') },
  { weight: 2, arbitrary: fc.constantFrom<Action>('run', 'throw', 'try', 'look', 'flush', 'abort') },
  { weight: 2, arbitrary: fc.constantFrom<Action>('free dead', 'down', 'hand', 'end', 'fail', 'pass') },
);

export const wishes: fc.Arbitrary<Wish[]> = fc.array(
  fc.record({
    action,
    a: fc.nat(59),
    b: fc.nat(59),
    isJoined: fc.boolean(),
  }),
  { minLength: 1, maxLength: 30, size: 'max' },
);

export interface Scripted {
  readonly script: string;
  readonly log: string;
  readonly bad: number;
}

interface Request {
  readonly name: string;
  ask: Ask;
  readonly how: 'acquire' | 'run' | 'throw' | 'try' | 'look' | 'flush';
  readonly signal: string | undefined;
  readonly deadline: number;
  /** Who asked can have seen its hold. */
  isSeen: boolean;
  /** It was taken for writing by this very handle. */
  isWriteHold: boolean;
}

class Model {
  readonly #kind: Kind;
  #held: Request[] = [];
  #waiting: Request[] = [];
  #looking: Request[] = [];
  /** With those whose going they wait for. */
  #flushing: (Request & { present: readonly Request[] })[] = [];
  #dead: Request[] = [];
  /** Callbacks of `run` that have not ended. */
  #running: Request[] = [];
  readonly #signals: string[] = [];
  readonly #aborted = new Set<string>();
  #names = 0;
  #now = 0;
  #bad = 0;
  #turn: string[] = [];
  #grants: string[] = [];
  #others: string[] = [];
  readonly #script: string[] = [];
  readonly #log: string[] = [];

  constructor(kind: Kind) {
    this.#kind = kind;
  }

  take(wish: Wish): void {
    const ends = wish.action === 'end' || wish.action === 'fail';
    if (!wish.isJoined || ends) this.endTurn();
    this.#do(wish);
    if (ends) this.endTurn();
  }

  result(): Scripted {
    this.endTurn();
    return { script: this.#script.join(', '), log: this.#log.join(', '), bad: this.#bad };
  }

  endTurn(): void {
    if (this.#turn.length === 0) return;
    // A callback that throws at once gives the lock to the next, which may throw at once.
    for (let thrower; (thrower = this.#held.find(({ how }) => how === 'throw')) !== undefined;) {
      this.#others.push(`${thrower.name}!`);
      this.#release(thrower);
    }
    for (const each of this.#held) each.isSeen = true;
    this.#script.push(this.#turn.join(' + '));
    this.#log.push([...this.#grants, ...this.#others.sort()].join(' ') || '-');
    this.#turn = [];
    this.#grants = [];
    this.#others = [];
  }

  #do({ action, a, b }: Wish): void {
    const { asks, looks } = this.#kind;
    const seen = this.#held.filter(({ isSeen }) => isSeen);
    switch (action) {
      case 'acquire':
      case 'run':
      case 'throw':
        this.#request(action, pick(asks, a)!, b);
        return;
      case 'try':
        this.#try(pick(asks, a)!);
        return;
      case 'look':
        this.#look(pick(looks, a)!, b);
        return;
      case 'flush':
        if (this.#kind.isForGroups !== true) this.#flush(b);
        return;
      case 'free':
        this.#on(pick(seen, a), 'free', (hold) => this.#release(hold));
        return;
      case 'free dead':
        this.#on(pick(this.#dead, a), 'free', () => void this.#bad++);
        return;
      case 'down':
        this.#on(
          pick(
            [...seen, ...this.#dead].filter(({ isWriteHold }) => isWriteHold),
            a,
          ),
          'down',
          (hold) => this.#downgrade(hold),
        );
        return;
      case 'hand':
        this.#on(pick(seen, a), 'hand', (hold) => this.#handOver(hold));
        return;
      case 'end':
      case 'fail':
        this.#on(
          pick(
            this.#running.filter(({ isSeen }) => isSeen),
            a,
          ),
          action,
          (run) => this.#endRun(run, action),
        );
        return;
      case 'abort':
        this.#abort(pick(this.#signals, a));
        return;
      case 'pass':
        this.#pass(1 + (a % 3));
        return;
    }
  }

  #on(request: Request | undefined, verb: string, then: (request: Request) => void): void {
    if (request === undefined) return;
    this.#turn.push(`${verb} ${request.name}`);
    then(request);
  }

  #create(how: Request['how'], ask: Ask, options: Partial<Request> = {}): Request {
    const isWriteHold = ask === 'write' && how !== 'look' && how !== 'flush';
    const name = nameOf(this.#names++);
    return { name, ask, how, signal: undefined, deadline: Infinity, isSeen: false, isWriteHold, ...options };
  }

  #request(how: 'acquire' | 'run' | 'throw', ask: Ask, b: number): void {
    const request = this.#ask(how, ask, b);
    if (request === undefined) return;
    this.#waiting.push(request);
    this.#letIn();
  }

  /** With a signal of its own, one that others have too, or none; and a timeout now and then. */
  #ask(how: Request['how'], ask: Ask, b: number): Request | undefined {
    const known = pick(this.#signals, b);
    const signal = b % 3 === 0 ? `@${this.#names}` : b % 3 === 1 ? known : undefined;
    if (signal !== undefined && signal !== known) this.#signals.push(signal);
    const timeoutMs = b % 5 === 0 ? 1 + (b % 3) : undefined;
    const deadline = timeoutMs === undefined ? Infinity : this.#now + timeoutMs;
    const request = this.#create(how, ask, { signal, deadline });
    const words = [
      how === 'acquire' ? undefined : how,
      how === 'flush' ? undefined : ask,
      request.name,
      signal,
      timeoutMs === undefined ? undefined : `${timeoutMs}ms`,
    ];
    this.#turn.push(words.filter((word) => word !== undefined).join(' '));
    if (signal === undefined || !this.#aborted.has(signal)) return request;
    this.#others.push(`${request.name}!`);
    return undefined;
  }

  #try(ask: Ask): void {
    const request = this.#create('try', ask);
    this.#turn.push(`try ${ask} ${request.name}`);
    const isNext = this.#waiting.length === 0 || this.#kind.overtakes(ask);
    const hasIt = isNext && this.#fits(ask);
    this.#others.push(request.name + (hasIt ? '+' : '-'));
    if (hasIt) this.#held.push({ ...request, isSeen: true });
  }

  #look(ask: Ask, b: number): void {
    const request = this.#ask('look', ask, b);
    if (request === undefined) return;
    this.#looking.push(request);
    this.#wake();
  }

  #flush(b: number): void {
    const request = this.#ask('flush', this.#kind.whole, b);
    if (request === undefined) return;
    this.#flushing.push({ ...request, present: [...this.#held, ...this.#waiting] });
    this.#wakeFlushes();
  }

  #fits(ask: Ask): boolean {
    return this.#kind.fits(
      this.#held.map((each) => each.ask),
      ask,
    );
  }

  /** The first who fits, nobody overtaking but those who may, until nobody does. */
  #letIn(): void {
    for (;;) {
      const next = this.#waiting.find(
        ({ ask }, place) => (place === 0 || this.#kind.overtakes(ask)) && this.#fits(ask),
      );
      if (next === undefined) return;
      this.#waiting = without(this.#waiting, next);
      this.#held.push(next);
      this.#grants.push(next.name);
      if (next.how === 'run') this.#running.push(next);
    }
  }

  #wake(): void {
    for (const each of this.#looking.filter(({ ask }) => this.#fits(ask))) {
      this.#looking = without(this.#looking, each);
      this.#others.push(`${each.name}.`);
    }
  }

  #wakeFlushes(): void {
    const isThere = (request: Request): boolean =>
      this.#held.includes(request) || this.#waiting.includes(request);
    for (const each of this.#flushing.filter(({ present }) => !present.some(isThere))) {
      this.#flushing = without(this.#flushing, each);
      this.#others.push(`${each.name}.`);
    }
  }

  #release(hold: Request): void {
    this.#held = without(this.#held, hold);
    this.#dead.push(hold);
    this.#wake();
    this.#letIn();
    this.#wakeFlushes();
  }

  #downgrade(hold: Request): void {
    if (!this.#held.includes(hold)) {
      this.#bad++;
      return;
    }
    hold.ask = 'read';
    this.#wake();
    this.#letIn();
  }

  #handOver(hold: Request): void {
    const name = nameOf(this.#names++);
    this.#turn.push(`${this.#turn.pop()!} ${name}`);
    this.#dead.push(hold);
    const moved: Request = { ...hold, name, how: 'try', isSeen: true, isWriteHold: false };
    const move = (each: Request): Request => (each === hold ? moved : each);
    this.#held = this.#held.map(move);
    this.#flushing = this.#flushing.map((each) => ({ ...each, present: each.present.map(move) }));
  }

  #endRun(run: Request, how: 'end' | 'fail'): void {
    this.#running = without(this.#running, run);
    this.#others.push(run.name + (how === 'end' ? '.' : '!'));
    if (this.#held.includes(run)) this.#release(run);
  }

  #abort(signal: string | undefined): void {
    if (signal === undefined || this.#aborted.has(signal)) return;
    this.#aborted.add(signal);
    this.#turn.push(`abort ${signal}`);
    // All of them at once: none may be let in by another's leaving.
    this.#giveUp(this.#waits().filter((each) => each.signal === signal));
    this.#letIn();
    this.#wakeFlushes();
  }

  /** In the order of asking. */
  #waits(): Request[] {
    const rank = ({ name }: Request): number => Number(name.slice(1) || 0) * 26 + name.charCodeAt(0);
    return [...this.#waiting, ...this.#looking, ...this.#flushing].sort((a, b) => rank(a) - rank(b));
  }

  #pass(ms: number): void {
    this.#turn.push(`pass ${ms}ms`);
    for (let i = 0; i < ms; i++) {
      this.#now++;
      // One after the other, as timers fire: the first may let in the second.
      for (let late; (late = this.#waits().find(({ deadline }) => deadline <= this.#now)) !== undefined;) {
        this.#giveUp([late]);
        this.#letIn();
        this.#wakeFlushes();
      }
    }
  }

  #giveUp(requests: readonly Request[]): void {
    const names = requests.map(({ name }) => name);
    const isLeft = ({ name }: Request): boolean => !names.includes(name);
    this.#waiting = this.#waiting.filter(isLeft);
    this.#looking = this.#looking.filter(isLeft);
    this.#flushing = this.#flushing.filter(isLeft);
    this.#others.push(...names.map((name) => `${name}!`));
  }
}

function pick<T>(list: readonly T[], n: number): T | undefined {
  return list[n % list.length];
}

function without<T>(list: readonly T[], item: T): T[] {
  return list.filter((each) => each !== item);
}

function nameOf(n: number): string {
  const letter = String.fromCharCode(97 + (n % 26));
  return n < 26 ? letter : `${letter}${Math.floor(n / 26)}`;
}

/** A script that follows the wishes as far as it can, and what a lock of this kind must do. */
export function scriptOf(kind: Kind, wishes: readonly Wish[]): Scripted {
  const model = new Model(kind);
  for (const wish of wishes) model.take(wish);
  return model.result();
}
