/** What the environment says of the default validator. */
import { isMainThread } from 'node:worker_threads';
import { build } from './build.ts';
import { LockdepError } from './errors.ts';
import { type Level, type LevelOptions, parseLevel } from './levels.ts';
import type { FindingCode } from './snapshot-format.ts';
import type { Policy } from './validator.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** In one line, and once a process: the program goes on. */
function complain(text: string): void {
  if (isMainThread) process.stderr.write(`lockdep: ${text}; it is ignored\n`);
}

/** `LOCKDEP` overrides all; without it: off in the build for production or with that in `NODE_ENV`, else `warn`. */
export function policyOfEnvironment(env: Environment = process.env): Policy {
  const { LOCKDEP: wanted } = env;
  if (wanted === 'off' || wanted === 'warn' || wanted === 'error') return wanted;
  if (wanted) complain(`Expected LOCKDEP to be off, warn or error, got ${JSON.stringify(wanted)}`);
  return build.isOff || env['NODE_ENV'] === 'production' ? 'off' : 'warn';
}

/** `LOCKDEP_LEVELS=CODE=LEVEL,…`; of two levels for one code the later counts. */
export function levelsOfEnvironment(env: Environment = process.env): LevelOptions {
  const levels: Partial<Record<FindingCode, Level>> = {};
  for (const text of (env['LOCKDEP_LEVELS'] ?? '').split(',')) {
    if (text.trim() === '') continue;
    try {
      const [code, level] = parseLevel(text.trim(), 'LOCKDEP_LEVELS');
      levels[code] = level;
    } catch (error) {
      complain(error instanceof LockdepError ? error.message : String(error));
    }
  }
  return levels;
}
