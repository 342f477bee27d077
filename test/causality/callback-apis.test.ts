/**
 * Callbacks of Node's own operations: each starts with what lay behind the call that it was given to, and with
 * nothing of whoever ran before it.
 */
import childProcess from 'node:child_process';
import crypto from 'node:crypto';
import dns from 'node:dns';
import fs from 'node:fs';
import { readFile as namedReadFile } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import stream, { PassThrough, Readable, Writable } from 'node:stream';
import { setTimeout as plainSleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import zlib from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { Validator, promiseHooksTracker } from '../../src/index.ts';
import { type Locks, createLocks, edgesOf } from '../support/edges.ts';
import { record } from '../support/replay.ts';

const modules: Record<string, Record<string, unknown>> = Object.fromEntries(
  Object.entries({ childProcess, crypto, dns, fs, stream, zlib }).map(([name, module]) => [
    name,
    module as unknown as Record<string, unknown>,
  ]),
);

/** What Node has there before any flow is followed. */
const plain = Object.entries(modules).flatMap(([module, owner]) =>
  Object.getOwnPropertyNames(owner).flatMap((name) => {
    const value: unknown = Object.getOwnPropertyDescriptor(owner, name)?.value;
    return typeof value === 'function' ? [{ module, name, value, keys: ownKeys(value) }] : [];
  }),
);

const here = path.join(import.meta.dirname, 'callback-apis.test.ts');
const nothing = (): void => {};
const sleep = (steps: number): Promise<void> => plainSleep(steps * 6);
const sink = (): Writable => new Writable({ write: (_chunk, _encoding, done) => done() });

test('operations are replaced while flows are followed, and no longer', () => {
  const countReplaced = (): number =>
    plain.filter(({ module, name, value }) => modules[module]![name] !== value).length;
  promiseHooksTracker.enable();
  expect(countReplaced()).toBeGreaterThan(50);
  expect(namedReadFile).toBe(fs.readFile);
  promiseHooksTracker.disable();
  expect(countReplaced()).toBe(0);
  expect(namedReadFile).toBe(fs.readFile);
});

type Done = () => void;

/** Every kind of operation, with its callback in the last place. */
const operations: [name: string, start: (done: Done) => void][] = [
  ['fs.readFile', (done) => fs.readFile(here, done)],
  ['fs.readFile with options', (done) => fs.readFile(here, 'utf8', done)],
  ['fs.readFile by its name', (done) => namedReadFile(here, done)],
  ['fs.stat of nothing', (done) => fs.stat(path.join(here, 'nothing'), () => done())],
  ['fs.exists', (done) => fs.exists(here, () => done())],
  ['fs.realpath.native', (done) => fs.realpath.native(here, () => done())],
  ['fs.opendir and its read', (done) => fs.opendir(tmpdir(), (_error, dir) => dir.close(done))],
  ['dns.lookup', (done) => dns.lookup('127.0.0.1', () => done())],
  ['crypto.randomBytes', (done) => crypto.randomBytes(8, () => done())],
  ['crypto.randomInt', (done) => crypto.randomInt(8, () => done())],
  ['crypto.pbkdf2', (done) => crypto.pbkdf2('secret', 'salt', 1, 8, 'sha256', () => done())],
  ['zlib.gzip', (done) => zlib.gzip('orders', () => done())],
  ['child_process.exec', (done) => void childProcess.exec('exit 0', () => done())],
  ['child_process.execFile', (done) => void childProcess.execFile(process.execPath, ['-v'], () => done())],
  ['stream.pipeline', (done) => void stream.pipeline(Readable.from(['a']), sink(), () => done())],
  ['stream.finished', (done) => void stream.finished(new PassThrough().resume().end('a'), () => done())],
  ['the write of a stream', (done) => void sink().write('a', () => done())],
  ['the end of a stream', (done) => void sink().end('a', () => done())],
];

type Expected = Partial<Record<'proven' | 'signalled' | 'nested', string>>;

async function check(expected: Expected, run: (locks: Locks) => Promise<unknown>): Promise<void> {
  const validator = new Validator();
  const replay = record(validator);
  await run(createLocks(validator));
  await sleep(5);
  expect(edgesOf(validator)).toEqual(expected);
  expect(edgesOf(replay()), 'as a recorded trace').toEqual(expected);
}

describe.each(operations)('%s', (_name, start) => {
  const called = (fn: Done): Promise<void> =>
    new Promise((resolve) => {
      start(() => {
        fn();
        resolve();
      });
    });

  test('asks under the lock that is held over it', () =>
    check({ proven: 'A→B' }, ({ A, B }) =>
      A.run(() => new Promise<void>((resolve) => start(() => void B.run(nothing).then(() => resolve())))),
    ));

  test('releases with what was taken before it', () =>
    check({ proven: 'A→B' }, async ({ A, B }) => {
      const a = await A.acquire();
      await B.run(nothing);
      await called(() => a.release());
    }));

  test('makes no edge when it outlives the lock', () =>
    check({}, async ({ A, B }) => {
      let after!: Promise<unknown>;
      await A.run(() => {
        after = new Promise<void>((resolve) => {
          // Begun under A, but A is free again before B is asked for.
          start(() => void sleep(2).then(() => B.run(nothing).then(() => resolve())));
        });
      });
      await after;
    }));

  test('brings nothing of another flow', () =>
    check({ proven: 'A→C B→D' }, ({ A, B, C, D }) => {
      const flow = (outer: typeof A, inner: typeof A): Promise<unknown> =>
        outer.run(async () => {
          for (let i = 0; i < 3; i++)
            await new Promise<void>((resolve) => start(() => void inner.run(nothing).then(() => resolve())));
        });
      return Promise.all([flow(A, C), sleep(1).then(() => flow(B, D))]);
    }));
});

describe('the operations themselves', () => {
  const validator = new Validator();

  test('keep name, length and properties', () => {
    createLocks(validator);
    const replaced = plain.filter(({ module, name, value }) => modules[module]![name] !== value);
    expect(replaced.length).toBeGreaterThan(50);
    for (const { module, name, value, keys } of replaced) {
      const now = modules[module]![name] as (...args: unknown[]) => unknown;
      const label = `${module}.${name}`;
      expect(now.name, label).toBe((value as typeof now).name);
      expect(now, label).toHaveLength((value as typeof now).length);
      expect(ownKeys(now), label).toEqual(keys);
    }
  });

  test('have promises of their own as before', async () => {
    const handle = fs.openSync(here, 'r');
    const { bytesRead, buffer } = await promisify(fs.read)(handle, Buffer.alloc(4), 0, 4, 0);
    fs.closeSync(handle);
    expect([bytesRead, buffer.toString()]).toEqual([4, '/**\n']);
    expect(await promisify(fs.exists)(here)).toBe(true);
    expect(await promisify(dns.lookup)('127.0.0.1')).toEqual({ address: '127.0.0.1', family: 4 });
    expect(await promisify(childProcess.exec)('echo a')).toEqual({ stdout: 'a\n', stderr: '' });
    await promisify(stream.finished as (of: PassThrough, done: Done) => void)(
      new PassThrough().resume().end('a'),
    );
  });

  test('throw as before', () => {
    expect(() => (fs.readFile as unknown as (file: string) => void)(here)).toThrow(
      /must be of type function/,
    );
    expect(() => zlib.gzip('a', 3 as never)).toThrow(TypeError);
    expect(() => crypto.randomBytes(-1, nothing)).toThrow(RangeError);
    expect(crypto.randomBytes(3)).toHaveLength(3);
  });

  test('give callbacks the same this and arguments', async () => {
    const { A } = createLocks(validator);
    const gzip = plain.find(({ module, name }) => module === 'zlib' && name === 'gzip')!.value;
    const call = (zip: typeof zlib.gzip): Promise<unknown[]> =>
      new Promise((resolve) => {
        zip('a', function (this: object, ...args) {
          resolve([this.constructor.name, args.length, args[0], Buffer.isBuffer(args[1])]);
        });
      });
    expect(zlib.gzip).not.toBe(gzip);
    const before = await call(gzip as typeof zlib.gzip);
    expect(before).toEqual(['Gzip', 2, null, true]);
    expect(await call(zlib.gzip)).toEqual(before);
    expect(await A.run(() => call(zlib.gzip))).toEqual(before);
  });

  test('let an error of a callback out as before', async () => {
    const { A } = createLocks(validator);
    const others = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    try {
      const caught = new Promise((resolve) => void process.once('uncaughtException', resolve));
      await A.run(() => {
        fs.stat(here, () => {
          throw new Error('of the callback');
        });
      });
      await expect(caught).resolves.toMatchObject({ message: 'of the callback' });
    } finally {
      for (const each of others) process.on('uncaughtException', each);
    }
  });
});

/** A function that was bound has no `prototype`; ours have one. */
function ownKeys(value: object): unknown[] {
  return Reflect.ownKeys(value)
    .filter((key) => key !== 'prototype')
    .toSorted(byText);
}

function byText(a: string | symbol, b: string | symbol): number {
  return String(a) < String(b) ? -1 : 1;
}
