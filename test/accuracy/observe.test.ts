import fc from 'fast-check';
import { expect, test } from 'vitest';
import { predictClassic } from './classic.mjs';
import { observe } from './observe.mjs';
import { generateProgram } from './program.mjs';
import { formatProgram, parseProgram } from './program-text.mjs';
import { Random } from './random.mjs';

function observeText(text: string): string | undefined {
  return observe(parseProgram(text), new Random(1));
}

/** What is held at once by the end of each event, checked by the rules of the locks alone. */
function replay(trace: string): number {
  const holders = new Map<string, string[]>();
  let eventCount = 0;
  for (const line of trace.trimEnd().split('\n')) {
    const match = /^\w+\|(\w+)\((\w+)(?:, (\w+))?\)\|\d+$/.exec(line);
    if (!match) continue;
    eventCount++;
    const [, event, name = '', mode = 'exclusive'] = match;
    const held = holders.get(name) ?? [];
    holders.set(name, held);
    if (event === 'rel') held.pop();
    if (event !== 'acq' && event !== 'try') continue;
    held.push(mode);
    if (held.includes('exclusive')) expect(held, line).toHaveLength(1);
    if (held.includes('permit')) expect(held.length, line).toBeLessThanOrEqual(2);
  }
  expect([...holders.values()].flat()).toEqual([]);
  return eventCount;
}

test('runs every operation once, within the rules of the locks', () => {
  let finished = 0;
  fc.assert(
    fc.property(fc.integer({ min: 0 }), (seed) => {
      const program = generateProgram(seed);
      const trace = observe(program, new Random(seed));
      if (trace === undefined) return;
      finished++;
      const operationCount = program.tasks.flatMap(({ operations }) => operations).length;
      expect(replay(trace), formatProgram(program)).toBe(operationCount);
      expect(new Set(trace.match(/\d+$/gm)).size).toBe(operationCount);
    }),
    { numRuns: 300 },
  );
  expect(finished).toBeGreaterThan(0);
});

test('writes the run of the same seed again', () => {
  const program = generateProgram(1);
  expect(observe(program, new Random(7))).toBe(observe(program, new Random(7)));
});

test('declares the locks, and numbers the places', () => {
  expect(observeText('rwlock R; semaphore S; T1: acq(A) acq(R, shared) try(S) rel(S) rel(R) rel(A)')).toBe(
    [
      '#! class R kind=rwlock',
      '#! class S kind=semaphore permits=2',
      '#! class A kind=mutex',
      'T1|acq(A)|1',
      'T1|acq(R, shared)|2',
      'T1|try(S, permit)|3',
      'T1|rel(S)|4',
      'T1|rel(R)|5',
      'T1|rel(A)|6',
      '',
    ].join('\n'),
  );
});

test.each([
  ['a task that waits for itself', 'T1: acq(A) acq(A) rel(A) rel(A)'],
  ['a child that wants the lock of its parent', 'T1: acq(A) fork(T2) join(T2) rel(A); T2: acq(A) rel(A)'],
  ['a try that must fail', 'T1: acq(A) try(A) rel(A) rel(A)'],
])('has no run of %s', (_, text) => expect(observeText(text)).toBeUndefined());

test('finds the one order in which every try succeeds', () => {
  const text = 'T1: acq(A) fork(T2) rel(A) join(T2); T2: try(A) rel(A)';
  for (let seed = 0; seed < 20; seed++)
    expect(observe(parseProgram(text), new Random(seed))).toMatch(/rel\(A\)\|3\n(.*\n)*T2\|try/);
});

test.each([
  ['two orders', 'T1: acq(A) acq(B) rel(B) rel(A); T2: acq(B) acq(A) rel(A) rel(B)', true],
  ['one order', 'T1: acq(A) acq(B) rel(B) rel(A); T2: acq(A) acq(B) rel(B) rel(A)', false],
  [
    'a gate, which it does not know',
    'T1: acq(G) acq(A) acq(B) rel(B) rel(A) rel(G); T2: acq(G) acq(B) acq(A) rel(A) rel(B) rel(G)',
    true,
  ],
  [
    'a join, which it does not know',
    'T1: acq(A) fork(T2) join(T2) rel(A); T2: acq(B) rel(B); T3: acq(B) acq(A) rel(A) rel(B)',
    false,
  ],
  ['a try', 'T1: acq(A) try(B) rel(B) rel(A); T2: acq(B) acq(A) rel(A) rel(B)', false],
  ['a lock that was got by a try', 'T1: try(A) acq(B) rel(B) rel(A); T2: acq(B) acq(A) rel(A) rel(B)', true],
  ['a second permit', 'semaphore S; T1: acq(S) acq(S) rel(S) rel(S)', true],
  ['reading in a read', 'rwlock R; T1: acq(R, shared) acq(R, shared) rel(R) rel(R)', true],
  ['reading recursively in a read', 'rwlock R; T1: acq(R, shared) acq(R, recursive) rel(R) rel(R)', false],
  [
    'two orders, read',
    'rwlock Q R; T1: acq(Q, shared) acq(R, shared) rel(R) rel(Q); T2: acq(R, shared) acq(Q, shared) rel(Q) rel(R)',
    true,
  ],
  [
    'two orders, read recursively',
    'rwlock Q R; T1: acq(Q, recursive) acq(R, recursive) rel(R) rel(Q); T2: acq(R, recursive) acq(Q, recursive) rel(Q) rel(R)',
    false,
  ],
  [
    'a long way round',
    'T1: acq(A) acq(B) rel(B) rel(A); T2: acq(B) acq(C) rel(C) rel(B); T3: acq(C) acq(A) rel(A) rel(C)',
    true,
  ],
])('the classic rule says of %s what it is known for', (_, text, isReported) =>
  expect(predictClassic(observeText(text) ?? '')).toBe(isReported),
);
