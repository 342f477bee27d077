/** A Redis server of our own, where `redis-server` is installed. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** Why tests with Redis are skipped; undefined where they are not. */
export const redisIsMissing: string | undefined =
  spawnSync('redis-server', ['--version']).status === 0 ? undefined : 'redis-server is not installed';

export interface RedisServer {
  readonly socket: string;
  stop(): Promise<void>;
}

/** Starts a server that nobody else can reach, and keeps nothing. */
export async function startRedis(): Promise<RedisServer> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'lockdep-redis-'));
  const socket = path.join(folder, 'redis.sock');
  const server = spawn(
    'redis-server',
    ['--port', '0', '--unixsocket', socket, '--save', '', '--appendonly', 'no', '--dir', folder],
    { stdio: ['ignore', 'pipe', 'ignore'] },
  );
  await untilReady(server);
  return {
    socket,
    async stop() {
      const end = new Promise((resolve) => void server.once('exit', resolve));
      server.kill();
      await end;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function untilReady(server: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let log = '';
    server.stdout!.on('data', (chunk: Buffer) => {
      log += chunk.toString();
      if (/ready to accept connections/i.test(log)) resolve();
    });
    server.once('error', reject);
    server.once('exit', (status) => reject(new Error(`redis-server ended with ${status}: ${log}`)));
  });
}
