/**
 * async-sema: `Sema`, patched where it is. `RateLimit` has one inside, whose units the time gives back: there is
 * nobody to wait for, so that one is not watched.
 */
import type * as Library from 'async-sema';
import type { Clock } from '../causality/clock.ts';
import { EXCLUSIVE, TRY } from '../validator/lock-class.ts';
import type { Obligation } from '../validator/obligation.ts';
import { captureStack } from '../validator/stack-trace.ts';
import type { Adapter } from './shared/adapter.ts';
import { LockRecords } from './shared/lock-records.ts';
import { imitate } from './shared/patches.ts';
import { Resource } from './shared/resource.ts';
import { createSlot } from './shared/slot.ts';

interface Waiter {
  resolve(token: unknown): void;
}

/** The fields of a semaphore that we read; the names are the library's. */
interface Sema {
  readonly nrTokens: number;
  /** Tokens are all alike. */
  readonly noTokens: boolean;
  readonly free: { pop(): unknown };
  readonly waiting: { readonly length: number; pop(): Waiter; push(waiter: Waiter): void };
  acquire(): Promise<unknown>;
  release(token?: unknown): void;
}

/** All units, asked for one by one by `drain`: nobody comes in between, so they are one request. */
interface Drain {
  readonly asked: Obligation | null;
  readonly clock: Clock;
  left: number;
}

type Grant = (settle: (token: unknown) => void, token: unknown) => void;

/** Of a semaphore that is not watched. */
const unwatched = createSlot<true>();

/** How one semaphore is watched. */
class WatchedSema {
  readonly resource: Resource;
  readonly #wasSeenMade: boolean;
  /** Who has which token, where tokens differ. */
  readonly #holders = new Map<unknown, Obligation>();

  constructor(resource: Resource, wasSeenMade: boolean) {
    this.resource = resource;
    this.#wasSeenMade = wasSeenMade;
  }

  /** How to grant what was asked for. */
  granting(sema: Sema, asked: Obligation | null, drain: Drain | null): Grant {
    const { resource } = this;
    if (drain !== null) {
      return (settle, token) => {
        if (--drain.left === 0) resource.deliver(drain.asked, settle, token);
        else resource.engine.tracker.deliver(drain.clock, settle, token);
      };
    }
    return (settle, token) => {
      this.#noteHolder(sema, token, asked);
      resource.deliver(asked, settle, token);
    };
  }

  /** A try that succeeded. */
  noteTaken(sema: Sema, token: unknown): void {
    const asked = this.resource.ask(TRY, false, false);
    this.#noteHolder(sema, token, asked);
    this.resource.grantNow(asked);
  }

  #noteHolder({ noTokens }: Sema, token: unknown, asked: Obligation | null): void {
    if (!noTokens && asked !== null) this.#holders.set(token, asked);
  }

  discharge(token: unknown): void {
    const { resource } = this;
    const holder = this.#holders.get(token);
    if (holder?.isOpen === true) {
      this.#holders.delete(token);
      resource.discharge(holder);
      return;
    }
    const missing = resource.dischargeAny(1);
    if (missing === 0) return;
    resource.capacity += missing;
    if (this.#wasSeenMade)
      resource.report('bad-release', 'was released more often than it was acquired', 'warning');
  }
}

function ignore(): void {}

export const adapter: Adapter = {
  library: 'async-sema',
  versions: { from: '3.0.0', below: '4.0.0' },
  watch(exports, { validator, patches }) {
    const library = exports as unknown as typeof Library;
    const prototype = library.Sema.prototype as unknown as Sema;
    let isRateLimit = false;
    let draining: Drain | null = null;

    const semas = new LockRecords<Sema, WatchedSema>(({ nrTokens }, madeAt) => {
      const permits = Number.isInteger(nrTokens) && nrTokens >= 1 ? nrTokens : 1;
      const resource = new Resource(validator, { kind: 'semaphore', permits, isFair: true, madeAt });
      if (nrTokens === 0 && madeAt !== undefined) resource.owe();
      return new WatchedSema(resource, madeAt !== undefined);
    });

    patches.construction(prototype, 'nrTokens', (sema, nrTokens) => {
      if (isRateLimit) unwatched.write(sema, true);
      else semas.noteMade(sema, captureStack());
      // What it lacks from the beginning somebody owes from the beginning.
      if (nrTokens === 0 && !isRateLimit) semas.of(sema as Sema);
    });
    patches.method<Sema['acquire']>(
      prototype,
      'acquire',
      (original) =>
        function (this: Sema) {
          if (unwatched.read(this) === true) return original.call(this);
          const watched = semas.of(this);
          const asked = draining === null ? watched.resource.ask(EXCLUSIVE, false, false) : null;
          const grant = watched.granting(this, asked, draining);
          const token = this.free.pop();
          if (token !== undefined) return new Promise((resolve) => grant(resolve, token));
          watched.resource.noteContention(draining === null ? asked : draining.asked);
          const { length } = this.waiting;
          const promise = original.call(this);
          // Its `pauseFn` may throw.
          if (this.waiting.length === length) {
            watched.resource.refuse(asked, ignore, undefined);
            return promise;
          }
          const waiter = this.waiting.pop();
          const { resolve } = waiter;
          waiter.resolve = (given) => grant(resolve, given);
          this.waiting.push(waiter);
          return promise;
        },
    );
    patches.method<() => unknown>(
      prototype,
      'tryAcquire',
      (original) =>
        function (this: Sema) {
          const token = original.call(this);
          if (token !== undefined && unwatched.read(this) !== true) semas.of(this).noteTaken(this, token);
          return token;
        },
    );
    patches.method<Sema['release']>(
      prototype,
      'release',
      (original) =>
        function (this: Sema, token) {
          if (unwatched.read(this) === true) {
            original.call(this, token);
            return;
          }
          const watched = semas.of(this);
          watched.discharge(token);
          original.call(this, token);
          watched.resource.conclude();
        },
    );
    patches.method<() => Promise<unknown[]>>(
      prototype,
      'drain',
      (original) =>
        function (this: Sema) {
          const { resource } = semas.of(this);
          const { nrTokens } = this;
          if (nrTokens > 1) {
            const asked = resource.askFor(nrTokens, false, false);
            draining = { asked, clock: resource.engine.tracker.asked(), left: nrTokens };
          }
          try {
            return original.call(this);
          } finally {
            draining = null;
          }
        },
    );

    const RateLimit: typeof Library.RateLimit = (...args) => {
      isRateLimit = true;
      try {
        return library.RateLimit(...args);
      } finally {
        isRateLimit = false;
      }
    };
    return { RateLimit: imitate(RateLimit, library.RateLimit) };
  },
};
