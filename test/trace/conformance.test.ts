/** Rows of the Linux kernel's own self-test (lib/locking-selftest.c), as traces. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { checkText } from '../../src/trace/check-text.ts';

interface Row {
  readonly id: string;
  readonly trace: string;
  readonly expect: 'report' | 'clean';
}

const file = new URL('../../fixtures/conformance/linux-selftest.jsonl', import.meta.url);
const rows = readFileSync(file, 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Row);

test('all rows are there', () => {
  expect(rows.length).toBe(240);
  expect(rows.filter((row) => row.expect === 'report').length).toBeGreaterThan(100);
  expect(rows.filter((row) => row.expect === 'clean').length).toBeGreaterThan(80);
});

/** The code that a row of each part must be reported with; parts that have several name each. */
const CODES: Readonly<Record<string, readonly string[]>> = {
  wait_context: ['invalid-wait-context'],
  irq: ['inconsistent-context', 'context-inversion', 'circular-dependency'],
  local_lock: ['context-inversion'],
  fs_reclaim: ['recursive-acquisition'],
  special: ['context-inversion'],
  queued: ['circular-dependency'],
  rd3: ['circular-dependency'],
};

describe.each(rows)('$id', ({ id, trace, expect: expected }) => {
  test(`is ${expected}`, () => {
    const errors = checkText(trace).filter(({ severity }) => severity === 'error');
    expect(errors.length > 0 ? 'report' : 'clean').toBe(expected);
    const codes = CODES[id.split('/')[1]!];
    if (expected === 'report' && codes !== undefined)
      expect(errors.some(({ code }) => codes.includes(code))).toBe(true);
  });
});
