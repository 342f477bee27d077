/**
 * One run of a test suite, across its processes: workers save what they saw in a folder, and it is merged
 * at the end. The folder and the rules go from the process that starts the run to the others by the environment.
 */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { threadId } from 'node:worker_threads';
import type { Snapshot } from '../../validator/snapshot-format.ts';
import type { Level } from './options.ts';
import type { RunRules } from './rules.ts';

type Environment = Record<string, string | undefined>;

const FOLDER = 'LOCKDEP_TEST_FOLDER';
const RULES = 'LOCKDEP_TEST_RULES';
const PREFIX = 'lockdep-test-';
/** What the ends of a run have shown, where it has several. */
const SHOWN = 'shown';
const ENDED = 'ended';

/** What was made of a finding that a test completed. */
export interface Verdict {
  level: Level;
  fingerprint: string;
  /** `file > suite > name`. */
  test: string;
}

export interface WorkerResult {
  snapshot: Snapshot;
  verdicts: Verdict[];
}

/** What the end of a run has shown of a finding. */
export type Shown = Pick<Verdict, 'level' | 'fingerprint'>;

/** Opens a folder for a run, which all processes started from now on save to. */
export function openRunFolder(rules: RunRules, env: Environment = process.env): string {
  const folder = mkdtempSync(path.join(tmpdir(), PREFIX));
  env[FOLDER] = folder;
  env[RULES] = JSON.stringify(rules);
  return folder;
}

/** The folder and rules of the run that this process belongs to. */
export function findRun(env: Environment = process.env): { folder: string; rules: RunRules } | undefined {
  const { [FOLDER]: folder, [RULES]: rules } = env;
  if (!folder || !rules) return undefined;
  return { folder, rules: JSON.parse(rules) as RunRules };
}

function writeJson(file: string, value: unknown): void {
  writeFileSync(`${file}.tmp`, JSON.stringify(value));
  renameSync(`${file}.tmp`, file);
}

/** A name that nobody else saves under. */
export function nameWorker(): string {
  return `${process.pid}-${threadId}-${Math.random().toString(36).slice(2, 10)}`;
}

/** Saves what a worker knows so far, in the place of what was saved under its name before. */
export function saveResult(folder: string, name: string, result: WorkerResult): void {
  // The run is over: whoever is late has nobody to tell.
  if (!existsSync(folder)) return;
  writeJson(path.join(folder, `${name}.json`), result);
}

function listResults(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder).filter((name) => name.endsWith('.json'));
  return names.sort().map((name) => path.join(folder, name));
}

/** Reads what the workers have saved so far. */
export function readResults(folder: string): WorkerResult[] {
  return listResults(folder).map((file) => JSON.parse(readFileSync(file, 'utf8')) as WorkerResult);
}

/** Empties the folder, for the next run of a watch. */
export function clearResults(folder: string): void {
  for (const file of listResults(folder)) rmSync(file);
  writeJson(path.join(folder, ENDED), countEnds(folder) + 1);
}

/** How many runs of a watch have ended: a process that has tests of several forgets what is of an earlier one. */
export function countEnds(folder: string): number {
  const file = path.join(folder, ENDED);
  return existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0;
}

/** What earlier ends of the run have shown. */
export function readShown(folder: string): Shown[] {
  const file = path.join(folder, SHOWN);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Shown[]) : [];
}

export function saveShown(folder: string, shown: readonly Shown[]): void {
  writeJson(path.join(folder, SHOWN), shown);
}

export function removeRunFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}

/** Opens the folder that processes with one parent share; `key` tells that parent from others of its number. */
export function openSiblingFolder(
  parent: number,
  key: string,
  rules: RunRules,
  env: Environment = process.env,
): string {
  const folder = path.join(tmpdir(), `${PREFIX}${parent}-${key}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  env[FOLDER] = folder;
  env[RULES] = JSON.stringify(rules);
  return folder;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** Removes what runs have left whose parent has ended, since nobody was there to do it then. */
export function removeAbandoned(): void {
  for (const name of readdirSync(tmpdir())) {
    const parent = new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1];
    if (parent !== undefined && !isAlive(Number(parent))) removeRunFolder(path.join(tmpdir(), name));
  }
}

const LOCK_MS = 10;
const MAX_LOCK_MS = 10_000;

/** Calls `fn` while no other process does so for this folder; it blocks, since it is used when a process ends. */
export function withFolderLocked<T>(folder: string, fn: () => T): T {
  const lock = path.join(folder, 'lock');
  const sleeper = new Int32Array(new SharedArrayBuffer(4));
  // A process that was killed leaves its lock behind.
  for (let waited = 0; waited < MAX_LOCK_MS; waited += LOCK_MS) {
    try {
      mkdirSync(lock);
      break;
    } catch {
      Atomics.wait(sleeper, 0, 0, LOCK_MS);
    }
  }
  try {
    return fn();
  } finally {
    rmSync(lock, { recursive: true, force: true });
  }
}
