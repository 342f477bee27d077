/**
 * Follows flows by nothing but what it is told: for browsers, which have neither promise hooks nor
 * `AsyncLocalStorage`. A program gives each flow a scope and enters it for every synchronous step that
 * asks for a lock. As with `AsyncLocalStorage`, waits are not seen, and all edges are `nested`.
 */
import { type Clock, clockOf, join } from './clock.ts';
import type { Grant } from './grant.ts';
import type { CausalTracker } from './tracker.ts';

/** One flow. */
export interface Scope {
  /** Calls `fn` now, as a part of this flow. */
  run<R>(fn: () => R): R;
}

export interface ExplicitTracker extends CausalTracker {
  /** A new flow, which holds nothing. */
  createScope(): Scope;
}

class FlowScope implements Scope {
  readonly #enter: (scope: FlowScope, fn: () => unknown) => unknown;
  inherited: Clock = null;
  grants: Grant[] = [];

  constructor(enter: (scope: FlowScope, fn: () => unknown) => unknown) {
    this.#enter = enter;
  }

  run<R>(fn: () => R): R {
    return this.#enter(this, fn) as R;
  }

  clock(): Clock {
    this.grants = this.grants.filter((grant) => grant.endSeq === 0);
    return this.grants.reduce<Clock>(
      (clock, grant) => (grant.isOpen ? join(clock, clockOf(grant)) : clock),
      this.inherited,
    );
  }
}

/** Makes a tracker of its own. */
export function createExplicitTracker(): ExplicitTracker {
  let current: FlowScope | undefined;
  let run = 0;
  const enter = (scope: FlowScope | undefined, fn: () => unknown): unknown => {
    const outer = current;
    current = scope;
    run++;
    try {
      return fn();
    } finally {
      current = outer;
      run++;
    }
  };
  return {
    kind: 'explicit',
    strand: 0,
    createScope: () => new FlowScope(enter),
    asked: () => current?.clock() ?? null,
    reached: () => null,
    currentRun: () => run,
    expect(grant) {
      current?.grants.push(grant);
    },
    advance(clock) {
      if (current !== undefined) current.inherited = join(current.inherited, clock);
    },
    call<A extends unknown[], R>(clock: Clock, fn: (...args: A) => R, ...args: A): R {
      const scope = new FlowScope(enter);
      scope.inherited = clock;
      return scope.run(() => fn(...args));
    },
    deliver: (_clock, settle, value) => settle(value),
    resolved: async (_clock, value) => value,
    attribute() {},
    enable() {},
    disable() {},
  };
}
