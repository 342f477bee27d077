/** Thrown under the `error` policy by our own locks, and for misuse of the library's interface. */
export class LockdepError extends Error {
  /** `ERR_…`, or the finding's code. */
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = 'LockdepError';
    this.code = code;
  }
}

/** Describes a value that was not expected: `0 (number)`, `"x" (string)`, `undefined`. */
function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === 'string') return `${JSON.stringify(value)} (string)`;
  if (typeof value === 'object') return Array.isArray(value) ? 'an array' : 'an object';
  if (typeof value === 'function') return 'a function';
  // oxlint-disable-next-line no-base-to-string -- only primitives are left
  return `${String(value)} (${typeof value})`;
}

/** Throws `ERR_INVALID_ARGUMENT` in the one form all misuse errors have. */
export function rejectArgument(name: string, expected: string, value: unknown): never {
  throw new LockdepError(
    'ERR_INVALID_ARGUMENT',
    `Expected \`${name}\` to be ${expected}, got ${describe(value)}.`,
  );
}

export function checkCount(name: string, value: unknown, least: number): void {
  if (!Number.isSafeInteger(value) || (value as number) < least)
    rejectArgument(name, `an integer ≥ ${least}`, value);
}

export function checkFunction(name: string, value: unknown): void {
  if (typeof value !== 'function') rejectArgument(name, 'a function', value);
}

export function checkName(value: unknown): void {
  if (value !== undefined && (typeof value !== 'string' || value === ''))
    rejectArgument('name', 'a non-empty string', value);
}

/** Options are objects with known keys; a misspelt key would otherwise be lost without a word. */
export function checkOptions(options: unknown, known: readonly string[], name: string = 'options'): void {
  if (options === null || typeof options !== 'object') rejectArgument(name, 'an object', options);
  for (const key of Object.keys(options)) {
    if (!known.includes(key)) rejectArgument(name, `an object with keys of ${known.join(', ')}`, key);
  }
}
