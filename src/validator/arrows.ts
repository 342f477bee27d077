/**
 * The cold half of the rule: an arrow that is new, or says something new. Works out its evidence, gates,
 * custody and places, hands it to the graph, and remembers which edges changed, for `Verdicts`.
 */
import { type Opens, includesGrant } from '../causality/grant.ts';
import type { CausalTracker } from '../causality/tracker.ts';
import type { DependencyGraph } from '../graph/dependency-graph.ts';
import type { Edge, Observation } from '../graph/edge.ts';
import type { Gate } from '../graph/exclusion.ts';
import type { EdgeKind, Evidence, HoldMode, RequestMode } from '../graph/vocabulary.ts';
import { countReturnedScopes } from './awaited-scopes.ts';
import { gatesOf } from './gates.ts';
import type { Contradiction } from './instance-orders.ts';
import {
  type EdgePlaces,
  type KnownEdge,
  type LockClass,
  RECURSIVE,
  type RequestKind,
  type Row,
  SHARED,
} from './lock-class.ts';
import { type Obligation, rareOf } from './obligation.ts';
import { type RawStack, readStack } from './stack-trace.ts';

interface Sighting {
  readonly evidence: Evidence;
  readonly isSimultaneous: boolean;
  readonly isProvisional: boolean;
  readonly isWaiting: boolean;
}

export class Arrows {
  readonly graph: DependencyGraph<EdgePlaces>;
  /** The classes of all instances that an edge has as its gate. */
  readonly gateClasses: Map<number, LockClass> = new Map();
  /** Edges that changed since the last flush. */
  changed: Edge<EdgePlaces>[] = [];

  readonly #tracker: CausalTracker;

  constructor(graph: DependencyGraph<EdgePlaces>, tracker: CausalTracker) {
    this.graph = graph;
    this.#tracker = tracker;
  }

  /** X's discharge had Y's grant behind it. */
  observeWaitedFor(x: Obligation, y: Obligation, dischargeSeq: number): void {
    // That the executor had to come round to it is what the hand-over says already.
    if (y.key.isTry || isExcusedByOrder(x, y) || (x.rare !== null && x.rare.custodian?.seq === y.seq)) return;
    const isCompletion = x.lockClass.kind === 'completion';
    if (isCompletion && isRoundBefore(x, y)) return;
    // Asked for after a completion was armed is asked for under it, whoever asked.
    const isUnder = isCompletion ? y.seq > x.seq : includesGrant(y.under, x);
    const isBeside = x.siblings !== null && x.siblings === y.siblings;
    const isSimultaneous = isBeside && !isUnder && !includesGrant(x.under, y);
    this.#observe(x, y, dischargeSeq, {
      evidence: isUnder || isBeside || this.#tracker.seesEveryWait === true ? 'proven' : 'signalled',
      isSimultaneous,
      isProvisional: false,
      isWaiting: false,
    });
  }

  /** Y was asked for under X and over before X was discharged; no path was seen. */
  observeNested(x: Obligation, y: Obligation, dischargeSeq: number): void {
    this.#observe(x, y, dischargeSeq, {
      evidence: 'nested',
      isSimultaneous: false,
      isProvisional: false,
      isWaiting: false,
    });
  }

  /** X is still open, and Y was asked for under it, or beside it. */
  observeOpen(x: Obligation, y: Obligation, isSimultaneous: boolean): void {
    this.#observe(x, y, 0, {
      evidence: 'nested',
      isSimultaneous,
      isProvisional: true,
      // Whoever asked for a job need not be waiting for it.
      isWaiting: y.isWaiting && y.rare?.isJob !== true,
    });
  }

  #observe(x: Obligation, y: Obligation, dischargeSeq: number, sighting: Sighting): void {
    if (isDeclaredSafe(x, y) || isSettledOrder(x, y)) return;
    const row = x.row!;
    const { code } = y.key;
    const holder = x.rare === null ? null : x.rare.custodian;
    const custodian = holder !== null && includesGrant(y.under, holder) ? holder : null;
    const gates = gatesOf(x, y);
    const places = (): EdgePlaces => placesOf(x, y);
    const observation = {
      ...sighting,
      isBreakable: y.isBreakable,
      gates: gates.toSorted((a, b) => a - b),
      ...(custodian === null ? {} : { custodian: custodian.lockClass.node }),
    };
    const kind: EdgeKind = y.key.isWait ? 'wait' : 'order';
    if (x.lockClass === y.lockClass && x.instance !== y.instance) {
      const contradiction = observeOrder(x, y, kind, modeOf(code), observation);
      if (contradiction === null) return;
      Object.assign(observation, contradiction);
    }
    const { edge, isChanged } = this.graph.observe(
      row.lockClass.node,
      y.lockClass.node,
      kind,
      row.mode,
      modeOf(code),
      observation,
      places,
    );
    const known = knownEdge(row, y.key, edge);
    // A second grant of the key behind one discharge may say more, but is no second sighting.
    if (!sighting.isProvisional && known.countedAt === dischargeSeq && edge.count > 1) edge.count--;
    if (!sighting.isProvisional) known.countedAt = dischargeSeq;
    this.#improvePlaces(edge, x, y, sighting);
    this.#warm(known, x, gates);
    if (isChanged) {
      this.changed.push(edge);
      this.#nameGates(x.under, edge.gates);
      this.#nameGates(y.under, edge.gates);
    }
    if (custodian !== null) this.#observeCustody(x, y, custodian, observation);
  }

  /** A place that had to be guessed is replaced as soon as an equally good sighting has taken its stack. */
  #improvePlaces(edge: Edge<EdgePlaces>, x: Obligation, y: Obligation, sighting: Sighting): void {
    const { data } = edge;
    if (data === undefined || (!data.isHeldApproximate && !data.isRequestedApproximate)) return;
    if (sighting.evidence === edge.evidence && x.stack !== undefined && y.stack !== undefined)
      edge.data = placesOf(x, y);
    else {
      x.transition.rearm();
      y.transition.rearm();
    }
  }

  #nameGates(covers: Opens | null, gates: readonly Gate[]): void {
    for (let cell = covers; cell !== null && gates.length > 0; cell = cell.under) {
      const { instance } = cell.grant;
      if (gates.includes(instance) || gates.includes(-instance))
        this.gateClasses.set(instance, (cell.grant as Obligation).lockClass);
    }
  }

  #warm(known: KnownEdge, x: Obligation, gates: readonly Gate[]): void {
    const { edge } = known;
    const { data } = edge;
    x.row!.dropSpans();
    known.gateOrder = gates.flatMap(
      (gate) => edge.gates.find((kept) => Math.abs(kept) === Math.abs(gate)) ?? [],
    );
    known.isWarm =
      edge.count > 0 &&
      edge.evidence === 'proven' &&
      !edge.isBreakable &&
      !edge.isSimultaneous &&
      edge.uncustodied &&
      (x.rare === null || x.rare.custodian === null) &&
      edge.from !== edge.to &&
      known.gateOrder.length === edge.gates.length &&
      data !== undefined &&
      !data.isHeldApproximate &&
      !data.isRequestedApproximate;
  }

  /** The executor that has X in custody must discharge it, and its callback asked for Y. */
  #observeCustody(
    x: Obligation,
    y: Obligation,
    job: Obligation,
    observation: Sighting & { isBreakable: boolean; gates: readonly Gate[] },
  ): void {
    const executor = job.lockClass;
    const { evidence, isBreakable, isSimultaneous, isProvisional, isWaiting } = observation;
    const target = executor.isAwaited ? x : y;
    const places = (): EdgePlaces => ({
      ...placesOf(x, y),
      held: x.rare?.handedAt ?? [],
      isHeldApproximate: false,
    });
    const { edge, isChanged } = this.graph.observe(
      executor.node,
      target.lockClass.node,
      'custody',
      'exclusive',
      executor.isAwaited && x.row!.mode === 'shared' ? 'shared' : modeOf(target.key.code),
      { evidence, isBreakable, isSimultaneous, isProvisional, isWaiting, gates: observation.gates },
      places,
    );
    if (isChanged) this.changed.push(edge);
  }

  /** X is handed to an executor: its discharge now waits for `job` to be run. */
  observeHandOver(x: Obligation, job: Obligation, isProvisional: boolean): void {
    const place = x.rare?.handedAt ?? [];
    const places = (): EdgePlaces => ({
      held: place,
      requested: place,
      isHeldApproximate: false,
      isRequestedApproximate: false,
      isSameInstance: false,
    });
    const { edge, isChanged } = this.graph.observe(
      x.lockClass.node,
      job.lockClass.node,
      'handoff',
      x.row!.mode,
      'exclusive',
      {
        evidence: 'proven',
        isBreakable: false,
        isSimultaneous: false,
        isProvisional,
        isWaiting: job.isWaiting,
        gates: gatesOf(x, job).toSorted((a, b) => a - b),
      },
      places,
    );
    if (!isChanged) return;
    this.changed.push(edge);
    this.#nameGates(x.under, edge.gates);
    this.#nameGates(job.under, edge.gates);
  }

  /**
   * A context and a class, one way or the other: the context may interrupt whoever holds the class, or
   * asks for it itself.
   */
  observeContext(
    from: LockClass,
    fromMode: HoldMode,
    to: LockClass,
    toMode: RequestMode,
    held: RawStack,
    requested: RawStack,
  ): void {
    const { edge, isChanged } = this.graph.observe(
      from.node,
      to.node,
      'context',
      fromMode,
      toMode,
      {
        evidence: 'proven',
        isBreakable: false,
        isSimultaneous: false,
        isProvisional: false,
        isWaiting: false,
        gates: [],
      },
      () => ({
        held,
        requested,
        isHeldApproximate: false,
        isRequestedApproximate: false,
        isSameInstance: false,
      }),
    );
    if (isChanged) this.changed.push(edge);
  }

  /** What becomes of a stack when its obligation is over: an unread one must not outlive it. */
  settleStack(over: Obligation, isWanted: boolean): void {
    if (!isWanted) over.stack = undefined;
    else framesOf(over);
  }
}

function knownEdge(row: Row, key: RequestKind, edge: Edge<EdgePlaces>): KnownEdge {
  let known = row.edges.find(key);
  if (known === undefined) {
    known = { key, edge, countedAt: 0, isWarm: false, gateOrder: [] };
    row.edges.add(known);
  }
  return known;
}

function modeOf(code: number): RequestMode {
  const mode = code & 3;
  return mode === SHARED ? 'shared' : mode === RECURSIVE ? 'recursive' : 'exclusive';
}

/**
 * Two requests for one fair lock in one run are served in their order: the later one's discharge has the
 * earlier grant behind it, and always will.
 */
function isExcusedByOrder(x: Obligation, y: Obligation): boolean {
  return (
    x.siblings !== null &&
    x.siblings === y.siblings &&
    x.lockClass.isFair &&
    x.instance === y.instance &&
    x.lockClass === y.lockClass &&
    y.endSeq !== 0 &&
    y.endSeq < x.seq
  );
}

/** Where the class goes by the order of its locks: whether this one is known as well as can be. */
export function isSettledOrder(x: Obligation, y: Obligation): boolean {
  const { instanceOrders } = x.lockClass;
  if (instanceOrders === undefined || x.lockClass !== y.lockClass || x.instance === y.instance) return false;
  const { code, isWait } = y.key;
  return instanceOrders.isSettled(
    x.instance,
    y.instance,
    isWait ? 'wait' : 'order',
    x.row!.mode,
    modeOf(code),
  );
}

/** Where the class goes by the order of its locks: what this nesting contradicts, `null` for nothing. */
function observeOrder(
  x: Obligation,
  y: Obligation,
  kind: EdgeKind,
  toMode: RequestMode,
  observation: Observation,
): Contradiction | undefined | null {
  const { instanceOrders } = x.lockClass;
  if (instanceOrders === undefined) return undefined;
  return instanceOrders.observe(x.instance, y.instance, kind, x.row!.mode, toMode, observation) ?? null;
}

/** Whether the program said of this nesting that it needs no look. One lock twice always does. */
function isDeclaredSafe(x: Obligation, y: Obligation): boolean {
  const group = y.rare === null ? null : y.rare.group;
  if (group !== null && x.rare !== null && x.rare.group === group) return true;
  if (x.lockClass !== y.lockClass || x.instance === y.instance) return false;
  return x.lockClass.options.order !== undefined || isSerialized(x, y);
}

/**
 * Whether a completion waited for another one that cannot wait for it: in a handshake that goes round and
 * round each round waits for the one before, and of stages made at one place each for the one before.
 */
function isRoundBefore(x: Obligation, y: Obligation): boolean {
  if (y.lockClass.kind !== 'completion') return false;
  return x.lockClass === y.lockClass || x.rare?.isRenewed === true;
}

/**
 * Whether an outer hold serialises this nesting of a class in itself (Linux `mutex_lock_nest_lock`): all
 * that is asked for so is asked for under one and the same lock.
 */
function isSerialized(x: Obligation, y: Obligation): boolean {
  const nestedIn = y.rare === null ? null : y.rare.nestedIn;
  return nestedIn !== null && includesGrant(x.under, nestedIn);
}

/** The obligation's stack as text, if it was taken. */
export function framesOf(obligation: Obligation): RawStack | undefined {
  const { stack, transition } = obligation;
  if (stack === undefined || !(stack instanceof Error)) return stack;
  if (obligation.isWaiting) rareOf(obligation).returnedScopes = countReturnedScopes(stack);
  const read = readStack(stack);
  obligation.stack = read;
  transition.keep(read);
  return read;
}

/** The name of the innermost flow that it was asked for in. */
export function flowOf({ under }: Obligation): string | undefined {
  for (let cell = under; cell !== null; cell = cell.under) {
    const { rare } = cell.grant as Obligation;
    if (rare !== null && rare.flow !== undefined) return rare.flow;
  }
  return undefined;
}

function placesOf(x: Obligation, y: Obligation): EdgePlaces {
  const requested = framesOf(y) ?? y.transition.samples[0];
  const held = framesOf(x) ?? x.transition.likeliest(requested ?? []);
  return {
    held: held ?? [],
    requested: requested ?? [],
    isHeldApproximate: x.stack === undefined,
    isRequestedApproximate: y.stack === undefined,
    isSameInstance: x.lockClass === y.lockClass && x.instance === y.instance,
    heldIn: flowOf(x),
    requestedIn: flowOf(y),
  };
}
