/**
 * Small async programs, each with its exact edges: who waited for what, in whatever way it was awaited.
 * `proven`: waited for and asked for under; `signalled`: waited for only; `nested`: asked for under only.
 * `?` marks a breakable edge, `=` a simultaneous one.
 */
import { EventEmitter, once } from 'node:events';
import { setTimeout as plainSleep } from 'node:timers/promises';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { Validator } from '../../src/index.ts';
import { type Locks, createLocks, edgesOf } from '../support/edges.ts';
import { record } from '../support/replay.ts';

type Expected = Partial<Record<'proven' | 'signalled' | 'nested', string>>;
type Program = [name: string, expected: Expected, run: (locks: Locks) => Promise<unknown>];

/**
 * Flows are put in order by time, as causes would be seen. Six milliseconds a step, so that a busy machine
 * keeps the order.
 */
const sleep = (steps: number): Promise<void> => plainSleep(steps * 6);

function deferred<T = void>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

/** A mutex as applications write it: each user waits for the tail of the chain. */
function tailMutex(): <T>(fn: () => Promise<T>) => Promise<T> {
  let tail: Promise<unknown> = Promise.resolve();
  return (fn) => {
    const result = tail.then(fn);
    tail = result.catch(() => {});
    return result;
  };
}

/** A mutex as applications write it: a queue of resolvers. */
function handMadeMutex(): { acquire(): Promise<void>; release(): void } {
  let isLocked = false;
  const queue: (() => void)[] = [];
  return {
    async acquire() {
      if (isLocked) await new Promise<void>((resolve) => void queue.push(resolve));
      isLocked = true;
    },
    release() {
      const next = queue.shift();
      if (next === undefined) isLocked = false;
      else next();
    },
  };
}

/** A loop that runs jobs one after the other, woken by whoever pushes one. */
function workerLoop(): { push(job: () => Promise<unknown>): void; stop(): Promise<void> } {
  const jobs: (() => Promise<unknown>)[] = [];
  let wake = (): void => {};
  let isStopped = false;
  const loop = (async () => {
    while (!isStopped || jobs.length > 0) {
      const job = jobs.shift();
      if (job !== undefined) await job();
      else
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    }
  })();
  return {
    push(job) {
      jobs.push(job);
      wake();
    },
    async stop() {
      isStopped = true;
      wake();
      await loop;
    },
  };
}

const nothing = (): void => {};

const programs: Program[] = [
  ['nesting', { proven: 'A→B' }, ({ A, B }) => A.run(() => B.run(nothing))],
  [
    'nesting by holds',
    { proven: 'A→B' },
    async ({ A, B }) => {
      const a = await A.acquire();
      const b = await B.acquire();
      b.release();
      a.release();
    },
  ],
  ['three deep', { proven: 'A→B A→C B→C' }, ({ A, B, C }) => A.run(() => B.run(() => C.run(nothing)))],
  [
    'one after the other',
    {},
    async ({ A, B }) => {
      await A.run(nothing);
      await B.run(nothing);
    },
  ],
  ['siblings', {}, ({ A, B }) => Promise.all([A.run(() => sleep(4)), B.run(() => sleep(4))])],
  [
    'a sibling that awaits first',
    {},
    ({ A, B }) =>
      Promise.all([
        A.run(() => sleep(6)),
        (async () => {
          await sleep(2);
          await B.run(() => sleep(1));
        })(),
      ]),
  ],
  [
    'a parent that awaits its child',
    { proven: 'A→B' },
    ({ A, B }) =>
      A.run(async () => {
        await (async () => {
          await B.run(() => sleep(1));
        })();
      }),
  ],
  [
    'fire and forget, over before the release',
    { nested: 'A→B' },
    ({ A, B }) =>
      A.run(async () => {
        void B.run(() => sleep(1));
        await sleep(8);
      }),
  ],
  [
    'fire and forget, granted after the release',
    {},
    async ({ A, B }) => {
      const elsewhere = B.run(() => sleep(8));
      let child: Promise<unknown> | undefined;
      await A.run(async () => {
        child = B.run(nothing);
        await sleep(1);
      });
      await Promise.all([elsewhere, child]);
    },
  ],
  [
    'a helper that returns holding',
    { proven: 'A→B' },
    async ({ A, B }) => {
      const helper = async () => {
        await sleep(1);
        return await A.acquire();
      };
      const a = await helper();
      await B.run(nothing);
      a.release();
    },
  ],
  [
    'a helper that returns a promise of holding',
    { proven: 'A→B' },
    async ({ A, B }) => {
      const helper = async () => {
        await sleep(1);
        return A.acquire();
      };
      const a = await helper();
      await B.run(nothing);
      a.release();
    },
  ],
  [
    'fan-out',
    { proven: 'A→B A→C' },
    ({ A, B, C }) => A.run(() => Promise.all([B.run(() => sleep(3)), C.run(() => sleep(1))])),
  ],
  [
    'woken by a releaser that still holds something',
    { proven: 'A→B' },
    async ({ A, B, C }) => {
      const releaser = async () => {
        const a = await A.acquire();
        const b = await B.acquire();
        await sleep(3);
        b.release();
        await sleep(10);
        a.release();
      };
      const woken = async () => {
        await sleep(1);
        (await B.acquire()).release();
        await C.run(() => sleep(1));
      };
      await Promise.all([releaser(), woken()]);
    },
  ],
  [
    'a deferred one way',
    { nested: 'A→C' },
    async ({ A, C }) => {
      const { promise, resolve } = deferred();
      const consumer = (async () => {
        await promise;
        await C.run(() => sleep(1));
      })();
      const a = await A.acquire();
      resolve();
      await sleep(8);
      a.release();
      await consumer;
    },
  ],
  [
    'a deferred one way and back',
    { proven: 'A→C' },
    async ({ A, C }) => {
      const { promise, resolve } = deferred();
      const consumer = (async () => {
        await promise;
        await C.run(() => sleep(1));
      })();
      const a = await A.acquire();
      resolve();
      await consumer;
      a.release();
    },
  ],
  [
    'hand over hand',
    { proven: 'A→B B→C' },
    async ({ A, B, C }) => {
      const a = await A.acquire();
      const b = await B.acquire();
      a.release();
      const c = await C.acquire();
      b.release();
      c.release();
    },
  ],
  [
    'overlapping requests',
    { signalled: 'A→B B→A' },
    async ({ A, B }) => {
      const held = await B.acquire();
      setTimeout(() => held.release(), 60);
      await (async () => {
        const asked = B.acquire();
        await sleep(1);
        const a = await A.acquire();
        const b = await asked;
        a.release();
        b.release();
      })();
    },
  ],
  [
    'simultaneous requests',
    { proven: 'A→B= B→A=' },
    async ({ A, B }) => {
      const [a, b] = await Promise.all([A.acquire(), B.acquire()]);
      a.release();
      b.release();
    },
  ],
  [
    'work started before, awaited under a lock',
    { signalled: 'A→B' },
    async ({ A, B }) => {
      const started = B.run(() => sleep(5));
      await sleep(1);
      await A.run(() => started);
    },
  ],
  [
    'a memoised promise made elsewhere, still cold',
    { signalled: 'A→B' },
    async ({ A, B }) => {
      let memo: Promise<unknown> | undefined;
      const get = (): Promise<unknown> => (memo ??= B.run(() => sleep(12)));
      await Promise.all([
        get(),
        (async () => {
          await sleep(4);
          await A.run(get);
        })(),
      ]);
    },
  ],
  [
    'a memoised promise made elsewhere, warm',
    { signalled: 'A→B' },
    async ({ A, B }) => {
      let memo: Promise<unknown> | undefined;
      const get = (): Promise<unknown> => (memo ??= B.run(() => sleep(1)));
      await Promise.all([
        get(),
        (async () => {
          await sleep(8);
          await A.run(async () => {
            await sleep(1);
            await get();
          });
        })(),
      ]);
    },
  ],
  [
    'a memoised promise made under the lock',
    { proven: 'A→B' },
    async ({ A, B }) => {
      let memo: Promise<unknown> | undefined;
      const get = (): Promise<unknown> => (memo ??= B.run(() => sleep(1)));
      await A.run(get);
      await A.run(get);
    },
  ],
  [
    'a memoised promise that was awaited at the start',
    { proven: 'A→C' },
    async ({ A, B, C }) => {
      const ready = B.run(() => sleep(1));
      await ready;
      await A.run(() => C.run(() => ready));
    },
  ],
  [
    'a single flight shared by two',
    { proven: 'A→C', signalled: 'B→C' },
    async ({ A, B, C }) => {
      let flight: Promise<unknown> | undefined;
      const get = (): Promise<unknown> =>
        (flight ??= C.run(() => sleep(6)).finally(() => (flight = undefined)));
      await Promise.all([
        A.run(get),
        (async () => {
          await sleep(2);
          await B.run(get);
        })(),
      ]);
    },
  ],
  [
    'a lock and a deferred, in the order that finishes',
    { signalled: 'A→A' },
    async ({ A }) => {
      const { promise, resolve } = deferred();
      await Promise.all([
        (async () => {
          await A.run(() => sleep(1));
          resolve();
        })(),
        (async () => {
          await sleep(8);
          await A.run(() => promise);
        })(),
      ]);
    },
  ],
  [
    'a tail-promise mutex whose previous user took something first',
    {},
    async ({ A, B }) => {
      const serial = tailMutex();
      await Promise.all([
        A.run(async () => {
          await sleep(6);
          await serial(() => sleep(1));
        }),
        (async () => {
          await sleep(1);
          await B.run(() => sleep(1));
          await serial(() => sleep(10));
        })(),
      ]);
    },
  ],
  [
    'a tail-promise mutex whose previous user takes something inside',
    { signalled: 'A→B' },
    async ({ A, B }) => {
      const serial = tailMutex();
      await Promise.all([
        A.run(async () => {
          await sleep(6);
          await serial(() => sleep(1));
        }),
        (async () => {
          await sleep(1);
          await serial(() => B.run(() => sleep(10)));
        })(),
      ]);
    },
  ],
  [
    'a hand-made mutex whose previous user took something first',
    { signalled: 'A→B' },
    async ({ A, B }) => {
      const mutex = handMadeMutex();
      await Promise.all([
        A.run(async () => {
          await sleep(6);
          await mutex.acquire();
          mutex.release();
        }),
        (async () => {
          await sleep(1);
          await B.run(() => sleep(1));
          await mutex.acquire();
          await sleep(10);
          mutex.release();
        })(),
      ]);
    },
  ],
  [
    'a worker loop woken by a pusher that took something',
    { signalled: 'A→B' },
    async ({ A, B }) => {
      const worker = workerLoop();
      await Promise.all([
        (async () => {
          const a = await A.acquire();
          await sleep(8);
          worker.push(async () => a.release());
        })(),
        (async () => {
          await sleep(2);
          await B.run(() => sleep(1));
          worker.push(async () => {});
        })(),
      ]);
      await sleep(4);
      await worker.stop();
    },
  ],
  [
    'a worker loop that takes one lock and releases another',
    { proven: 'A→B' },
    async ({ A, B }) => {
      const worker = workerLoop();
      const a = await A.acquire();
      await new Promise<void>((resolve) => {
        worker.push(async () => {
          await B.run(() => sleep(1));
          a.release();
          resolve();
        });
      });
      await worker.stop();
    },
  ],
  [
    'a batch that takes a lock for all who asked',
    { signalled: 'B→C', proven: 'A→C' },
    async ({ A, B, C }) => {
      let batch: Promise<unknown> | undefined;
      const load = (): Promise<unknown> =>
        (batch ??= (async () => {
          await sleep(5);
          batch = undefined;
          await C.run(() => sleep(1));
        })());
      await Promise.all([
        A.run(load),
        (async () => {
          await sleep(2);
          await B.run(load);
        })(),
      ]);
    },
  ],
  [
    'request and reply through an emitter',
    { proven: 'A→B' },
    async ({ A, B }) => {
      const bus = new EventEmitter();
      bus.on('request', async () => {
        await B.run(() => sleep(1));
        bus.emit('reply');
      });
      await A.run(async () => {
        const reply = once(bus, 'reply');
        bus.emit('request');
        await reply;
      });
    },
  ],
  [
    'a promise resolved with another promise',
    { proven: 'A→B' },
    async ({ A, B }) => {
      const inner = async () => {
        await B.run(nothing);
        return sleep(1);
      };
      await A.run(() => inner());
    },
  ],
  [
    'a resolver called with a promise',
    { proven: 'A→B' },
    ({ A, B }) =>
      A.run(
        () =>
          new Promise((resolve) => {
            resolve(B.run(() => sleep(1)));
          }),
      ),
  ],
  [
    'a then callback that returns a promise',
    { proven: 'A→B' },
    ({ A, B }) =>
      A.run(() =>
        sleep(1).then(async () => {
          await B.run(nothing);
          return sleep(1);
        }),
      ),
  ],
  [
    'a chain of then, catch and finally',
    { proven: 'A→B A→C A→D' },
    ({ A, B, C, D }) =>
      A.run(() =>
        Promise.resolve()
          .then(() => B.run(nothing))
          .then(() => Promise.reject(new Error('x')))
          .catch(() => C.run(nothing))
          .finally(() => D.run(nothing))
          .then(nothing),
      ),
  ],
  [
    'allSettled with a failure',
    { proven: 'A→B A→C' },
    ({ A, B, C }) =>
      A.run(() =>
        Promise.allSettled([
          B.run(() => sleep(3)),
          C.run(() => {
            throw new Error('x');
          }),
        ]),
      ),
  ],
  [
    'all with inputs that are no promises',
    { proven: 'A→B A→C' },
    ({ A, B, C }) => A.run(() => Promise.all([B.run(() => sleep(3)), 1, null, C.run(nothing)])),
  ],
  [
    'all in all',
    { proven: 'A→B A→C A→D' },
    ({ A, B, C, D }) =>
      A.run(() => Promise.all([Promise.all([B.run(() => sleep(3)), C.run(nothing)]), D.run(nothing)])),
  ],
  [
    'race: the winner alone, breakable',
    { proven: 'A→B?' },
    async ({ A, B, C }) => {
      const work: Promise<unknown>[] = [];
      await A.run(() => {
        work.push(
          B.run(() => sleep(1)),
          C.run(() => sleep(8)),
        );
        return Promise.race(work);
      });
      await Promise.all(work);
    },
  ],
  [
    'any: the winner alone, breakable',
    { proven: 'A→C?' },
    async ({ A, B, C }) => {
      const work: Promise<unknown>[] = [];
      await A.run(() => {
        work.push(
          B.run(() => sleep(8)),
          C.run(() => sleep(1)),
        );
        return Promise.any(work);
      });
      await Promise.all(work);
    },
  ],
  [
    'an async generator left early',
    { proven: 'A→B' },
    async ({ A, B }) => {
      async function* values() {
        const a = await A.acquire();
        try {
          for (;;) yield 1;
        } finally {
          a.release();
        }
      }
      for await (const _ of values()) {
        await B.run(() => sleep(1));
        break;
      }
    },
  ],
  [
    'for await over a generator that takes locks',
    { proven: 'A→B A→C' },
    ({ A, B, C }) =>
      A.run(async () => {
        async function* values() {
          yield await B.run(() => 1);
          yield await C.run(() => 2);
        }
        for await (const _ of values());
      }),
  ],
  [
    'for await over promises, whose awaits V8 does not report',
    { nested: 'A→B A→C' },
    ({ A, B, C }) =>
      A.run(async () => {
        for await (const _ of [B.run(() => sleep(2)), C.run(() => sleep(1))]);
      }),
  ],
  [
    'a thenable',
    { proven: 'A→B' },
    ({ A, B }) =>
      A.run(async () => {
        await {
          then(resolve: () => void, reject: (error: unknown) => void) {
            B.run(() => sleep(1)).then(resolve, reject);
          },
        };
      }),
  ],
  [
    'a frozen promise',
    { proven: 'A→B' },
    ({ A, B }) =>
      A.run(async () => {
        const promise = Object.freeze(B.run(nothing));
        await promise;
      }),
  ],
  [
    'await using',
    { proven: 'A→B' },
    async ({ A, B }) => {
      {
        await using _a = await A.acquire();
        await B.run(() => sleep(1));
      }
    },
  ],
  [
    'using',
    { proven: 'A→B' },
    async ({ A, B }) => {
      using _a = await A.acquire();
      await B.run(() => sleep(1));
    },
  ],
  [
    'try and finally with a throw',
    { proven: 'A→B A→C' },
    async ({ A, B, C }) => {
      const failing = async () => {
        const a = await A.acquire();
        try {
          await B.run(() => {
            throw new Error('x');
          });
        } finally {
          await C.run(nothing);
          a.release();
        }
      };
      await failing().catch(nothing);
    },
  ],
  [
    'a rejection that nobody handles for a while',
    { proven: 'A→B' },
    ({ A, B }) =>
      A.run(async () => {
        const rejected = B.run(() => Promise.reject(new Error('x')));
        const handled = rejected.catch(nothing);
        await sleep(2);
        await handled;
      }),
  ],
  [
    'a callback that outlives its flow',
    {},
    async ({ A, B }) => {
      const { promise, resolve } = deferred();
      await A.run(() => {
        setTimeout(() => void B.run(nothing).then(() => resolve()), 4);
      });
      await promise;
    },
  ],
  [
    'a timer that the holder waits for',
    { proven: 'A→B' },
    ({ A, B }) =>
      A.run(
        () =>
          new Promise<void>((resolve) => {
            setTimeout(() => void B.run(nothing).then(() => resolve()), 2);
          }),
      ),
  ],
  [
    'ticks, immediates and microtasks that the holder waits for',
    { proven: 'A→B A→C A→D' },
    ({ A, B, C, D }) =>
      A.run(async () => {
        await new Promise<void>(
          (resolve) => void setImmediate(() => void B.run(nothing).then(() => resolve())),
        );
        await new Promise<void>((resolve) =>
          process.nextTick(() => void C.run(nothing).then(() => resolve())),
        );
        await new Promise<void>((resolve) => queueMicrotask(() => void D.run(nothing).then(() => resolve())));
      }),
  ],
  [
    'released by a timer of its own flow',
    { proven: 'A→B' },
    async ({ A, B }) => {
      const a = await A.acquire();
      await B.run(nothing);
      await new Promise<void>((resolve) => {
        setTimeout(() => {
          a.release();
          resolve();
        }, 1);
      });
    },
  ],
  [
    'promises of another realm',
    { proven: 'A→B A→C A→D' },
    ({ A, B, C, D }) =>
      A.run(() =>
        runInNewContext(
          '(async () => { await b(); const inner = async () => { await c(); }; await Promise.all([inner(), d()]); })()',
          {
            b: () => B.run(nothing),
            c: () => C.run(() => sleep(3)),
            d: () => D.run(nothing),
          },
        ),
      ),
  ],
  [
    'promises of a subclass',
    { proven: 'A→B A→C A→D' },
    ({ A, B, C, D }) => {
      class Task<T> extends Promise<T> {}
      return A.run(async () => {
        await new Task<void>((resolve, reject) => void B.run(() => sleep(1)).then(resolve, reject));
        await Task.resolve(C.run(() => sleep(1)));
        const done = new Task<void>((resolve) => void D.run(() => sleep(1)).then(() => resolve()));
        return done.then(nothing);
      });
    },
  ],
  [
    'combinators of a subclass',
    { proven: 'A→B A→C A→D' },
    ({ A, B, C, D }) => {
      class Task<T> extends Promise<T> {}
      return A.run(async () => {
        await Task.all([B.run(() => sleep(2)), C.run(() => sleep(1))]);
        await Promise.all([Task.resolve(D.run(() => sleep(1))), sleep(1)]);
      });
    },
  ],
  [
    'a subclass of a subclass, with a method of its own',
    { proven: 'A→B A→C' },
    ({ A, B, C }) => {
      class Task<T> extends Promise<T> {
        override then<U, V>(
          done?: ((value: T) => U | PromiseLike<U>) | null,
          failed?: ((error: unknown) => V | PromiseLike<V>) | null,
        ): Promise<U | V> {
          return super.then(done, failed);
        }
      }
      class Step<T> extends Task<T> {}
      return A.run(async () => {
        await new Step<void>((resolve) => void B.run(() => sleep(1)).then(() => resolve()));
        await new Task<void>((resolve) => void C.run(() => sleep(1)).then(() => resolve()));
      });
    },
  ],
  [
    'what goes on beside a promise of a subclass',
    { nested: 'A→B', proven: 'A→C' },
    ({ A, B, C }) => {
      class Task<T> extends Promise<T> {}
      return A.run(async () => {
        void new Task<void>((resolve) => void B.run(() => sleep(1)).then(() => resolve())).then(nothing);
        await new Task<void>((resolve) => void C.run(() => sleep(3)).then(() => resolve()));
      });
    },
  ],
  [
    'a failed request that timed out',
    { proven: 'A→B?' },
    async ({ A, B }) => {
      const elsewhere = B.run(() => sleep(8));
      await A.run(() => B.acquire({ timeoutMs: 1 }).catch(nothing));
      await elsewhere;
    },
  ],
  [
    'a request that was aborted',
    { proven: 'A→B?' },
    async ({ A, B }) => {
      const elsewhere = B.run(() => sleep(8));
      const controller = new AbortController();
      setTimeout(() => controller.abort(), 1);
      await A.run(() => B.acquire({ signal: controller.signal }).catch(nothing));
      await elsewhere;
    },
  ],
  [
    'a try under a lock, and a lock under a try',
    { proven: 'B→C' },
    async ({ A, B, C }) => {
      await A.run(() => B.tryAcquire()!.release());
      const b = B.tryAcquire()!;
      await C.run(nothing);
      b.release();
    },
  ],
  [
    'waiting for an unlock',
    { proven: 'A→B(wait)' },
    async ({ A, B }) => {
      const b = await B.acquire();
      setTimeout(() => b.release(), 2);
      await A.run(() => B.waitForUnlock());
    },
  ],
  [
    'the same order in many flows at once',
    { proven: 'A→B' },
    ({ A, B }) =>
      Promise.all(
        Array.from({ length: 20 }, (_, i) => sleep(i % 3).then(() => A.run(() => B.run(() => sleep(i % 2))))),
      ),
  ],
  [
    'a thousand rounds of other locks first',
    { proven: 'A→B' },
    async ({ A, B, C, D }) => {
      for (let i = 0; i < 1000; i++) {
        await C.run(nothing);
        await D.run(nothing);
      }
      await A.run(async () => {
        for (let i = 0; i < 100; i++) await B.run(nothing);
      });
    },
  ],
];

describe('edges of async programs', () => {
  test.each(programs)('%s', async (_name, expected, run) => {
    const validator = new Validator();
    const replay = record(validator);
    await run(createLocks(validator));
    await sleep(5);
    expect(edgesOf(validator)).toEqual(expected);
    expect(edgesOf(replay()), 'as a recorded trace').toEqual(expected);
  });

  test.runIf('fromAsync' in Array)('Array.fromAsync of promises', async () => {
    const validator = new Validator();
    const { A, B, C, D } = createLocks(validator);
    type FromAsync = (iterable: unknown) => Promise<unknown>;
    const fromAsync = (iterable: unknown): Promise<unknown> =>
      (Array as unknown as { fromAsync: FromAsync }).fromAsync(iterable);
    await A.run(() => fromAsync([B.run(() => sleep(3)), C.run(() => sleep(1)), 3]));
    async function* values() {
      yield await B.run(nothing);
    }
    await D.run(() => fromAsync(values()));
    expect(edgesOf(validator)).toEqual({ proven: 'A→B A→C D→B' });
  });
});
