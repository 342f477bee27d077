import { retiredOwners } from '../causality/clock.ts';
import { promiseHooksTracker } from '../causality/promise-hooks.ts';
import type { CausalTracker } from '../causality/tracker.ts';
import type { RequestMode } from '../graph/vocabulary.ts';
import type { Edge } from '../graph/edge.ts';
import { DependencyGraph } from '../graph/dependency-graph.ts';
import { Arrows } from './arrows.ts';
import { ClassRegistry } from './class-registry.ts';
import { Contexts, LOOP_CONTEXT } from './contexts.ts';
import { DeclaredOrders } from './declared-orders.ts';
import { Engine } from './engine.ts';
import {
  LockdepError,
  checkCount,
  checkFunction,
  checkName,
  checkOptions,
  rejectArgument,
} from './errors.ts';
import { type Finding, fingerprintOf, formatMessage, printableName } from './finding.ts';
import { type LevelOptions, type Levels, applyLevel, readLevels } from './levels.ts';
import type { EdgePlaces, LockClass, LockClassOptions } from './lock-class.ts';
import { findHeld, findNotTakenUp, observeOpenWork } from './open-work.ts';
import { type LiveWatch, type StallListener, liveHook } from './live-hook.ts';
import type { LiveState } from './live-state.ts';
import { Request, type RequestOptions } from './request.ts';
import type { FindingCode, Severity, Snapshot, SnapshotFinding } from './snapshot-format.ts';
import { toSnapshot } from './snapshot.ts';
import type { Obligation } from './obligation.ts';
import { type RawStack, readStack } from './stack-trace.ts';
import { findCycleFinding } from './verdicts.ts';
import { watchLock, type WatchLockOptions } from './watch-lock.ts';
import { nowMs } from './now.ts';

/**
 * What happens with a finding. `collect` keeps it in `findings`; `warn` also lets the process print it;
 * `error` makes our own locks throw it; `off` watches nothing.
 */
export type Policy = 'off' | 'collect' | 'warn' | 'error';

export interface ValidatorOptions {
  /** Default `collect`. */
  policy?: Policy;
  /** By finding code: `off`, `warn` or `error`. Default: the severities of `docs/findings.md`. */
  levels?: LevelOptions;
  /** How async flows are followed. Default: promise hooks. */
  tracker?: CausalTracker;
  /** Called with each new finding, after the lock that completed it is in order. */
  onFinding?: FindingListener;
  /** Called with all that holds and waits when a request has waited for `stallMs`, once a request. */
  onStall?: StallListener;
  /** Milliseconds after which a wait is a stall, an integer ≥ 1. Default 10,000. */
  stallMs?: number;
}

/** A wait of ten seconds is longer than most callers' patience. */
const DEFAULT_STALL_MS = 10_000;

/** What it throws is reported once and dropped; it may take watched locks. */
export type FindingListener = (finding: SnapshotFinding, snapshot: () => Snapshot) => void;

const POLICIES: readonly Policy[] = ['off', 'collect', 'warn', 'error'];
const RANK: Readonly<Record<Severity, number>> = { note: 0, warning: 1, error: 2 };

let nextInstance = 0;

/** Watches locks: keeps the dependency graph of their classes and the findings made from it. */
export class Validator {
  readonly policy: Policy;
  /** @internal What locks and executors call. */
  readonly engine: Engine;
  readonly #graph = new DependencyGraph<EdgePlaces>();
  readonly #arrows: Arrows;
  readonly #classes = new ClassRegistry(this.#graph, () => this.engine.here());
  readonly #orders = new DeclaredOrders(this.#graph, this.#classes, (edge) =>
    this.#arrows.changed.push(edge),
  );
  #isFollowing = false;
  #contexts: Contexts | undefined;
  readonly #findings = new Map<string, Finding>();
  /** Provisional findings of the check before, and since when they stand; they are published once they have for long enough. */
  #standing = new Map<string, number>();
  /** What is open and has a finding of its own. */
  readonly #told = new WeakSet<Obligation>();
  readonly #listeners = new Set<FindingListener>();
  #live: LiveWatch | undefined;
  #pendingError: LockdepError | undefined;
  #isFaulty = false;
  #levels: Levels;
  readonly #retirement: Retirement;
  readonly #inputId: string = Math.random().toString(36).slice(2, 12);

  /**
   * Creates a validator with its own graph and findings.
   * @throws LockdepError `ERR_INVALID_ARGUMENT` for an unknown option, policy, code or level.
   */
  constructor(options: ValidatorOptions = {}) {
    checkOptions(options, ['policy', 'levels', 'tracker', 'onFinding', 'onStall', 'stallMs']);
    const { policy = 'collect', levels = {}, tracker = promiseHooksTracker } = options;
    const { onFinding, onStall, stallMs } = options;
    if (!POLICIES.includes(policy))
      rejectArgument('policy', POLICIES.map((each) => `'${each}'`).join(', '), policy);
    this.policy = policy;
    this.#levels = readLevels(levels);
    this.#arrows = new Arrows(this.#graph, tracker);
    this.engine = new Engine(tracker, this.#arrows);
    this.#retirement = { owner: this.engine.owner, tracker };
    if (onFinding !== undefined) this.onFinding(onFinding);
    if (onStall !== undefined) this.onStall(onStall, stallMs === undefined ? {} : { stallMs });
  }

  /** The findings so far, provisional ones aside. */
  get findings(): readonly SnapshotFinding[] {
    return this.#plain([...this.#findings.values()]);
  }

  /** Calls `listener` with every new finding, and again when one becomes certain or more severe. Returns how to stop it. */
  onFinding(listener: FindingListener): () => void {
    checkFunction('listener', listener);
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /**
   * How grave findings of each code are from now on; codes that are not named get their default back.
   * @throws LockdepError `ERR_INVALID_ARGUMENT` for an unknown code or level.
   */
  setLevels(levels: LevelOptions): void {
    this.#levels = readLevels(levels);
  }

  /**
   * Calls `listener` with all that holds and waits when a request has waited for `stallMs`, once a request.
   * Returns how to stop.
   * @throws LockdepError `ERR_INVALID_ARGUMENT` for a bad argument.
   */
  onStall(listener: StallListener, { stallMs = DEFAULT_STALL_MS }: { stallMs?: number } = {}): () => void {
    checkFunction('listener', listener);
    checkCount('stallMs', stallMs, 1);
    const guarded: StallListener = (state) => {
      try {
        listener(state);
      } catch (error) {
        this.fault(error);
      }
    };
    return this.#watchNow()?.onStall(guarded, stallMs) ?? (() => {});
  }

  /** All that is held and all that waits at this moment, with ages and places, as plain data. */
  dumpState(): LiveState {
    return this.#watchNow()?.dumpState() ?? { held: [], waiting: [] };
  }

  /** Who looks at what happens now; nobody, where that is not known but recorded. */
  #watchNow(): LiveWatch | undefined {
    if (this.policy === 'off' || this.engine.tracker.kind === 'trace') return undefined;
    this.#live ??= liveHook.create?.(this);
    this.engine.waitListener = this.#live ?? null;
    return this.#live;
  }

  /** @internal Something that is so now. */
  publishLive(finding: Finding): void {
    const wished = applyLevel(finding, this.#levels);
    if (wished !== undefined) this.#publish(wished);
    // Nobody runs now whose lock could throw it.
    this.#pendingError = undefined;
  }

  /** Everything known so far as plain data; what is open now has its arrows provisionally. */
  snapshot(): Snapshot {
    const provisional = this.#findOpen(false);
    for (const found of this.#live?.findStanding() ?? []) {
      const wished = applyLevel(found, this.#levels);
      if (wished !== undefined) provisional.set(found.fingerprint, wished);
    }
    return toSnapshot({ ...this.#parts(), findings: [...merged(this.#findings, provisional).values()] });
  }

  /** Forgets edges, findings and figures. Locks made before go on, and are watched as if new. */
  reset(): void {
    retiredOwners.add(this.engine.owner);
    this.engine.reset();
    this.#retirement.owner = this.engine.owner;
    this.#graph.clear();
    this.#arrows.changed = [];
    this.#arrows.gateClasses.clear();
    this.#classes.forget();
    this.#contexts = undefined;
    this.#orders.bindAll();
    this.#findings.clear();
    this.#standing.clear();
    this.#live?.reset();
  }

  /**
   * Looks at what is open: publishes provisional findings that stood at the check before, and for `standingMs` by
   * now. With `isDrained` (the event loop is empty) requests that wait will wait for ever, so what they close is
   * certain; and what was handed over is not taken up any more.
   */
  checkOpen({ isDrained, standingMs = 0 }: { isDrained: boolean; standingMs?: number }): void {
    // First, since it says more than that classes may hang so. What was recorded hung if the loop had drained.
    const live = isDrained && this.policy !== 'off' ? (this.#live ??= liveHook.create?.(this)) : this.#live;
    live?.check({ isDrained, standingMs });
    const before = this.#standing;
    this.#standing = new Map();
    const now = nowMs();
    for (const [fingerprint, finding] of this.#findOpen(isDrained)) {
      const since = before.get(fingerprint);
      this.#standing.set(fingerprint, since ?? now);
      if (isDrained || (since !== undefined && now - since >= standingMs)) this.#publish(finding);
    }
    if (isDrained) this.#reportNotTakenUp();
  }

  /** Nothing is left that could take up what was handed over. */
  #reportNotTakenUp(): void {
    for (const { lockClass, rare } of findNotTakenUp(this.engine.newest)) {
      if (rare!.isToldAtEnd) continue;
      rare!.isToldAtEnd = true;
      const taker = printableName(this.#graph.node(rare!.custodian!.lockClass.node).name);
      const place = rare!.handedAt ?? [];
      this.report('held-at-end', lockClass, `was handed to "${taker}", and never taken up`, 'warning', place);
    }
  }

  /**
   * The process ends: whatever is still held is told, as a note. While somebody waits it is not, since then it
   * is the wait that matters.
   */
  reportHeldAtEnd(): void {
    const held = findHeld(this.engine.newest);
    for (const each of held)
      if (!this.#told.has(each))
        this.reportSince('held-at-end', each, 'is still held at the end of the process', 'note');
  }

  /**
   * The lock class of this name, made on first use.
   * @throws LockdepError `ERR_INVALID_ARGUMENT` for a bad name or options.
   */
  lockClass(name: string, options: LockClassOptions = {}): LockClass {
    if (name === undefined) rejectArgument('name', 'a non-empty string', name);
    checkName(name);
    checkOptions(options, CLASS_KEYS);
    if (options.permits !== undefined && options.permits !== Infinity)
      checkCount('permits', options.permits, 1);
    return this.classOf(name, options);
  }

  /** @internal The class of a lock that is being made: by name, else by the place. */
  classOf(name: string | undefined, options: LockClassOptions, madeAt?: RawStack): LockClass {
    const count = this.#classes.classes.length;
    const lockClass = this.#classes.classOf(name, options, madeAt);
    if (count === 0) this.follow();
    if (this.#classes.classes.length > count && name !== undefined) this.#orders.bind(lockClass, name);
    return lockClass;
  }

  /** @internal What requests of a subclass belong to. */
  subclassOf(lockClass: LockClass, subclass: number): LockClass {
    return this.#classes.subclassOf(lockClass, subclass);
  }

  /** @internal The class of what belongs to the locks of a class. */
  partOf(lockClass: LockClass, part: string): LockClass {
    return this.#classes.partOf(lockClass, part);
  }

  /** @internal What execution contexts ask for, and what is held where they may come in. */
  get contexts(): Contexts {
    return (this.#contexts ??= new Contexts(this.#arrows, (name) => this.classOf(name, { kind: 'context' })));
  }

  /** @internal A thread asks for the class and blocks its event loop meanwhile. */
  noteBlocking(lockClass: LockClass, mode: RequestMode): void {
    this.contexts.noteUsed(LOOP_CONTEXT, lockClass, mode, this.engine.here());
    this.#noteLoop();
    this.flush();
  }

  /** Whatever is asked for without blocking is held across a turn of the loop, from its grant on. */
  #noteLoop(): void {
    if (this.#contexts?.has(LOOP_CONTEXT) !== true) return;
    for (const lockClass of this.#classes.classes) {
      if (lockClass.kind === 'flow' || lockClass.kind === 'context') continue;
      for (const { row, code } of lockClass.loopingKinds()) {
        if (row === null) continue;
        const place = this.engine.placeOf(lockClass.requestKind(code));
        this.#contexts.noteHeld(LOOP_CONTEXT, lockClass, row.mode, place, place);
      }
    }
  }

  /**
   * Declares that locks of these classes are taken in this order, first to last. Whoever does otherwise
   * has closed a cycle with the declaration, which is an `order-violation`.
   * @throws LockdepError `ERR_INVALID_ARGUMENT` for anything but two or more different names.
   */
  declareOrder(names: readonly string[]): void {
    if (!Array.isArray(names) || names.length < 2 || new Set(names).size !== names.length)
      rejectArgument('names', 'an array of at least two different names', names);
    for (const name of names) {
      if (name === undefined) rejectArgument('names', 'an array of names', name);
      checkName(name);
    }
    this.#orders.declare(names);
    this.flush();
  }

  /**
   * @internal Flows are followed from the first class on; a program that imports us and makes no lock pays nothing.
   * A library whose locks are told only when they are used has to call this before: what was made until then, such as
   * the promise of the function that asks first, is not followed.
   */
  follow(): void {
    if (this.#isFollowing) return;
    this.#isFollowing = true;
    this.engine.tracker.enable();
    this.#watchNow();
    retireWhenCollected.register(this, this.#retirement);
  }

  /** @internal What reports call a class. */
  nameOf(lockClass: LockClass): string {
    return this.#graph.node(lockClass.node).name;
  }

  /** @internal The number of a new lock instance. */
  instanceOf(lockClass: LockClass): number {
    lockClass.instances++;
    return ++nextInstance;
  }

  /** A request for a lock of your own, made before you wait for it. */
  request(lockClass: LockClass, options: RequestOptions = {}): Request {
    return new Request(this, lockClass, options);
  }

  /** Watches an object that has a pair of methods to acquire and to release. Returns how to stop. */
  watchLock(lock: object, options: WatchLockOptions): () => void {
    return watchLock(this, lock, options);
  }

  /** @internal Whether `flush` has anything to do. */
  get hasNews(): boolean {
    return this.#arrows.changed.length > 0;
  }

  /** @internal Draws the conclusions of the last discharge. Locks call it when they are in order. */
  flush(): void {
    // What a job or a foreign lock completed is not for the next lock to throw.
    this.#pendingError = undefined;
    if (this.#arrows.changed.length === 0) return;
    try {
      const changed = this.#arrows.changed;
      this.#arrows.changed = [];
      for (const edge of changed) {
        const finding = this.#judge(edge, false);
        if (finding !== undefined) this.#publish(finding);
      }
    } catch (error) {
      this.fault(error);
    }
  }

  /** @internal Throws the error finding that was just completed, under the `error` policy. */
  raise(): void {
    const error = this.#pendingError;
    if (error === undefined) return;
    this.#pendingError = undefined;
    throw error;
  }

  /** @internal Whether it has a finding of its own already. */
  isTold(open: Obligation): boolean {
    return this.#told.has(open);
  }

  /** @internal A finding about something that is open: at `place`, else where that was asked for. */
  reportSince(
    code: FindingCode,
    open: Obligation,
    subject: string,
    severity?: Severity,
    place: RawStack | null = null,
  ): void {
    if (this.#levels.get(code) !== 'off') this.#told.add(open);
    const { stack = [], lockClass, transition } = open;
    const read = place ?? readStack(stack);
    this.report(code, lockClass, subject, severity, read.length > 0 ? read : (transition.samples[0] ?? []));
  }

  /** @internal A finding that is not a cycle; `stack` is where, or where the program is now. */
  report(
    code: FindingCode,
    lockClass: LockClass,
    subject: string,
    severity: Severity = 'error',
    stack: RawStack = this.engine.here(),
  ): void {
    this.#pendingError = undefined;
    this.engine.observer?.misused(code, lockClass, stack);
    const { name } = this.#graph.node(lockClass.node);
    const fact: Finding = {
      code,
      fingerprint: fingerprintOf(code, [name, subject], []),
      certainty: 'certain',
      severity,
      chain: [name],
      edges: [],
      flows: 1,
      count: 1,
      message: formatMessage(code, 'certain', `"${printableName(name)}" ${subject}`),
      stack,
    };
    const finding = applyLevel(fact, this.#levels);
    if (finding !== undefined) this.#publish(finding);
  }

  /** @internal A fault of ours: said once, and kept from the program. */
  fault(error: unknown): void {
    if (this.#isFaulty) return;
    this.#isFaulty = true;
    process.emitWarning(
      `lockdep went on after a fault of its own: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
      {
        code: 'LOCKDEP_FAULT',
      },
    );
  }

  #parts(): Omit<Parameters<typeof toSnapshot>[0], 'findings'> {
    return {
      graph: this.#graph,
      classes: this.#classes.classes,
      inputId: this.#inputId,
      instanceName: (instance) => this.#nameOfInstance(instance),
    };
  }

  #plain(findings: readonly Finding[]): SnapshotFinding[] {
    return toSnapshot({ ...this.#parts(), findings }).findings;
  }

  /** A gate by the name of its class, and by its number too where the class has more locks. */
  #nameOfInstance(instance: number): string {
    const lockClass = this.#arrows.gateClasses.get(instance);
    if (lockClass === undefined) return `#${instance}`;
    const { name } = this.#graph.node(lockClass.node);
    return lockClass.instances > 1 ? `${name}#${instance}` : name;
  }

  /** Findings that what is open now would make, by fingerprint. */
  #findOpen(isDrained: boolean): Map<string, Finding> {
    const found = new Map<string, Finding>();
    try {
      this.#noteLoop();
      this.flush();
      observeOpenWork(this.#arrows, this.#classes.classes, this.engine.newest, isDrained);
      const changed = this.#arrows.changed;
      this.#arrows.changed = [];
      for (const edge of changed) {
        const finding = this.#judge(edge, isDrained);
        if (finding === undefined) continue;
        const other = found.get(finding.fingerprint);
        if (other === undefined || isGraver(finding, other)) found.set(finding.fingerprint, finding);
      }
    } catch (error) {
      this.fault(error);
    }
    return found;
  }

  /** The finding that a changed edge completes, as grave as wished. */
  #judge(edge: Edge<EdgePlaces>, isDrained: boolean): Finding | undefined {
    const isOff = (code: FindingCode): boolean => this.#levels.get(code) === 'off';
    const finding = findCycleFinding(this.#graph, this.#classes.classes, edge, isDrained, isOff);
    return finding && applyLevel(finding, this.#levels);
  }

  #publish(finding: Finding): void {
    const known = this.#findings.get(finding.fingerprint);
    const isNews = known === undefined || isGraver(finding, known);
    if (known === undefined) this.#findings.set(finding.fingerprint, finding);
    else if (isNews) Object.assign(known, finding, { count: known.count });
    else if (finding.edges.length === 0) known.count++;
    if (isNews && this.#listeners.size > 0) this.#notify(finding.fingerprint);
    // Last, since a listener may use watched locks. Misuse is thrown each time, a cycle when it is found.
    if (this.policy === 'error' && finding.severity === 'error' && (isNews || finding.edges.length === 0))
      this.#pendingError = new LockdepError(finding.code, finding.message);
  }

  #notify(fingerprint: string): void {
    // The snapshot that its indices are of: one that is taken later may have other edges.
    const snapshot = toSnapshot({ ...this.#parts(), findings: [...this.#findings.values()] });
    const plain = snapshot.findings.find((each) => each.fingerprint === fingerprint)!;
    for (const listener of Array.from(this.#listeners)) {
      try {
        listener(plain, () => snapshot);
      } catch (error) {
        this.fault(error);
      }
    }
  }
}

/**
 * What is to be done once a validator is collected. Not the engine, since the registry keeps what it is given:
 * from what is open there, by the functions that asked, a way may lead back to the validator.
 */
interface Retirement {
  owner: number;
  readonly tracker: CausalTracker;
}

/** A collected validator's grants mean nothing any more; clocks may drop them. */
const retireWhenCollected = new FinalizationRegistry<Retirement>(({ owner, tracker }) => {
  retiredOwners.add(owner);
  tracker.disable();
});

/** Keys of `LockClassOptions`. */
const CLASS_KEYS = ['kind', 'permits', 'isFair', 'isSerial', 'isExempt', 'isPerCpu', 'sameClass', 'order'];

function isGraver(a: Finding, b: Finding): boolean {
  return (
    RANK[a.severity] > RANK[b.severity] ||
    (a.severity === b.severity && a.certainty === 'certain' && b.certainty === 'potential')
  );
}

function merged(
  settled: ReadonlyMap<string, Finding>,
  provisional: ReadonlyMap<string, Finding>,
): Map<string, Finding> {
  const all = new Map(settled);
  for (const [fingerprint, finding] of provisional) {
    const other = all.get(fingerprint);
    if (other === undefined || isGraver(finding, other)) all.set(fingerprint, finding);
  }
  return all;
}
