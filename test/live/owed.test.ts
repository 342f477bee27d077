/** Who waits for what somebody owes takes part in a cycle where it is known what whoever does it needs. */
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { Completion, Mutex, SoleWait, Validator } from '../../src/index.ts';
import { liveOf, nothing, play, settle } from './support.ts';

interface World {
  readonly a: Mutex;
  /** Takes A and does what is owed. */
  serve(): Promise<void>;
  wait(): Promise<void>;
}

function withCompletion(validator: Validator): World {
  const a = new Mutex({ name: 'A', validator });
  const done = new Completion({ name: 'done', validator });
  const serve = async (): Promise<void> => {
    await a.run(nothing);
    done.complete();
  };
  return { a, serve, wait: () => done.wait() };
}

function withSoleWait(validator: Validator): World {
  const a = new Mutex({ name: 'A', validator });
  const idle = new SoleWait({ name: 'done', validator });
  let isDone = false;
  const serve = async (): Promise<void> => {
    await a.run(nothing);
    isDone = true;
    idle.wake();
  };
  const wait = async (): Promise<void> => {
    await idle.wait(() => isDone);
    isDone = false;
  };
  return { a, serve, wait };
}

/** Once without harm, so that it is seen what whoever does it needs. */
async function serveOnce({ serve, wait }: World): Promise<void> {
  const waited = wait();
  await serve();
  await waited;
}

const makers: [string, (validator: Validator) => World][] = [
  ['a completion', withCompletion],
  ['a sole wait', withSoleWait],
];
const MAYBE = ['warning potential live-deadlock A→done→A 2'];
const CERTAIN = ['error certain live-deadlock A→done→A 2'];

describe.each(makers)('%s', (_name, make) => {
  test('waited for under a lock that whoever does it waits for', async () => {
    const { atOnce, inSnapshot, drained } = await play(async (v) => {
      const world = make(v);
      await serveOnce(world);
      void world.a.run(async () => {
        await turn();
        await world.wait();
      });
      await world.serve();
    });
    expect({ atOnce, inSnapshot, drained }).toEqual({ atOnce: [], inSnapshot: MAYBE, drained: CERTAIN });
  });

  test('the same, when the one who waits for it comes first', async () => {
    const { drained } = await play(async (v) => {
      const world = make(v);
      await serveOnce(world);
      void world.a.run(() => world.wait());
      await turn();
      await world.serve();
    });
    expect(drained).toEqual(CERTAIN);
  });

  test('it is looked at by itself, and published when it has stood for a check', async () => {
    const validator = new Validator();
    const world = make(validator);
    await serveOnce(world);
    void world.a.run(() => world.wait());
    void world.serve();
    await settle();
    // The first look was when the request came to wait.
    validator.checkOpen({ isDrained: false });
    expect(liveOf(validator.findings)).toEqual(MAYBE);
  });

  test('nothing is said of who does it where nobody did before', async () => {
    const { inSnapshot, drained } = await play(async (v) => {
      const world = make(v);
      void world.a.run(() => world.wait());
      await turn();
      await world.serve();
    });
    expect(inSnapshot).toEqual([]);
    expect(drained).toEqual(['error certain stalled-wait done 0']);
  });

  test('waited for under another lock', async () => {
    const validator = new Validator();
    const world = make(validator);
    await serveOnce(world);
    const b = new Mutex({ name: 'B', validator });
    let release = nothing;
    const holding = world.a.run(() => new Promise<void>((resolve) => (release = resolve)));
    const waiting = b.run(() => world.wait());
    const serving = world.serve();
    await settle();
    expect(liveOf(validator.snapshot().findings)).toEqual([]);
    release();
    await Promise.all([holding, waiting, serving]);
    validator.checkOpen({ isDrained: true });
    expect(liveOf(validator.findings)).toEqual([]);
  });

  test('waited for beside the lock', async () => {
    const validator = new Validator();
    const world = make(validator);
    await serveOnce(world);
    const hold = await world.a.acquire();
    hold.release();
    const waiting = (async () => world.wait())();
    await world.serve();
    await waiting;
    expect(liveOf(validator.snapshot().findings)).toEqual([]);
  });
});

test('a participant says since when it is owed', async () => {
  const validator = new Validator();
  const world = withCompletion(validator);
  await serveOnce(world);
  void world.a.run(() => world.wait());
  void world.serve();
  await settle();
  validator.checkOpen({ isDrained: true });
  const found = validator.findings.find(({ code }) => code === 'live-deadlock');
  expect(found?.participants?.map(({ holds, waitsFor }) => [holds, waitsFor])).toEqual([
    ['A', 'done'],
    ['done', 'A'],
  ]);
  expect(found?.participants?.[1]?.heldSince?.frames[0]?.at).toMatch(/^test\/live\/owed\.test\.ts:/);
});
