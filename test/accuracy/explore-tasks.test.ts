import { testTruth } from './support.ts';

testTruth('readers', [
  // The two writers that there are somewhere have queued between.
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
  // T1 waits behind the writer of R, which waits for T2; T2 reads Q past its writer.
  [
    'two orders, one read recursively',
    'rwlock Q R; T1: acq(Q, shared) acq(R, shared) rel(R) rel(Q); T2: acq(R, shared) acq(Q, recursive) rel(Q) rel(R)',
    false,
  ],
  [
    'a reader that waits for a mutex, in which somebody reads',
    'rwlock R; T1: acq(R, recursive) acq(A) rel(A) rel(R); T2: acq(A) acq(R, shared) rel(R) rel(A)',
    true,
  ],
  [
    'a reader that waits for a mutex, in which somebody reads recursively',
    'rwlock R; T1: acq(R, shared) acq(A) rel(A) rel(R); T2: acq(A) acq(R, recursive) rel(R) rel(A)',
    false,
  ],
  [
    'a writer that waits for a mutex, in which somebody reads recursively',
    'rwlock R; T1: acq(R) acq(A) rel(A) rel(R); T2: acq(A) acq(R, recursive) rel(R) rel(A)',
    true,
  ],
  [
    'a reader that waits for a mutex, in which somebody writes',
    'rwlock R; T1: acq(R, recursive) acq(A) rel(A) rel(R); T2: acq(A) acq(R) rel(R) rel(A)',
    true,
  ],
  ['an upgrade', 'rwlock R; T1: acq(R, shared) acq(R) rel(R) rel(R)', true],
  ['reading in a read', 'rwlock R; T1: acq(R, shared) acq(R, shared) rel(R) rel(R)', true],
  ['reading recursively in a read', 'rwlock R; T1: acq(R, shared) acq(R, recursive) rel(R) rel(R)', false],
  ['reading in a recursive read', 'rwlock R; T1: acq(R, recursive) acq(R, shared) rel(R) rel(R)', true],
  ['trying to read in a read', 'rwlock R; T1: acq(R, shared) try(R, shared) rel(R) rel(R)', false],
]);

testTruth('tries', [
  ['a try in one of two orders', 'T1: acq(A) try(B) rel(B) rel(A); T2: acq(B) acq(A) rel(A) rel(B)', false],
  ['a lock that was got by a try', 'T1: try(A) acq(B) rel(B) rel(A); T2: acq(B) acq(A) rel(A) rel(B)', true],
  [
    'a lock under a try',
    'T1: acq(A) try(B) acq(C) rel(C) rel(B) rel(A); T2: acq(C) acq(A) rel(A) rel(C)',
    true,
  ],
  // A is held already, so that nobody ever comes to B under it.
  [
    'a try without hope',
    'T1: acq(A) try(A) acq(B) rel(B) rel(A) rel(A); T2: acq(B) acq(A) rel(A) rel(B)',
    false,
  ],
  [
    'a fork that is skipped',
    'T1: acq(A) try(A) fork(T2) rel(A) rel(A); T2: acq(B) acq(B) rel(B) rel(B)',
    false,
  ],
  // Both permits are out, each under a try; the third try fails.
  ['tries of a semaphore', 'semaphore S; T1: try(S) try(S) rel(S) rel(S); T2: try(S) rel(S)', false],
]);

testTruth('forks and joins', [
  [
    'the second lock in a child that is joined',
    'T1: acq(A) fork(T2) join(T2) rel(A); T2: acq(B) rel(B); T3: acq(B) acq(A) rel(A) rel(B)',
    true,
  ],
  [
    'joined after the release',
    'T1: acq(A) fork(T2) rel(A) join(T2); T2: acq(B) rel(B); T3: acq(B) acq(A) rel(A) rel(B)',
    false,
  ],
  ['never joined', 'T1: acq(A) fork(T2) rel(A); T2: acq(B) rel(B); T3: acq(B) acq(A) rel(A) rel(B)', false],
  [
    'forked before and joined under the lock',
    'T1: fork(T2) acq(A) join(T2) rel(A); T2: acq(B) rel(B); T3: acq(B) acq(A) rel(A) rel(B)',
    true,
  ],
  [
    'by way of a grandchild',
    'T1: acq(A) fork(T2) join(T2) rel(A); T2: fork(T3) join(T3); T3: acq(B) rel(B); T4: acq(B) acq(A) rel(A) rel(B)',
    true,
  ],
  [
    'a grandchild that nobody joins',
    'T1: acq(A) fork(T2) join(T2) rel(A); T2: fork(T3); T3: acq(B) rel(B); T4: acq(B) acq(A) rel(A) rel(B)',
    false,
  ],
  [
    'a child that wants the lock of its parent',
    'T1: acq(A) fork(T2) join(T2) rel(A); T2: acq(A) rel(A)',
    true,
  ],
  [
    'a child that wants the lock of its parent, forked before',
    'T1: fork(T2) acq(A) join(T2) rel(A); T2: acq(A) rel(A)',
    true,
  ],
  [
    'a child that tries the lock of its parent',
    'T1: acq(A) fork(T2) join(T2) rel(A); T2: try(A) rel(A)',
    false,
  ],
  [
    'two orders in children, one after the other under a gate of the parent',
    'T1: acq(G) fork(T2) join(T2) fork(T3) join(T3) rel(G); T2: acq(A) acq(B) rel(B) rel(A); T3: acq(B) acq(A) rel(A) rel(B)',
    false,
  ],
  // Both copies of the parent get on at once.
  [
    'two orders in children, one after the other',
    'T1: fork(T2) join(T2) fork(T3) join(T3); T2: acq(A) acq(B) rel(B) rel(A); T3: acq(B) acq(A) rel(A) rel(B)',
    true,
  ],
  [
    'two orders in children, side by side under a gate of the parent',
    'T1: acq(G) fork(T2) fork(T3) join(T2) join(T3) rel(G); T2: acq(A) acq(B) rel(B) rel(A); T3: acq(B) acq(A) rel(A) rel(B)',
    true,
  ],
  [
    'a child that outlives the gate of its parent',
    'T1: acq(G) fork(T2) rel(G) join(T2); T2: acq(A) acq(B) rel(B) rel(A); T3: acq(G) acq(B) acq(A) rel(A) rel(B) rel(G)',
    true,
  ],
]);
