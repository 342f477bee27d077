/**
 * Whether a test is clean so far, for those who want to say so in the test itself. This is loaded where tests are,
 * so it loads nothing: the session of the process is looked up.
 */
import { LockdepError } from '../../validator/errors.ts';
import type { FindingCode } from '../../validator/snapshot-format.ts';
import { currentSession } from './process-session.ts';

export interface Cleanness {
  isClean: boolean;
  text: string;
  code?: FindingCode | undefined;
}

/**
 * Says whether the test that runs here is clean so far. Where watching is off, it is as it should be.
 * @throws LockdepError `ERR_NO_TEST` outside of a test, or where no plug-in watches.
 */
export function inspectTest(isWanted: boolean): Cleanness {
  if (process.env['LOCKDEP'] === 'off') return { isClean: !isWanted, text: '' };
  const inspection = currentSession()?.inspect(isWanted);
  if (inspection !== undefined) return inspection;
  const why = currentSession() === undefined ? 'no plug-in of lockdep is set up' : 'no test runs';
  throw new LockdepError('ERR_NO_TEST', `Expected a test that is watched, got none: ${why} here.`);
}

/**
 * Throws what the test has completed so far, as its own failure.
 * @throws LockdepError with the code of the first finding, and the reports of all.
 */
export function assertClean(): void {
  const { isClean, text, code } = inspectTest(false);
  if (!isClean) throw new LockdepError(code!, text);
}
