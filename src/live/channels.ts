/**
 * Events for monitoring, on `node:diagnostics_channel`. The engine is observed only while somebody has
 * subscribed, so that nobody else pays: a channel says when it gets its first subscriber, by its `subscribe`.
 */
import { type Channel, channel } from 'node:diagnostics_channel';
import type { Engine, EngineObserver } from '../validator/engine.ts';
import type { Obligation } from '../validator/obligation.ts';
import type { Validator } from '../validator/validator.ts';
import { addObserver, removeObserver } from '../validator/observers.ts';
import { nameOf, requestModeOf } from './live-finding.ts';
import { nowMs } from '../validator/now.ts';

/** What subscribers of `lockdep:request`, `lockdep:grant` and `lockdep:discharge` get. */
export interface LockEvent {
  /** The same for all events of one request. */
  id: number;
  /** The name of the lock class. */
  lock: string;
  kind: string;
  /** Unique in the process; 0 where there is none. */
  instance: number;
  mode: 'exclusive' | 'shared' | 'recursive';
  /** It never waits. */
  isTry: boolean;
  /** It takes nothing, and only waits until the lock is free. */
  isWait: boolean;
  /** Milliseconds from the request to the grant. */
  waitMs?: number;
  /** Milliseconds from the grant to the discharge. */
  holdMs?: number;
  /** The wait was given up. */
  isCancelled?: boolean;
}

type Listener = Parameters<Channel['subscribe']>[0];

const channels = {
  request: channel('lockdep:request'),
  grant: channel('lockdep:grant'),
  discharge: channel('lockdep:discharge'),
};
const findings: Channel = channel('lockdep:finding');

/** What was told of each validator that somebody listens to; the others are not observed. */
const observed = new WeakMap<Validator, { publisher: Publisher; stop: () => void }>();
const validators = new Set<WeakRef<Validator>>();
/** References to what is gone are swept when there are so many, and again when there are twice those that stay. */
const FEWEST_REFERENCES = 64;
let mostReferences = FEWEST_REFERENCES;

function isWanted(): boolean {
  return findings.hasSubscribers || Object.values(channels).some(({ hasSubscribers }) => hasSubscribers);
}

function observeAll(): void {
  for (const reference of validators) {
    const validator = reference.deref();
    if (validator === undefined) validators.delete(reference);
    else observe(validator);
  }
}

function observe(validator: Validator): void {
  const known = observed.get(validator);
  const { engine } = validator;
  if (known === undefined && isWanted()) {
    const publisher = new Publisher(engine);
    addObserver(engine, publisher);
    const stop = validator.onFinding((finding) => {
      if (findings.hasSubscribers) findings.publish(finding);
    });
    observed.set(validator, { publisher, stop });
  } else if (known !== undefined && !isWanted()) {
    observed.delete(validator);
    removeObserver(engine, known.publisher);
    known.stop();
  }
}

for (const each of [...Object.values(channels), findings]) {
  // Channels have no event for it. Own properties stand before the methods, whichever of two classes it is of.
  const watch =
    (name: 'subscribe' | 'unsubscribe') =>
    (listener: Listener): boolean => {
      const prototype = Object.getPrototypeOf(each) as Record<typeof name, (listener: Listener) => boolean>;
      const result = Reflect.apply(prototype[name], each, [listener]);
      observeAll();
      return result;
    };
  for (const name of ['subscribe', 'unsubscribe'] as const)
    Object.defineProperty(each, name, { value: watch(name), configurable: true, writable: true });
}

/** Publishes what the validator is told, for as long as anybody listens. */
export function offerEvents(validator: Validator): void {
  if (validators.size >= mostReferences) {
    observeAll();
    mostReferences = Math.max(FEWEST_REFERENCES, validators.size * 2);
  }
  validators.add(new WeakRef(validator));
  observe(validator);
}

let lastId = 0;

class Publisher implements EngineObserver {
  readonly #engine: Engine;
  readonly #events = new WeakMap<Obligation, { event: LockEvent; sinceMs: number }>();

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  asked(asked: Obligation): void {
    if (asked.lockClass.kind === 'flow') return;
    const { key, lockClass, instance } = asked;
    const event: LockEvent = {
      id: ++lastId,
      lock: nameOf(this.#engine, asked),
      kind: lockClass.kind,
      instance,
      mode: requestModeOf(asked),
      isTry: key.isTry,
      isWait: key.isWait,
    };
    this.#events.set(asked, { event, sinceMs: nowMs() });
    this.#publish(channels.request, event);
  }

  granted(granted: Obligation): void {
    const waitMs = this.#lap(granted);
    if (waitMs !== undefined) this.#publish(channels.grant, { ...this.#events.get(granted)!.event, waitMs });
  }

  cancelled(asked: Obligation): void {
    const waitMs = this.#lap(asked);
    if (waitMs === undefined) return;
    this.#publish(channels.discharge, { ...this.#events.get(asked)!.event, waitMs, isCancelled: true });
  }

  discharged(open: Obligation): void {
    const holdMs = this.#lap(open);
    if (holdMs !== undefined) this.#publish(channels.discharge, { ...this.#events.get(open)!.event, holdMs });
  }

  armed(): void {}
  handedOver(): void {}
  misused(): void {}

  /** Milliseconds since the event before. */
  #lap(obligation: Obligation): number | undefined {
    const known = this.#events.get(obligation);
    if (known === undefined) return undefined;
    const now = nowMs();
    const ms = now - known.sinceMs;
    known.sinceMs = now;
    return ms;
  }

  #publish(to: Channel, event: LockEvent): void {
    // A channel passes what its subscribers throw on to the process, not to us.
    if (to.hasSubscribers) to.publish(event);
  }
}
