/**
 * `node --test` starts a process for each file and loads no preload itself, so nobody but those processes can
 * end the run: each does so for what has been saved so far. What tells the runs apart is their parent.
 */
import { readFileSync } from 'node:fs';
import type { ForeignParent } from '../core/test-run.ts';

const START_TIME_FIELD = 19;

/** When the process started, in whatever form: numbers of processes come back. */
function findStart(pid: number): string {
  try {
    if (process.platform === 'win32') return 'unknown';
    if (process.platform !== 'linux')
      return process
        .getBuiltinModule('node:child_process')
        .execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' });
    // The second field is a name in parentheses that may have spaces in it.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /su, '')
      .split(' ');
    return fields[START_TIME_FIELD] ?? 'unknown';
  } catch {
    return 'unknown';
  }
}

/** The process that runs the files of `node --test`; `undefined` in a process that runs its tests alone. */
export function findTestParent(
  env: Readonly<Record<string, string | undefined>> = process.env,
): ForeignParent | undefined {
  if (env['NODE_TEST_CONTEXT']?.startsWith('child') !== true) return undefined;
  return { pid: process.ppid, key: findStart(process.ppid).replaceAll(/\W+/gu, '') };
}
