/** `expect(lockdep).toBeClean()`, in the form that Vitest and Jest share. */
import { inspectTest } from './clean.ts';
import { currentSession } from './process-session.ts';

export interface MatcherResult {
  pass: boolean;
  message: () => string;
}

/** `lockdep` as it is imported, its `validator`, or the plug-in: they stand for the validator of the process. */
function checkSubject(subject: unknown): void {
  const own = currentSession()?.validator;
  if (own === undefined || subject === own || (typeof subject === 'function' && subject.name === 'lockdep'))
    return;
  if (typeof subject === 'object' && subject !== null && 'validator' in subject && subject.validator === own)
    return;
  throw new TypeError(
    `Expected \`expect\` to be given \`lockdep\` or its validator, got ${subject === null ? 'null' : typeof subject}.`,
  );
}

/**
 * The matcher. It fails with the reports of what the test has completed so far. With `.not`, that is what the test
 * is about, and it fails nothing any more.
 */
export function toBeClean(this: { isNot?: boolean }, subject: unknown): MatcherResult {
  checkSubject(subject);
  // oxlint-disable-next-line oxc/no-this-in-exported-function -- it is how `expect` tells
  const { isClean, text } = inspectTest(this.isNot === true);
  return {
    pass: isClean,
    message: () => (isClean ? 'Expected the test to have completed a finding, got none so far.' : text),
  };
}
