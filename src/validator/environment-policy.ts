/**
 * What the environment says of watching at all. It loads next to nothing, so that a program in which nothing is watched
 * pays for nothing.
 */
import { isMainThread } from 'node:worker_threads';
import { build } from './build.ts';
import { shareState } from './shared-state.ts';
import type { Policy } from './validator.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

const complaints = new Set<string>();

/** In one line, and once a process: the program goes on. */
export function complain(text: string): void {
  if (!isMainThread || complaints.has(text)) return;
  complaints.add(text);
  process.stderr.write(`lockdep: ${text}; it is ignored\n`);
}

/** `LOCKDEP` overrides all; without it: off in the build for production or with that in `NODE_ENV`, else `warn`. */
export function policyOfEnvironment(env: Environment = process.env): Policy {
  const { LOCKDEP: wanted } = env;
  if (wanted === 'off' || wanted === 'warn' || wanted === 'error') return wanted;
  if (wanted) complain(`Expected LOCKDEP to be off, warn or error, got ${JSON.stringify(wanted)}`);
  return build.isOff || env['NODE_ENV'] === 'production' ? 'off' : 'warn';
}

/** Settings that want an answer also of a program that never meets a lock. */
const EAGER = [
  'LOCKDEP_SNAPSHOT',
  'LOCKDEP_SIGNAL',
  'LOCKDEP_RUN_SNAPSHOT',
  'LOCKDEP_RUN_TRACE',
  'LOCKDEP_RUN_STAT',
];

/** Whether the validator has to be there before the first lock is. */
export function isWantedAtOnce(env: Environment = process.env): boolean {
  return EAGER.some((name) => Boolean(env[name]));
}

/** Whether `lockdep/register` was loaded: then a signal is answered whoever makes the first lock. */
export const registration: { isRegistered: boolean } = shareState('registration', () => ({
  isRegistered: false,
}));
