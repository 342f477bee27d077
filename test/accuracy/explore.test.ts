import { expect, test } from 'vitest';
import { explore } from './explore.mjs';
import { parseProgram } from './program-text.mjs';
import { testTruth } from './support.ts';

testTruth('orders', [
  ['two orders', 'T1: acq(A) acq(B) rel(B) rel(A); T2: acq(B) acq(A) rel(A) rel(B)', true],
  ['the same order', 'T1: acq(A) acq(B) rel(B) rel(A); T2: acq(A) acq(B) rel(B) rel(A)', false],
  ['nothing nested', 'T1: acq(A) rel(A) acq(B) rel(B); T2: acq(B) rel(B) acq(A) rel(A)', false],
  // Its two copies are in different sections.
  ['both orders in one task', 'T1: acq(A) acq(B) rel(B) rel(A) acq(B) acq(A) rel(A) rel(B)', true],
  [
    'a circle of three tasks',
    'T1: acq(A) acq(B) rel(B) rel(A); T2: acq(B) acq(C) rel(C) rel(B); T3: acq(C) acq(A) rel(A) rel(C)',
    true,
  ],
  // It takes three tasks in three sections, and there are two.
  [
    'a circle of three in one task',
    'T1: acq(A) acq(B) rel(B) rel(A) acq(B) acq(C) rel(C) rel(B) acq(C) acq(A) rel(A) rel(C)',
    false,
  ],
  [
    'a circle of three in two tasks',
    'T1: acq(A) acq(B) rel(B) rel(A) acq(B) acq(C) rel(C) rel(B); T2: acq(C) acq(A) rel(A) rel(C)',
    true,
  ],
  ['a mutex in itself', 'T1: acq(A) acq(A) rel(A) rel(A)', true],
  [
    'two orders, released first in, first out',
    'T1: acq(A) acq(B) rel(A) rel(B); T2: acq(B) acq(A) rel(B) rel(A)',
    true,
  ],
  [
    'hand over hand, one way',
    'T1: acq(A) acq(B) rel(A) acq(C) rel(B) rel(C); T2: acq(B) acq(C) rel(B) rel(C)',
    false,
  ],
  // A copy of T1 holds A, the other B, and T2 holds C.
  [
    'hand over hand, round and round',
    'T1: acq(A) acq(B) rel(A) acq(C) rel(B) rel(C); T2: acq(C) acq(A) rel(C) rel(A)',
    true,
  ],
  // Neither B nor C is asked for while A is held.
  [
    'let go before the next is asked for',
    'T1: acq(A) rel(A) acq(B) acq(C) rel(B) rel(C); T2: acq(C) acq(A) rel(C) rel(A)',
    false,
  ],
]);

testTruth('gates', [
  [
    'two orders behind one gate',
    'T1: acq(G) acq(A) acq(B) rel(B) rel(A) rel(G); T2: acq(G) acq(B) acq(A) rel(A) rel(B) rel(G)',
    false,
  ],
  [
    'a gate that one of them passes by',
    'T1: acq(G) acq(A) acq(B) rel(B) rel(A) rel(G); T2: acq(B) acq(A) rel(A) rel(B)',
    true,
  ],
  [
    'two gates',
    'T1: acq(G) acq(A) acq(B) rel(B) rel(A) rel(G); T2: acq(H) acq(B) acq(A) rel(A) rel(B) rel(H)',
    true,
  ],
  [
    'a gate that is entered by a try',
    'T1: try(G) acq(A) acq(B) rel(B) rel(A) rel(G); T2: acq(G) acq(B) acq(A) rel(A) rel(B) rel(G)',
    false,
  ],
  [
    'a gate that is left before the second lock',
    'T1: acq(G) acq(A) rel(G) acq(B) rel(B) rel(A); T2: acq(G) acq(B) rel(G) acq(A) rel(A) rel(B)',
    true,
  ],
  // T2 holds B and waits at the gate, in which T1 waits for B.
  [
    'a gate inside',
    'T1: acq(G) acq(A) acq(B) rel(B) rel(A) rel(G); T2: acq(B) acq(G) acq(A) rel(A) rel(G) rel(B)',
    true,
  ],
  [
    'a gate that all may read',
    'rwlock G; T1: acq(G, shared) acq(A) acq(B) rel(B) rel(A) rel(G); T2: acq(G, recursive) acq(B) acq(A) rel(A) rel(B) rel(G)',
    true,
  ],
  // T2 is kept out of T1, and alone it has one order.
  [
    'a gate that one of them writes',
    'rwlock G; T1: acq(G) acq(A) acq(B) rel(B) rel(A) rel(G); T2: acq(G, shared) acq(B) acq(A) rel(A) rel(B) rel(G)',
    false,
  ],
  [
    'a gate for two',
    'semaphore G; T1: acq(G) acq(A) acq(B) rel(B) rel(A) rel(G); T2: acq(G) acq(B) acq(A) rel(A) rel(B) rel(G)',
    true,
  ],
  // The first holder of both permits shuts the gate; the same with one order is no circle.
  [
    'a gate for two that one of them fills',
    'semaphore G; T1: acq(H) acq(G) acq(G) acq(A) acq(B) rel(B) rel(A) rel(G) rel(G) rel(H); T2: acq(G) acq(B) acq(A) rel(A) rel(B) rel(G)',
    false,
  ],
]);

testTruth('semaphores', [
  // Each copy has one of the two.
  ['a second permit under the first', 'semaphore S; T1: acq(S) acq(S) rel(S) rel(S)', true],
  // Both copies of T1 hold a permit, and T2 holds A.
  [
    'two orders of a semaphore and a mutex',
    'semaphore S; T1: acq(S) acq(A) rel(A) rel(S); T2: acq(A) acq(S) rel(S) rel(A)',
    true,
  ],
  // That takes two holders of a permit and one of A: three tasks, and there are two.
  [
    'both orders in one task',
    'semaphore S; T1: acq(S) acq(A) rel(A) rel(S) acq(A) acq(S) rel(S) rel(A)',
    false,
  ],
  [
    'two orders of two semaphores',
    'semaphore S R; T1: acq(S) acq(R) rel(R) rel(S); T2: acq(R) acq(S) rel(S) rel(R)',
    true,
  ],
  [
    'a second permit under a mutex',
    'semaphore S; T1: acq(A) acq(S) acq(S) rel(S) rel(S) rel(A); T2: acq(S) rel(S)',
    false,
  ],
  // Both copies of T2 hold a permit and wait for A.
  [
    'a second permit under a mutex that other holders want',
    'semaphore S; T1: acq(A) acq(S) acq(S) rel(S) rel(S) rel(A); T2: acq(S) acq(A) rel(A) rel(S)',
    true,
  ],
]);

test('tells who is stuck', () => {
  const text = 'rwlock R; T1: acq(A) acq(R, shared) fork(T2) join(T2) rel(R) rel(A); T2: acq(R) rel(R)';
  const stuck = explore(parseProgram(text)).stuck ?? [];
  // Which of two copies is stuck where, and whether the writer has been, is left open.
  const told = stuck.map(({ task, holds, waitsFor }) =>
    `${task}: ${holds.join()} -> ${waitsFor}`.replaceAll("'", ''),
  );
  expect(told).toEqual(
    expect.arrayContaining(['T1: A,R (shared) -> the end of T2', 'T1:  -> A', 'T2:  -> R']),
  );
});

test('gives up at the limit', () => {
  const program = parseProgram('T1: acq(A) acq(B) rel(B) rel(A) acq(B) acq(A) rel(A) rel(B)');
  expect(explore(program, { stateLimit: 3 })).toMatchObject({
    isDeadlockReachable: undefined,
    stateCount: 3,
  });
});
