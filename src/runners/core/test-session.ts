/**
 * The tests of one process, each a flow on its default validator, and the findings they complete.
 *
 * A finding belongs to the test in whose flow the program ran when it was completed. Where it ran in none,
 * as in the callback of a server that was started before, it belongs to the only test that runs, unless it
 * ran in what a test that has ended left behind. What belongs to no test fails the run at its end.
 */
import { createRequire } from 'node:module';
import type { Clock } from '../../causality/clock.ts';
import {
  closeFlow,
  findFlow,
  listOpenIn,
  openFlow,
  prepareFlows,
  reportHeld,
  type OpenFlow,
} from '../../locks/flow.ts';
import { LockdepError } from '../../validator/errors.ts';
import { flowOf } from '../../validator/arrows.ts';
import { leaveBehind } from '../../validator/cover.ts';
import { Obligation } from '../../validator/obligation.ts';
import type { FindingCode, Snapshot, SnapshotFinding } from '../../validator/snapshot-format.ts';
import { readStack } from '../../validator/stack-trace.ts';
import type { Validator } from '../../validator/validator.ts';
import type { Level } from './options.ts';
import { type RunRules, decideLevel } from './rules.ts';
import { type Verdict, countEnds, saveResult } from './run-folder.ts';
import type * as Texts from './texts.ts';

const require = createRequire(import.meta.url);

/** Loaded when a test fails, since most never do; and at once, since not all runners wait. */
function loadTexts(): typeof Texts {
  return require('./texts.cjs') as typeof Texts;
}

interface Found {
  level: Level;
  readonly finding: SnapshotFinding;
  /** As it was when the finding was made: its edges are indices into this one. */
  readonly snapshot: Snapshot;
  /** The test fails by it in this attempt. */
  isTold: boolean;
  /** The test has asked whether it is clean, and was told of it. */
  isAsserted: boolean;
}

/** What a test hears that asks whether it is clean. */
export interface Inspection {
  isClean: boolean;
  /** The reports of what it has completed so far, if that is something. */
  text: string;
  /** The code of the first. */
  code: FindingCode | undefined;
}

export interface TestEnd {
  /** What the test failed with by itself, the first of it; `undefined` when it passed. */
  error?: unknown;
  /** More that it failed with. */
  besides?: readonly unknown[];
  /** The runner would not tell what fails it, as for a test that is to fail; so the run must. */
  isUntold?: boolean;
}

/** What a test comes to. */
export interface TestOutcome {
  /** What fails the test: what it completed, and why it hangs. `undefined` where nothing does. */
  error: Error | undefined;
}

/** One test, from its first step until nothing of it runs any more. */
export class RunningTest {
  readonly name: string;
  readonly #session: TestSession;
  readonly flow: OpenFlow;
  found: Found[] = [];
  #hasEnded = false;

  constructor(session: TestSession, name: string) {
    this.name = name;
    this.#session = session;
    this.flow = openFlow(session.validator, name, true);
  }

  /** Calls `fn` in the test's flow. May be called for each of its parts, hooks included. */
  call<A extends unknown[], R>(fn: (...args: A) => R, ...args: A): R {
    return this.#session.validator.engine.tracker.call(this.flow.clock, fn, ...args);
  }

  /** Whoever awaits this goes on in the test's flow, as whoever awaits a lock goes on with it in hand. */
  enter(): Promise<void> {
    return new Promise((resolve) => this.call(resolve));
  }

  /**
   * What fails the test so far, where the runner wants to know it while hooks still run that may release
   * what the test holds. `end` comes later.
   */
  settle(end: TestEnd): TestOutcome {
    if (this.#hasEnded) return { error: undefined };
    return this.#session.judge(this, end, undefined);
  }

  /** Ends the test; a second call changes nothing. */
  end(end: TestEnd): TestOutcome {
    if (this.#hasEnded) return { error: undefined };
    this.#hasEnded = true;
    return this.#session.finish(this, end);
  }
}

export class TestSession {
  readonly validator: Validator;
  readonly #folder: string;
  readonly #rules: RunRules;
  readonly #savesAs: string;
  readonly #running = new Map<Obligation, RunningTest>();
  #verdicts: Verdict[] = [];
  #ends: number;
  /** What attempts of a test that is run again have found: a finding is news only once. */
  readonly #earlier = new WeakMap<object, Found[]>();
  /** Holds that tests left behind, by the name of the test. */
  readonly #leftBy = new WeakMap<Obligation, string>();
  /** The test whose hang is looked into. */
  #examined: RunningTest | undefined;

  constructor(validator: Validator, folder: string, rules: RunRules, savesAs: string) {
    this.validator = validator;
    this.#folder = folder;
    this.#rules = rules;
    this.#savesAs = savesAs;
    this.#ends = countEnds(folder);
    prepareFlows(validator);
    validator.onFinding((finding, snapshot) => this.#take(finding, snapshot()));
  }

  /** Forgets what is of an earlier run of a watch. */
  refresh(): void {
    const ends = countEnds(this.#folder);
    if (ends === this.#ends) return;
    this.#ends = ends;
    this.#verdicts = [];
    this.validator.reset();
  }

  /** A test begins; `key` is the runner's own object for it, the same when the test is run again. */
  begin(name: string, key: object): RunningTest {
    const test = new RunningTest(this, name);
    test.found = this.#earlier.get(key) ?? [];
    for (const each of test.found) each.isTold = each.isAsserted = false;
    this.#earlier.set(key, test.found);
    this.#running.set(test.flow.running, test);
    return test;
  }

  /** @internal The test is over. */
  finish(test: RunningTest, end: TestEnd): TestOutcome {
    this.#examined = test;
    const { validator } = this;
    const { error } = end;
    const open = listOpenIn(validator, test.flow);
    const waiting = open.filter(({ isWaiting }) => isWaiting);
    for (const each of open) {
      if (!each.isOpen) continue;
      this.#leftBy.set(each, test.name);
      // The next test runs after this one, but not under what it left: that keeps nobody out of the next.
      leaveBehind(each);
    }
    // While something waits, it is the wait that matters.
    if (waiting.length === 0) reportHeld(validator, test.flow);
    const hang = error === undefined || waiting.length === 0 ? undefined : this.#explain(test, waiting);
    this.#running.delete(test.flow.running);
    closeFlow(validator, test.flow);
    this.#examined = undefined;
    return this.judge(test, end, hang);
  }

  /** @internal What fails the test, as far as it has not been told. */
  judge(
    test: RunningTest,
    { error, besides = [], isUntold = false }: TestEnd,
    hang: string | undefined,
  ): TestOutcome {
    const news = test.found.filter(({ isTold }) => !isTold);
    if (isUntold) return { error: undefined };
    const texts = [error, ...besides].map(messageOf);
    const isSaid = ({ isAsserted, finding }: Found): boolean =>
      isAsserted && texts.some((text) => text.includes(finding.message));
    for (const each of news) {
      // A warning that failed the test needs no other mention.
      if (isSaid(each)) each.level = 'error';
      each.isTold = true;
      this.#note(each.level, each.finding, test.name);
    }
    const failing = news.filter(
      (each) => each.level === 'error' && !isSaid(each) && !isSameAs(error, each.finding),
    );
    return { error: this.#createError(test, failing, hang) };
  }

  /**
   * Whether the test that runs here is clean so far; `undefined` outside of one. Where `isWanted`, what was found is
   * what the test is about, and does nothing more.
   */
  inspect(isWanted: boolean): Inspection | undefined {
    const test = this.#findTest(this.validator.engine.tracker.asked());
    if (test === undefined) return undefined;
    const { isWarnOnly = false } = this.#rules;
    const found = test.found.filter(({ level, isTold }) => level !== 'off' && !isTold);
    if (found.length === 0 || (isWarnOnly && !isWanted)) return { isClean: true, text: '', code: undefined };
    for (const each of found) {
      each.isAsserted = true;
      if (isWanted) each.level = 'off';
    }
    const { formatReport } = loadTexts();
    const texts = found.map(({ finding, snapshot }) => formatReport(finding, snapshot));
    return { isClean: false, text: texts.join('\n\n'), code: found[0]!.finding.code };
  }

  /** The same function, called later, and then as what runs now goes on. */
  carry(fn: () => void): () => void {
    const { tracker } = this.validator.engine;
    const clock = tracker.asked();
    return () => tracker.call(clock, fn);
  }

  /** Keeps what a worker has seen for the end of the run. */
  save(): void {
    saveResult(this.#folder, this.#savesAs, {
      snapshot: this.validator.snapshot(),
      verdicts: this.#verdicts,
    });
  }

  #take({ fingerprint }: SnapshotFinding, snapshot: Snapshot): void {
    // As it stands in the snapshot, whose edges are more where something is open.
    const finding = snapshot.findings.find((each) => each.fingerprint === fingerprint);
    if (finding === undefined) return;
    const test = this.#examined ?? this.#findTest(this.validator.engine.tracker.asked());
    if (test === undefined) return;
    const level = decideLevel(finding, snapshot.edges, [test.name], this.#rules);
    const known = test.found.findIndex((each) => each.finding.fingerprint === finding.fingerprint);
    const found: Found = { level, finding, snapshot, isTold: false, isAsserted: false };
    if (known === -1) test.found.push(found);
    else test.found[known] = found;
  }

  #findTest(clock: Clock): RunningTest | undefined {
    const running = findFlow(clock === null ? null : clock.opens, (each) => this.#running.has(each));
    if (running !== undefined) return this.#running.get(running);
    const [only, ...others] = this.#running.values();
    return others.length > 0 || hasPassedFlow(clock) ? undefined : only;
  }

  #note(level: Level, { fingerprint }: SnapshotFinding, test: string): void {
    const known = this.#verdicts.find((each) => each.fingerprint === fingerprint && each.test === test);
    if (known === undefined) this.#verdicts.push({ level, fingerprint, test });
    else known.level = level;
  }

  /** Why the test hangs, with what the validator makes of what is open now. */
  #explain(test: RunningTest, waiting: readonly Obligation[]): string {
    const before = new Set(test.found);
    // What is open is told when it has stood for two looks.
    this.validator.checkOpen({ isDrained: false });
    this.validator.checkOpen({ isDrained: false });
    // The test fails anyway, and this says why.
    for (const each of test.found) if (!before.has(each) && each.level === 'warn') each.level = 'error';
    return loadTexts().explainWaits(this.validator, waiting, test.name, {
      flowOf: (holder) => this.#leftBy.get(holder) ?? flowOf(holder),
      stackOf: ({ stack, transition }) =>
        stack === undefined ? (transition.samples[0] ?? []) : readStack(stack),
    });
  }

  #createError(test: RunningTest, found: readonly Found[], hang: string | undefined): Error | undefined {
    if (found.length === 0 && hang === undefined) return undefined;
    const { formatReport, formatStack } = loadTexts();
    const texts = found.map(({ finding, snapshot }) => formatReport(finding, snapshot));
    const [first] = found;
    const error = new LockdepError(
      first?.finding.code ?? 'ERR_TEST_HANGS',
      [...(hang === undefined ? [] : [hang]), ...texts].join('\n\n'),
    );
    const stack = first === undefined ? '' : formatStack(first.finding, first.snapshot, test.name);
    error.stack = `${error.name}: ${error.message}\n${stack}`;
    return error;
  }
}

/** The text of an error, which a runner may have made plain data of. */
function messageOf(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('message' in error)) return String(error);
  return String(error.message);
}

/** Whether the test failed with the finding itself, as locks throw it under the `error` policy. */
function isSameAs(error: unknown, { code, message }: SnapshotFinding): boolean {
  return (
    error instanceof Error && 'code' in error && error.code === code && error.message.startsWith(message)
  );
}

/** Whether a flow lies behind the clock that has ended. */
function hasPassedFlow(clock: Clock): boolean {
  for (let entry = clock; entry !== null; entry = entry.prev)
    if (entry.grant instanceof Obligation && entry.grant.lockClass.kind === 'flow') return true;
  return false;
}
