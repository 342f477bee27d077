/** How misuse of the interface comes out, wherever it happens. */
import { expect } from 'vitest';
import { LockdepError } from '../../src/index.ts';

/** Expects one line that begins with `line` and ends with what came instead. */
export async function expectOneLine(
  how: 'throws' | 'rejects',
  call: () => unknown,
  line: string,
  value: unknown,
): Promise<void> {
  const label = `for ${typeof value === 'symbol' || typeof value === 'bigint' ? typeof value : JSON.stringify(value)}`;
  let result: unknown;
  let thrown: unknown;
  try {
    result = call();
  } catch (error) {
    expect(how, `a throw ${label}: ${String(error)}`).toBe('throws');
    thrown = error;
  }
  if (thrown === undefined) {
    expect(how, `no throw ${label}`).toBe('rejects');
    thrown = await Promise.resolve(result).then(
      () => undefined,
      (error: unknown) => error,
    );
  }
  expect(thrown, `an error of ours ${label}`).toBeInstanceOf(LockdepError);
  const { code, message } = thrown as LockdepError;
  expect(code).toBe('ERR_INVALID_ARGUMENT');
  expect(message.slice(0, line.length), label).toBe(line);
  expect(message.slice(line.length), label).toMatch(/^[^\n]+\.$/);
}
