import { describe, expect, test } from 'vitest';
import { explore } from './explore.mjs';
import { parseProgram } from './program-text.mjs';

/** What the program is, the program, and whether a deadlock is reachable when any task may run twice at once. */
export type Case = readonly [name: string, text: string, isReachable: boolean];

/** Explores each program, with the reductions and without. */
export function testTruth(group: string, cases: readonly Case[]): void {
  describe.each([
    [group, true],
    [`${group}, unreduced`, false],
  ])('%s', (_, isReduced) => {
    test.each(cases)('%s', (_, text, isReachable) => {
      expect(explore(parseProgram(text), { isReduced }).isDeadlockReachable).toBe(isReachable);
    });
  });
}
