import fc from 'fast-check';
import { expect, test } from 'vitest';
import { explore } from './explore.mjs';
import { type Weights, generateProgram } from './program.mjs';
import { formatProgram, parseProgram } from './program-text.mjs';

const seeds = fc.integer({ min: 0 });

/** Small enough to be explored without the reductions, and full of what they could get wrong. */
const tricky: Partial<Weights> = {
  lockCounts: [2, 3],
  kinds: { mutex: 0.4, rwlock: 0.4, semaphore: 0.2 },
  rootCounts: [1, 2],
  rootSizes: [3, 4, 5, 6, 7],
  childSizes: [2, 3, 4],
  mostTasks: 4,
  gates: 0.2,
  disorder: [1],
  tries: [0, 0.4],
  forks: [0.4],
};

test.each([
  ['small programs full of tries, readers and children', tricky, 600, 5000],
  ['the programs that are measured', {}, 30, 20_000],
])(
  'finds a deadlock with the reductions if and only if there is one without them: %s',
  (_, weights, numRuns, stateLimit) => {
    const answers = { true: 0, false: 0, undefined: 0 };
    fc.assert(
      fc.property(seeds, (seed) => {
        const program = generateProgram(seed, weights);
        const { isDeadlockReachable } = explore(program, { isReduced: false, stateLimit });
        answers[`${isDeadlockReachable}`]++;
        if (isDeadlockReachable === undefined) return;
        const reduced = explore(program).isDeadlockReachable;
        // The search without them may come upon a deadlock early, and the other reach its limit first.
        if (reduced !== undefined) expect(reduced, formatProgram(program)).toBe(isDeadlockReachable);
      }),
      { numRuns },
    );
    expect(answers.true, 'deadlocks compared').toBeGreaterThan(0);
    expect(answers.false, 'programs without a deadlock compared').toBeGreaterThan(0);
  },
  120_000,
);

test('reads what it writes', () => {
  fc.assert(
    fc.property(seeds, (seed) => {
      const text = formatProgram(generateProgram(seed));
      expect(formatProgram(parseProgram(text))).toBe(text);
    }),
  );
});

test.each([
  ['T1: acq(A)', 'ends holding'],
  ['T1: rel(A)', 'may not hold'],
  ['T1: try(A) acq(B) rel(A) rel(B)', 'may not hold'],
  ['T1: acq(B) try(A) rel(B) rel(A)', 'may not hold'],
  ['T1: try(A) fork(T2) rel(A) join(T2); T2: acq(B) rel(B)', 'may not have forked'],
  ['T1: fork(T2) fork(T2); T2: acq(B) rel(B)', 'forked twice'],
  ['rwlock R; T1: acq(R, permit) rel(R)', 'cannot take'],
  ['T1: acq(A) get(B)', 'Expected events'],
  ['mutex', 'Expected a declaration or a task'],
])('rejects %s', (text, reason) => expect(() => parseProgram(text)).toThrow(reason));
