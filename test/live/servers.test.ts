/** Servers that stop answering, with the libraries that servers use: each says why, by itself, while it hangs. */
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { cleanEnv } from '../cli/command.ts';

const root = path.resolve(import.meta.dirname, '../..');
// Below the root, so that the libraries are found; not in git.
const folder = path.join(root, 'fixtures/dist/servers');
mkdirSync(folder, { recursive: true });

/** Serves requests by `handle(url)`, and ends when all are answered, a moment after it has said why not, or late. */
const SERVER = `
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
const LATE_MS = 10_000;
/** Waits until so many have come. */
const createMeeting = (size) => {
  let begin;
  const begun = new Promise((resolve) => (begin = resolve));
  return () => {
    if (--size === 0) begin();
    return begun;
  };
};
const plainWrite = process.stderr.write;
process.stderr.write = (...args) => {
  setTimeout(() => process.exit(), 100);
  return plainWrite.apply(process.stderr, args);
};
const serve = (urls, handle) => {
  const server = http.createServer((request, response) => {
    const end = (status) => () => response.writeHead(status).end();
    handle(request.url).then(end(200), end(500));
  });
  server.listen(0, async () => {
    setTimeout(() => process.exit(), LATE_MS);
    const ask = (url) =>
      new Promise((resolve) => http.get({ port: server.address().port, path: url }, (answer) => answer.resume().on('end', resolve)));
    await Promise.all(urls.map(ask));
    process.exit();
  });
};
`;

const POSTGRES = `
import { EventEmitter } from 'node:events';
import Pool from 'pg-pool';
class Client extends EventEmitter {
  connect(callback) { setTimeout(callback, 1); }
  query(text, values, callback) { setTimeout(() => callback(null, { rows: [] }), 2); }
  end(callback) { callback?.(); }
}
const pool = new Pool({ Client, max: 2 });
`;

type Case = [name: string, source: string];

const hanging: Case[] = [
  [
    'pg-pool, exhausted by queries of those who have a client',
    `${POSTGRES}
const meet = createMeeting(2);
serve(['/a', '/b', '/c'], async () => {
  const client = await pool.connect();
  await meet();
  await pool.query('select 1');
  client.release();
});`,
  ],
  [
    'p-limit, inside itself',
    `import pLimit from 'p-limit';
const limit = pLimit(2);
const meet = createMeeting(2);
const visit = (depth) => limit(async () => {
  await meet();
  if (depth > 0) await Promise.all([visit(depth - 1), visit(depth - 1)]);
});
serve(['/a', '/b'], () => visit(2));`,
  ],
  [
    'async-mutex, in both orders',
    `import { Mutex } from 'async-mutex';
const [orders, users] = [new Mutex(), new Mutex()];
const meet = createMeeting(2);
serve(['/orders', '/users'], async (url) => {
  if (url === '/orders') return orders.runExclusive(() => meet().then(() => users.runExclusive(() => {})));
  const release = await users.acquire();
  await meet();
  await orders.runExclusive(() => {});
  release();
});`,
  ],
  [
    'a pool of generic-pool, and a mutex',
    `import genericPool from 'generic-pool';
import { Mutex } from 'async-mutex';
const pool = genericPool.createPool({ create: async () => ({}), destroy: async () => {} }, { max: 2 });
const cache = new Mutex();
const meet = createMeeting(3);
serve(['/pool', '/pool', '/cache'], (url) =>
  url === '/pool'
    ? pool.use(() => meet().then(() => cache.runExclusive(() => {})))
    : cache.runExclusive(() => meet().then(() => pool.use(async () => {}))));`,
  ],
  [
    'tarn, asked for one more by each who has one',
    `import { Pool } from 'tarn';
const pool = new Pool({ create: async () => ({}), destroy: () => {}, min: 0, max: 2, acquireTimeoutMillis: 60_000 });
const meet = createMeeting(2);
serve(['/a', '/b'], async () => {
  const first = await pool.acquire().promise;
  await meet();
  pool.release(await pool.acquire().promise);
  pool.release(first);
});`,
  ],
  [
    'p-queue, by a job that awaits another one',
    `import PQueue from 'p-queue';
const queue = new PQueue({ concurrency: 1 });
serve(['/a'], () => queue.add(() => sleep(2).then(() => queue.add(async () => {}))));`,
  ],
  [
    'async-lock, by keys in both orders',
    `import AsyncLock from 'async-lock';
const lock = new AsyncLock();
const meet = createMeeting(2);
serve(['/a', '/b'], (url) => {
  const [first, second] = url === '/a' ? ['a', 'b'] : ['b', 'a'];
  return lock.acquire(first, () => meet().then(() => lock.acquire(second, () => {})));
});`,
  ],
];

const answering: Case[] = [
  [
    'pg-pool, with a client for each who asks, one after the other',
    `${POSTGRES}
serve(['/a', '/b', '/c', '/d'], async () => {
  const client = await pool.connect();
  await sleep(300);
  client.release();
  await pool.query('select 1');
});`,
  ],
  [
    'a convoy behind a slow one',
    `import { Mutex } from 'async-mutex';
const cache = new Mutex();
serve(['/a', '/b', '/c'], () => cache.runExclusive(() => sleep(700)));`,
  ],
];

async function run(name: string, source: string): Promise<string> {
  const file = path.join(folder, `${name.replaceAll(/\W+/g, '-')}.mjs`);
  writeFileSync(file, `${SERVER}${source}\n`);
  const register = path.join(root, 'dist/register.js');
  const child = spawn(process.execPath, ['--import', register, file], {
    env: cleanEnv(),
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
  await new Promise((resolve, reject) => child.on('close', resolve).on('error', reject));
  return stderr;
}

describe('a server that hangs says why', () => {
  test.concurrent.each(hanging)('%s', async (name, source) => {
    expect(await run(name, source)).toContain('[live-deadlock]\n');
  });
});

describe('a server that answers says nothing', () => {
  test.concurrent.each(answering)('%s', async (name, source) => {
    expect(await run(name, source)).toBe('');
  });
});
