/** Options are checked once, in the process that starts the run; workers get them checked. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { RENDERERS } from '../../report/formats.ts';
import { findRule } from '../../report/rules.ts';
import { LockdepError, checkOptions, rejectArgument } from '../../validator/errors.ts';
import { type LevelOptions, readLevels } from '../../validator/levels.ts';
import { OPTIONS_FILE, type RunnerOptions } from './options.ts';

const OPTION_KEYS = ['levels', 'allow', 'baseline', 'output'];
const ALLOW_KEYS = ['class', 'code', 'test', 'reason'];

function checkText(name: string, value: unknown): void {
  if (typeof value !== 'string' || value === '') rejectArgument(name, 'a non-empty string', value);
}

function checkRecord(name: string, value: unknown): [string, unknown][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    rejectArgument(name, 'an object', value);
  return Object.entries(value);
}

function checkAllowEntry(entry: unknown, index: number): void {
  const name = `allow[${index}]`;
  const fields = checkRecord(name, entry);
  for (const [key, value] of fields) {
    if (!ALLOW_KEYS.includes(key))
      rejectArgument(name, `an object with keys of ${ALLOW_KEYS.join(', ')}`, key);
    checkText(`${name}.${key}`, value);
    if (key === 'code' && findRule(value as string) === undefined)
      rejectArgument(`${name}.code`, 'a finding code', value);
  }
  // Without any, it would allow everything.
  if (!fields.some(([key]) => key !== 'reason'))
    rejectArgument(name, 'an object with a class, code or test', entry);
}

/**
 * Checks options.
 * @throws LockdepError `ERR_INVALID_ARGUMENT` for what is unknown or of a wrong type.
 */
export function checkRunnerOptions(value: unknown): RunnerOptions {
  checkOptions(value, OPTION_KEYS);
  const { levels, allow, baseline, output } = value as Record<string, unknown>;
  if (levels !== undefined) readLevels(levels as LevelOptions);
  if (allow !== undefined && !Array.isArray(allow)) rejectArgument('allow', 'an array', allow);
  allow?.forEach(checkAllowEntry);
  if (baseline !== undefined) checkText('baseline', baseline);
  const formats = [...RENDERERS.keys()];
  for (const [format, target] of output === undefined ? [] : checkRecord('output', output)) {
    if (!formats.includes(format))
      rejectArgument('output', `an object with keys of ${formats.join(', ')}`, format);
    if (target !== true) checkText(`output.${format}`, target);
  }
  return value as RunnerOptions;
}

/**
 * Reads `lockdep.config.json` of a folder, if it has one.
 * @throws LockdepError `ERR_INVALID_ARGUMENT` where it says something wrong.
 */
export function readOptionsFile(folder: string): RunnerOptions {
  const file = path.join(folder, OPTIONS_FILE);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return {};
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new LockdepError('ERR_INVALID_ARGUMENT', `Expected ${file} to be JSON, got text that is not.`);
  }
  try {
    return checkRunnerOptions(value);
  } catch (error) {
    if (error instanceof LockdepError)
      throw new LockdepError('ERR_INVALID_ARGUMENT', `${OPTIONS_FILE}: ${error.message}`);
    throw error;
  }
}
