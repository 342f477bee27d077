/** What a hanging program can be asked: its state, a threshold, a signal, channels. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { Mutex, RwLock, Validator } from '../../src/index.ts';
import type { LiveState, LockEvent, SnapshotFinding } from '../../src/index.ts';
import { makeFolder, runCli, runNode } from '../cli/command.ts';
import { nothing, settle } from './support.ts';

describe('dumpState', () => {
  test('has all that is held and waits, with ages and places', async () => {
    const validator = new Validator();
    const [a, b] = ['A', 'B'].map((name) => new Mutex({ name, validator })) as [Mutex, Mutex];
    const rw = new RwLock({ name: 'rw', validator });
    const [holdA, holdB] = [await a.acquire(), await b.acquire()];
    const read = await rw.acquireRead();
    const waiting = a.acquire({ timeoutMs: 60_000 });
    await turn();
    const { held, waiting: waits } = validator.dumpState();
    expect(held.map(({ lock, mode, waiters }) => [lock, mode, waiters])).toEqual([
      ['A', 'exclusive', 1],
      ['B', 'exclusive', 0],
      ['rw', 'shared', 0],
    ]);
    expect(waits).toMatchObject([
      { lock: 'A', mode: 'exclusive', isBreakable: true, holding: ['rw', 'B', 'A'] },
    ]);
    for (const { ageMs, since } of [...held, ...waits]) {
      expect(ageMs).toBeGreaterThanOrEqual(0);
      expect(since.frames[0]?.at).toMatch(/on-demand\.test\.ts:\d+:\d+$/);
    }
    expect(JSON.parse(JSON.stringify(validator.dumpState().held[0]))).toMatchObject({ lock: 'A' });
    for (const hold of [holdA, holdB, read]) hold.release();
    (await waiting).release();
    expect(validator.dumpState()).toEqual({ held: [], waiting: [] });
  });

  test('has locks of one class by number, and who has custody', async () => {
    const validator = new Validator();
    const [a, b] = [new Mutex({ name: 'fork', validator }), new Mutex({ name: 'fork', validator })];
    const parcel = (await a.acquire()).handOff('courier');
    await b.acquire();
    const { held } = validator.dumpState();
    expect(held.map(({ lock, custodian }) => [lock, custodian])).toEqual([
      ['fork#1', 'courier'],
      ['fork#2', undefined],
    ]);
    parcel.accept().release();
  });

  test('of a validator that is off is empty', () => {
    expect(new Validator({ policy: 'off' }).dumpState()).toEqual({ held: [], waiting: [] });
  });
});

describe('onStall', () => {
  test('is called when a request has waited too long, once', async () => {
    const states: LiveState[] = [];
    const isTold = new Promise<void>((resolve) => {
      const validator: Validator = new Validator({
        stallMs: 5,
        onStall: (state) => {
          states.push(state);
          resolve();
        },
      });
      const a = new Mutex({ name: 'A', validator });
      void a.acquire().then(() => a.acquire());
    });
    await isTold;
    await new Promise((resolve) => void setTimeout(resolve, 40));
    expect(states).toMatchObject([{ held: [{ lock: 'A' }], waiting: [{ lock: 'A' }] }]);
  });

  test('is not called for a wait that ends, and no more once it is stopped', async () => {
    const validator = new Validator();
    let calls = 0;
    const stop = validator.onStall(() => void calls++, { stallMs: 20 });
    const a = new Mutex({ name: 'A', validator });
    const hold = await a.acquire();
    const waiting = a.run(nothing);
    await settle(3);
    hold.release();
    await waiting;
    stop();
    void a.acquire().then(() => a.acquire());
    await new Promise((resolve) => void setTimeout(resolve, 60));
    expect(calls).toBe(0);
  });

  test.each([
    [0, 'an integer ≥ 1, got 0 (number)'],
    [1.5, 'an integer ≥ 1, got 1.5 (number)'],
  ])('rejects a threshold of %s', (stallMs, words) => {
    expect(() => new Validator().onStall(nothing, { stallMs })).toThrow(words);
  });
});

describe('channels', () => {
  test('tell each request, grant and discharge while somebody listens, and cost nothing else', async () => {
    const validator = new Validator();
    const a = new Mutex({ name: 'A', validator });
    expect(validator.engine.observer).toBe(null);
    const told: [string, LockEvent][] = [];
    const listen = (event: unknown, name: string | symbol): void => {
      told.push([String(name), event as LockEvent]);
    };
    const names = ['lockdep:request', 'lockdep:grant', 'lockdep:discharge'];
    for (const name of names) subscribe(name, listen);
    await a.run(nothing);
    const hold = await a.acquire();
    await a.acquire({ timeoutMs: 1 }).catch(nothing);
    hold.release();
    for (const name of names) unsubscribe(name, listen);
    expect(validator.engine.observer).toBe(null);
    await a.run(nothing);

    const first = told[0]![1].id;
    expect(told.map(([name, { id }]) => `${name.slice(8)} ${id - first}`)).toEqual([
      'request 0',
      'grant 0',
      'discharge 0',
      'request 1',
      'grant 1',
      'request 2',
      'discharge 2',
      'discharge 1',
    ]);
    expect(told[0]![1]).toMatchObject({ lock: 'A', kind: 'mutex', mode: 'exclusive', isTry: false });
    expect(told[1]![1].waitMs).toBeGreaterThanOrEqual(0);
    expect(told[2]![1].holdMs).toBeGreaterThanOrEqual(0);
    expect(told[6]![1].isCancelled).toBe(true);
  });

  test('tell findings', async () => {
    const validator = new Validator();
    const told: SnapshotFinding[] = [];
    const listen = (finding: unknown): void => void told.push(finding as SnapshotFinding);
    const a = new Mutex({ name: 'A', validator });
    subscribe('lockdep:finding', listen);
    const hold = await a.acquire();
    hold.release();
    hold.release();
    unsubscribe('lockdep:finding', listen);
    expect(told.map(({ code }) => code)).toEqual(['bad-release']);
  });
});

const library = JSON.stringify(new URL('../../dist/index.js', import.meta.url).href);
const register = new URL('../../dist/register.js', import.meta.url).href;

function write(source: string): string {
  const cwd = makeFolder();
  writeFileSync(path.join(cwd, 'app.mjs'), `import { Mutex } from ${library};\n${source}`);
  return cwd;
}

const HANG = `const [a, b] = ['A', 'B'].map((name) => new Mutex({ name }));
const turn = () => new Promise((resolve) => setImmediate(resolve));
void a.run(async () => { await turn(); await b.run(() => {}); });
void b.run(async () => { await turn(); await a.run(() => {}); });
`;

describe.skipIf(process.platform === 'win32')('a signal', () => {
  const sending = `${HANG}
setInterval(() => {}, 1000);
const signal = process.env.LOCKDEP_SIGNAL === 'SIGHUP' ? 'SIGHUP' : 'SIGUSR2';
setTimeout(() => process.kill(process.pid, signal), 20);
`;
  // Ours was there before, and has answered.
  const asking = `${sending}process.on(signal, () => process.exit());`;

  test('prints what is held and waits, under register', () => {
    const { stderr, signal } = runNode(['--import', register, 'app.mjs'], { cwd: write(asking) });
    expect(signal).toBe(null);
    expect(stderr).toMatch(
      /^lockdep \(SIGUSR2\): 2 requests wait, 2 holds are open\n\n {2}B +waiting for \d+ ms, holding A$/m,
    );
  });

  test('is of one’s choice', () => {
    const env = { LOCKDEP_SIGNAL: 'SIGHUP' };
    const { stderr } = runNode(['--import', register, 'app.mjs'], { cwd: write(asking), env });
    expect(stderr).toContain('lockdep (SIGHUP): 2 requests wait, 2 holds are open\n');
  });

  test('is left alone where nobody asked for it', () => {
    expect(runNode(['app.mjs'], { cwd: write(sending) }).signal).toBe('SIGUSR2');
    const env = { LOCKDEP_SIGNAL: 'off' };
    expect(runNode(['--import', register, 'app.mjs'], { cwd: write(sending), env }).signal).toBe('SIGUSR2');
  });

  test('that does not exist is told, and ignored', () => {
    const ended = runNode(['app.mjs'], { cwd: write(''), env: { LOCKDEP_SIGNAL: 'SIGNONE' } });
    expect(ended.status).toBe(0);
    expect(ended.stderr).toContain('Expected `LOCKDEP_SIGNAL` to be a signal or \'off\', got "SIGNONE"');
  });
});

describe('a threshold', () => {
  const waiting = `${HANG}setTimeout(() => process.exit(), 500);`;

  test('prints what is held and waits, under lockdep run', () => {
    const { stderr } = runCli(['run', '--stall-ms', '20', 'app.mjs'], { cwd: write(waiting) });
    expect(stderr).toContain('lockdep (a request has waited for 20 ms): 2 requests wait, 2 holds are open\n');
  });

  test('prints it by LOCKDEP_STALL_MS too', () => {
    const { stderr } = runNode(['app.mjs'], { cwd: write(waiting), env: { LOCKDEP_STALL_MS: '20' } });
    expect(stderr).toContain('lockdep (a request has waited for 20 ms): ');
  });

  test.each([
    [['--stall-ms', '0'], 'Expected --stall-ms MS to be an integer ≥ 1, got "0"'],
    [['--signal', 'USR2'], 'Expected --signal NAME to be a signal, as SIGUSR2, or off, got "USR2"'],
  ])('%s is misuse', (args, words) => {
    const { stderr, status } = runCli(['run', ...args, 'app.mjs'], { cwd: write('') });
    expect(status).toBe(2);
    expect(stderr).toContain(words);
  });
});

test('a server that hangs has printed why within two seconds', () => {
  const server = `${HANG}const startMs = performance.now();
setInterval(() => {}, 100);
setTimeout(() => process.exit(), 2000);`;
  const { stderr } = runNode(['--import', register, 'app.mjs'], { cwd: write(server) });
  expect(stderr.match(/\[live-deadlock\]\n/g)).toHaveLength(1);
  expect(stderr).toContain('It hangs now: two flows wait for each other, and none can go on.');
});

test('a server that hangs under lockdep run has printed why before it ends', () => {
  const cwd = write(`${HANG}setInterval(() => {}, 100);\nsetTimeout(() => process.abort(), 2500);`);
  expect(runCli(['run', 'app.mjs'], { cwd }).stderr).toContain('[live-deadlock]\n');
});
