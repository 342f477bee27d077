import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const main = path.join(root, 'dist/cli/main.js');

/** A validator that does what a program tells it, installed as `register` installs the real one. */
export const fakeValidator: string = new URL('fake-validator.mjs', import.meta.url).href;

export interface Ended {
  stdout: string;
  stderr: string;
  status: number | null;
  signal: NodeJS.Signals | null;
}

export interface Surroundings {
  cwd?: string;
  env?: Record<string, string>;
  /** What stands on stdin. */
  input?: string;
}

/** The environment of this test run, less what would change what a child prints. */
export function cleanEnv(extra: Record<string, string> = {}): NodeJS.ProcessEnv {
  const { PATH, HOME, TMPDIR, SystemRoot } = process.env;
  return { PATH, HOME, TMPDIR, SystemRoot, ...extra };
}

export function runNode(args: string[], { cwd = root, env = {}, input }: Surroundings = {}): Ended {
  const { stdout, stderr, status, signal, error } = spawnSync(process.execPath, args, {
    cwd,
    env: cleanEnv(env),
    ...(input === undefined ? {} : { input }),
    encoding: 'utf8',
    timeout: 30_000,
  });
  if (error !== undefined) throw error;
  return { stdout, stderr, status, signal };
}

/** Starts the built command and waits for its end. */
export function runCli(args: string[], surroundings?: Surroundings): Ended {
  return runNode([main, ...args], surroundings);
}

export const cliPath: string = main;

/** An empty folder for one test. */
export function makeFolder(): string {
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'lockdep-test-')));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function readVersion(): string {
  return (JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { version: string }).version;
}
