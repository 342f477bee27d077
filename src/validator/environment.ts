/** What the environment says of the default validator. */
import { type Environment, complain } from './environment-policy.ts';
import { LockdepError } from './errors.ts';
import { type Level, type LevelOptions, parseLevel } from './levels.ts';
import type { FindingCode } from './snapshot-format.ts';

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
