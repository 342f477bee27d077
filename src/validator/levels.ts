/**
 * How grave a finding is by the wish of whoever runs the program, by code. Applied once: before a finding is
 * kept, told or thrown, or when a saved one is rendered.
 */
import { LockdepError, checkOptions, rejectArgument } from './errors.ts';
import { FINDING_CODES, type Finding } from './finding.ts';
import type { FindingCode, Severity } from './snapshot-format.ts';
import { formatSuggestion } from './suggest.ts';

/** `off`: the finding is neither kept, nor told, nor thrown. `warn`, `error`: it has that severity. */
export type Level = 'off' | 'warn' | 'error';

/** Levels by code; what is not named keeps the severity that it has by default. */
export type LevelOptions = Readonly<Partial<Record<FindingCode, Level>>>;

/** The same, checked. A map, since codes may come from files. */
export type Levels = ReadonlyMap<string, Level>;

const LEVELS: readonly Level[] = ['off', 'warn', 'error'];

/** Checks levels that a program gives. Throws `ERR_INVALID_ARGUMENT` for an unknown code or level. */
export function readLevels(levels: LevelOptions): Levels {
  checkOptions(levels, FINDING_CODES, 'levels');
  const given = Object.entries(levels).filter(([, level]) => level !== undefined);
  for (const [code, level] of given)
    if (!LEVELS.includes(level)) rejectArgument(`levels['${code}']`, "'off', 'warn' or 'error'", level);
  return new Map(given);
}

/** Parses `CODE=LEVEL`; `source` is what it was given by. Throws `ERR_INVALID_ARGUMENT`. */
export function parseLevel(text: string, source: string): [code: FindingCode, level: Level] {
  const fail = (expected: string): never => {
    throw new LockdepError('ERR_INVALID_ARGUMENT', `Expected ${expected}`);
  };
  const [, wantedCode = '', wantedLevel = ''] =
    /^([^=]*)=([^]*)$/.exec(text) ?? fail(`${source} to be CODE=LEVEL, got "${text}"`);
  const code = FINDING_CODES.find((each) => each === wantedCode);
  const level = LEVELS.find((each) => each === wantedLevel);
  if (code === undefined)
    return fail(
      `${source} to be CODE=LEVEL, with CODE one of ${FINDING_CODES.join(', ')}, got "${wantedCode}"${formatSuggestion(wantedCode, FINDING_CODES)}`,
    );
  if (level === undefined) return fail(`the level of ${code} to be off, warn or error, got "${wantedLevel}"`);
  return [code, level];
}

/**
 * The finding as grave as its level says; `undefined` when it is off. A cycle that is a note stays one: it says
 * that this cannot happen, and no wish makes it happen.
 */
export function applyLevel<T extends Pick<Finding, 'code' | 'severity' | 'chain'>>(
  finding: T,
  levels: Levels,
): T | undefined {
  const level = levels.get(finding.code);
  if (level === 'off') return undefined;
  const isImpossible = finding.severity === 'note' && finding.chain.length > 1;
  if (level === undefined || isImpossible) return finding;
  const severity: Severity = level === 'warn' ? 'warning' : 'error';
  return { ...finding, severity };
}
