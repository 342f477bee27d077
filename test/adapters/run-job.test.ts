/** `runJob` of `lockdep/adapter`, on a limiter of one that calls what had to wait where the one before is done. */
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { EXCLUSIVE, Resource, runJob } from '../../src/adapter.ts';
import { Mutex, Validator } from '../../src/index.ts';
import { edgesOf } from '../support/edges.ts';

type Fn = (...args: unknown[]) => unknown;

class Limiter {
  readonly #queue: { begin(): void; reject(reason: unknown): void }[] = [];
  #isBusy = false;

  run(fn: Fn): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const begin = (): void => {
        this.#isBusy = true;
        const result = (async () => fn())();
        resolve(result);
        const next = (): void => {
          this.#isBusy = false;
          this.#queue.shift()?.begin();
        };
        result.then(next, next);
      };
      if (this.#isBusy) this.#queue.push({ begin, reject });
      else begin();
    });
  }

  clear(): void {
    for (const { reject } of this.#queue.splice(0)) reject(new Error('cleared'));
  }
}

function prepare(mayBeRefused = false) {
  const validator = new Validator();
  const limiter = new Limiter();
  const resource = new Resource(validator, { kind: 'mutex', name: 'L', isFair: true });
  const run = (fn: Fn, ...args: unknown[]): Promise<unknown> =>
    runJob(resource, resource.ask(EXCLUSIVE, false, true), {
      fn,
      args,
      mayBeRefused,
      enqueue: (job) => limiter.run(job),
    });
  const lock = (name: string): Mutex => new Mutex({ name, validator });
  return { validator, limiter, run, lock };
}

describe('a job', () => {
  it.each([false, true])('has its arguments, value and error (may be refused: %s)', async (mayBeRefused) => {
    const { run } = prepare(mayBeRefused);
    expect(await run((a, b) => Number(a) + Number(b), 1, 2)).toBe(3);
    expect(await run(async (a) => a, 4)).toBe(4);
    expect(
      await run(() => ({
        then: (resolve: (value: number) => void) => resolve(5),
      })),
    ).toBe(5);
    const fail = (): never => {
      throw new Error('of the job');
    };
    await expect(run(fail)).rejects.toThrow('of the job');
    await expect(run(async () => fail())).rejects.toThrow('of the job');
    expect(await run(() => 'goes on')).toBe('goes on');
  });

  it('waits for what it awaits, and its caller for the job', async () => {
    const { run, lock, validator } = prepare();
    const [A, B] = [lock('A'), lock('B')];
    await A.run(() => run(() => B.run(() => sleep(1))));
    expect(edgesOf(validator)).toEqual({ proven: 'A→B A→L L→B' });
  });

  it.each(['promise', 'thenable'])(
    'has nothing of whoever let it in, nor its caller (a %s)',
    async (form) => {
      const { run, lock, validator } = prepare();
      const [A, B, C] = [lock('A'), lock('B'), lock('C')];
      const first = run(async () => {
        await B.run(() => sleep(2));
      });
      await sleep(1);
      await A.run(async () => {
        await run(() => {
          const result = C.run(() => sleep(1));
          return form === 'promise' ? result : { then: result.then.bind(result) };
        });
      });
      await first;
      expect(edgesOf(validator)).toEqual({ proven: 'A→C A→L L→B L→C' });
    },
  );

  it('that is refused has been waited for', async () => {
    const { run, limiter, lock, validator } = prepare(true);
    const A = lock('A');
    // It is still running: all that follows is one row of microtasks.
    const first = run(() => sleep(5));
    const a = await A.acquire();
    const refused = run(() => 0);
    limiter.clear();
    await expect(refused).rejects.toThrow('cleared');
    a.release();
    await first;
    expect(edgesOf(validator)).toEqual({ proven: 'A→L' });
    expect(validator.dumpState().waiting).toEqual([]);
  });
});
