/** A misuse of the command: told in one line, without a stack, and the exit status is 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly code = 'ERR_LOCKDEP_USAGE';
}
