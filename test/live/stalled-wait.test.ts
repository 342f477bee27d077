/** The event loop has drained: which waits are told, and which are as they should be. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { Completion, Mutex, Semaphore, SoleWait, Validator, WorkQueue } from '../../src/index.ts';
import { makeFolder, runCli, runNode } from '../cli/command.ts';
import { nothing, play } from './support.ts';

type Case = [name: string, expected: string[], run: (validator: Validator) => unknown];

const cases: Case[] = [
  [
    'a lock whose holder has gone',
    ['error certain stalled-wait A 0'],
    async (v) => {
      const a = new Mutex({ name: 'A', validator: v });
      await a.acquire();
      await turn();
      void Promise.resolve().then(() => new Mutex({ name: 'B', validator: v }).run(nothing));
      other(() => a.acquire());
    },
  ],
  [
    'a unit of a pool whose holders wait for something unknown',
    ['error certain stalled-wait pool 0'],
    (v) => {
      const pool = new Semaphore({ name: 'pool', permits: 2, validator: v });
      for (let i = 0; i < 3; i++) void pool.run(() => new Promise(nothing));
    },
  ],
  [
    'a completion that was never completed',
    ['error certain stalled-wait done 0'],
    (v) => void new Completion({ name: 'done', validator: v }).wait(),
  ],
  [
    'a completion that was reset',
    ['error certain stalled-wait done 0'],
    (v) => {
      const done = new Completion({ name: 'done', validator: v });
      done.completeAll();
      done.reset();
      void done.wait();
    },
  ],
  [
    'a queue whose job never ends',
    ['error certain stalled-wait queue 0'],
    async (v) => {
      const queue = new WorkQueue({ name: 'queue', validator: v });
      void queue.add(() => new Promise(nothing));
      await turn();
      await queue.drain();
    },
  ],
  [
    'a worker that waits for its next job',
    [],
    async (v) => {
      const wake = new Completion({ name: 'wake', validator: v });
      void (async () => {
        for (;;) await wake.wait();
      })();
      await turn();
      wake.complete();
    },
  ],
  [
    'a flow that waits for the next time its condition is met',
    [],
    async (v) => {
      const idle = new SoleWait({ name: 'idle', validator: v });
      void (async () => {
        await idle.wait(() => true);
        await turn();
        await idle.wait(() => false);
      })();
      idle.wake();
    },
  ],
  ['nothing', [], (v) => new Mutex({ name: 'A', validator: v }).run(nothing)],
];

/** Something that does not have the holds of whoever calls it. */
let started: (() => unknown)[] = [];
function other(fn: () => unknown): void {
  started.push(fn);
}

describe('when the loop has drained', () => {
  test.each(cases)('%s', async (_name, expected, run) => {
    started = [];
    const { atOnce, drained } = await play(async (validator) => {
      await Promise.all([
        run(validator),
        (async () => {
          for (let i = 0; i < 5; i++) await turn();
          for (const fn of started) void fn();
        })(),
      ]);
    });
    expect(atOnce).toEqual([]);
    expect(drained).toEqual(expected);
  });

  test('the finding names who waits, who holds, and where that was last seen', async () => {
    const validator = new Validator();
    const [a, b] = ['A', 'B'].map((name) => new Mutex({ name, validator })) as [Mutex, Mutex];
    const holding = (async () => {
      await a.acquire();
      await b.run(nothing);
      await new Promise(nothing);
    })();
    await turn();
    const waiting = a.run(nothing);
    const behind = (async () => b.run(() => a.run(nothing)))();
    const last = b.run(nothing);
    await turn();
    validator.checkOpen({ isDrained: true });
    const [found] = validator.findings.filter(({ code }) => code === 'stalled-wait');
    expect(found?.chain).toEqual(['A']);
    expect(found?.participants?.map(({ holds, waitsFor }) => holds ?? `waits for ${waitsFor}`)).toEqual([
      'A',
      'waits for A',
      'waits for A',
      'waits for B',
    ]);
    const [holder] = found!.participants!;
    expect(holder!.heldSince?.frames[0]?.at).toMatch(/stalled-wait\.test\.ts/);
    expect(holder!.lastSeen?.frames[0]?.at).toMatch(/stalled-wait\.test\.ts/);
    expect(holder!.lastSeen).not.toEqual(holder!.heldSince);
    void [holding, waiting, behind, last];
  });
});

const library = JSON.stringify(new URL('../../dist/index.js', import.meta.url).href);
const HANG = `const a = new Mutex({ name: 'A' });
const flow = async () => { await a.acquire(); };
`;
const modules: [name: string, file: string, source: string, status: number][] = [
  ['a script', 'app.mjs', `import { Mutex } from ${library};\n${HANG}void flow(); void flow();`, 1],
  [
    'a CommonJS script',
    'app.cjs',
    `import(${library}).then(({ Mutex }) => {\n${HANG}void flow(); void flow(); });`,
    1,
  ],
  ['top-level await', 'app.mjs', `import { Mutex } from ${library};\n${HANG}void flow(); await flow();`, 13],
];

describe.each(modules)('%s that hangs', (_name, file, source, status) => {
  const write = (): string => {
    const cwd = makeFolder();
    writeFileSync(path.join(cwd, file), source);
    return cwd;
  };

  test('fails under lockdep run, and says why', () => {
    const ended = runCli(['run', file], { cwd: write() });
    expect(ended.status).toBe(status);
    expect(ended.stderr).toContain('[stalled-wait]\n');
  });

  test('fails under LOCKDEP=error, and says why', () => {
    const ended = runNode([file], { cwd: write(), env: { LOCKDEP: 'error' } });
    expect(ended.status).toBe(status);
    expect(ended.stderr.match(/\[stalled-wait\]\n/g)).toHaveLength(1);
  });
});
