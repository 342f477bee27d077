/**
 * Looks for deadlocks of now, each time a request has to wait. A first look, which takes no time for who
 * holds nothing, tells whether a cycle is possible at all; the graph is built when the turn of the loop is over,
 * so that whatever was to be released in it has been. What is certain then is published. Any other cycle is
 * looked at again, every second while somebody waits, and published as a warning when it has stood for one.
 */
import type { Engine } from '../validator/engine.ts';
import type { Finding } from '../validator/finding.ts';
import type { LiveWatch, StallListener } from '../validator/live-hook.ts';
import type { LiveState } from '../validator/live-state.ts';
import type { Obligation } from '../validator/obligation.ts';
import type { Validator } from '../validator/validator.ts';
import { offerEvents } from './channels.ts';
import { dumpState, noteSeen } from './dump-state.ts';
import { type Deadlock, createLiveFinding } from './live-finding.ts';
import { readOldStacks } from './old-stacks.ts';
import { createStallFindings } from './stalled-wait.ts';
import { Stalls } from './stalls.ts';
import { WaitForGraph } from './wait-for-graph.ts';
import { WaitingRoom } from './waiting-room.ts';
import { nowMs } from '../validator/now.ts';

// Taken at load: the program may patch them later, and what we do is nobody's cause.
const plainSetImmediate = setImmediate;
const plainSetTimeout = setTimeout;

const CHECK_MS = 1000;
/** A little less, since timers may come early. */
const STANDING_MS = 950;
/** As many requests of one turn that may wait are remembered. */
const MOST_UNSURE = 1024;

export class NowWatch implements LiveWatch {
  readonly #validator: WeakRef<Validator>;
  readonly #engine: Engine;
  readonly #room = new WaitingRoom();
  readonly #stalls = new Stalls();
  /** Requests that may have closed a cycle in this turn; those that may be waiting, as far as we know. */
  #suspects = new Set<Obligation>();
  #unsure: Obligation[] = [];
  #isTurnWatched = false;
  #isTicking = false;
  #isCheckWanted = false;
  #isReading = false;
  /** What stood at an earlier check, by one of the requests of the cycle: since when. */
  readonly #standing = new WeakMap<Obligation, number>();
  /** On a cycle that was published; and on one that was certain. */
  readonly #told = new WeakSet<Obligation>();
  readonly #toldCertain = new WeakSet<Obligation>();

  constructor(validator: Validator) {
    this.#validator = new WeakRef(validator);
    this.#engine = validator.engine;
    offerEvents(validator);
  }

  waits(asked: Obligation): void {
    this.#room.add(asked);
    const answer = this.#room.mayCloseCycle(asked);
    if (answer === true) {
      this.#suspects.add(asked);
      this.#watchTurn();
    }
    // Whether somebody awaits a job is known when this turn is over.
    if (answer === false && asked.under !== null && asked.rare?.isJob === true) this.#noteUnsure(asked);
    if (answer === undefined) this.#checkSoon();
    else if (!this.#stalls.isEmpty) this.#tickSoon();
  }

  mayWait(asked: Obligation): void {
    if (!this.#stalls.isEmpty) this.#tickSoon();
    if (asked.under === null && !this.#room.hasCreditors) return;
    this.#noteUnsure(asked);
  }

  #noteUnsure(asked: Obligation): void {
    if (this.#unsure.length >= MOST_UNSURE) {
      // In a turn without end most are over by now. Whoever is left out is found by the check of every second.
      this.#unsure = this.#unsure.filter(({ isWaiting }) => isWaiting);
      if (this.#unsure.length > MOST_UNSURE / 2) return;
    }
    this.#unsure.push(asked);
    this.#watchTurn();
  }

  waitEnded(asked: Obligation): void {
    this.#room.delete(asked);
    if (this.#suspects.size > 0) this.#suspects.delete(asked);
  }

  tookStack(): void {
    if (this.#isReading) return;
    this.#isReading = true;
    const self = new WeakRef(this);
    plainSetTimeout(() => self.deref()?.readStacks(), CHECK_MS).unref();
  }

  readStacks(): void {
    this.#isReading = false;
    const isYoungLeft = this.#guard(() => readOldStacks(this.#engine.newest, nowMs() - CHECK_MS));
    if (isYoungLeft === true) this.tookStack();
  }

  /** Looks when this turn of the loop is over, without keeping the loop alive for that. */
  #watchTurn(): void {
    if (this.#isTurnWatched) return;
    this.#isTurnWatched = true;
    plainSetImmediate(() => this.#endTurn()).unref();
  }

  #endTurn(): void {
    this.#isTurnWatched = false;
    const unsure = this.#unsure;
    this.#unsure = [];
    for (const asked of unsure) {
      if (!asked.isWaiting || asked.owner !== this.#engine.owner) continue;
      if (asked.rare === null || asked.rare.waitOrder === 0) this.#engine.wait(asked);
      else if (this.#room.mayCloseCycle(asked) === true) this.#suspects.add(asked);
    }
    const suspects = this.#suspects;
    this.#suspects = new Set();
    if (suspects.size > 0) this.#guard(() => this.#look(suspects));
  }

  #look(suspects: Iterable<Obligation>): void {
    for (const cycle of this.#findDeadlocks(suspects, false)) {
      if (cycle.isCertain) this.#publish(cycle);
      else {
        this.#hasStood(cycle, 0);
        this.#checkSoon();
      }
    }
  }

  /** Looks at everything after a second, and every second as long as somebody waits. */
  #checkSoon(): void {
    this.#isCheckWanted = true;
    this.#tickSoon();
  }

  #tickSoon(): void {
    if (this.#isTicking) return;
    this.#isTicking = true;
    const self = new WeakRef(this);
    // Half of it, so that a stall is told after one and a half of its time.
    const ms = Math.min(CHECK_MS, this.#stalls.shortestMs / 2);
    plainSetTimeout(() => self.deref()?.tick(), ms).unref();
  }

  tick(): void {
    this.#isTicking = false;
    if (this.#room.isEmpty) this.#isCheckWanted = false;
    if (this.#validator.deref() === undefined) return;
    const isAnybodyWaiting = this.#listWaiting().next().done !== true;
    if (!isAnybodyWaiting || (!this.#isCheckWanted && this.#stalls.isEmpty)) return;
    if (this.#isCheckWanted) this.check({ isDrained: false, standingMs: STANDING_MS });
    else
      this.#guard(() => {
        noteSeen(this.#engine);
        this.#lookForStalls();
      });
    this.#tickSoon();
  }

  check({ isDrained, standingMs }: { isDrained: boolean; standingMs: number }): void {
    this.#guard(() => {
      noteSeen(this.#engine);
      for (const cycle of this.#findDeadlocks(this.#listWaiting(), isDrained))
        if (cycle.isCertain || this.#hasStood(cycle, standingMs)) this.#publish(cycle);
      if (isDrained) this.#publishStalls();
      this.#lookForStalls();
    });
  }

  #lookForStalls(): void {
    if (!this.#stalls.isEmpty) this.#stalls.look(this.#listWaiting(), () => this.dumpState());
  }

  /** Whether the cycle was seen before, and stands for so long by now; from now on it was. */
  #hasStood({ knot }: Deadlock, standingMs: number): boolean {
    const requests = [...knot.keys()];
    const now = nowMs();
    const has = requests.every((each) => {
      const since = this.#standing.get(each) ?? Infinity;
      return since < now && now - since >= standingMs;
    });
    for (const each of requests) if (!this.#standing.has(each)) this.#standing.set(each, now);
    return has;
  }

  *#listWaiting(): IterableIterator<Obligation> {
    for (let each = this.#engine.newest; each !== null; each = each.older) if (each.isWaiting) yield each;
  }

  /** A cycle for each of `suspects` that is on one and has not been told of it. */
  *#findDeadlocks(suspects: Iterable<Obligation>, isDrained: boolean): IterableIterator<Deadlock> {
    const { newest } = this.#engine;
    const sure = new WaitForGraph(newest, { isDrained, isCertain: true });
    let maybe: WaitForGraph | undefined;
    const met = new Set<Obligation>();
    for (const suspect of suspects) {
      if (!suspect.isWaiting || met.has(suspect)) continue;
      let graph = sure;
      let cycle = sure.findCycle(suspect);
      const isCertain = cycle !== undefined;
      if (!isDrained && cycle === undefined) {
        graph = maybe ??= new WaitForGraph(newest, { isDrained: false, isCertain: false });
        cycle = graph.findCycle(suspect);
      }
      if (cycle === undefined) continue;
      const knot = graph.knotOf(suspect);
      for (const each of knot.keys()) met.add(each);
      const told = isCertain ? this.#toldCertain : this.#told;
      if (![...knot.keys()].every((each) => told.has(each))) yield { cycle, knot, isCertain };
    }
  }

  #publish(deadlock: Deadlock): void {
    for (const each of deadlock.knot.keys()) {
      this.#told.add(each);
      if (deadlock.isCertain) this.#toldCertain.add(each);
    }
    this.#validator.deref()?.publishLive(createLiveFinding(this.#engine, deadlock));
  }

  #publishStalls(): void {
    const graph = new WaitForGraph(this.#engine.newest, { isDrained: true, isCertain: true });
    const isNews = (request: Obligation): boolean => !this.#told.has(request);
    const findings = createStallFindings(this.#engine, graph, isNews);
    for (const request of graph.waiting) this.#told.add(request);
    for (const finding of findings) this.#validator.deref()?.publishLive(finding);
  }

  findStanding(): Finding[] {
    const find = (): Finding[] =>
      [...this.#findDeadlocks(this.#listWaiting(), false)].map((each) =>
        createLiveFinding(this.#engine, each),
      );
    return this.#guard(find) ?? [];
  }

  dumpState(): LiveState {
    return dumpState(this.#engine);
  }

  onStall(listener: StallListener, stallMs: number): () => void {
    const stop = this.#stalls.add(listener, stallMs);
    if (!this.#room.isEmpty) this.#tickSoon();
    return stop;
  }

  reset(): void {
    this.#room.clear();
    this.#suspects.clear();
    this.#unsure = [];
  }

  #guard<T>(fn: () => T): T | undefined {
    try {
      return fn();
    } catch (error) {
      this.#validator.deref()?.fault(error);
      return undefined;
    }
  }
}
