/** Traces and what must be found in them; the expectations follow from the rules, see docs/traces.md. */
import { describe, expect, test } from 'vitest';
import { checkText } from '../../src/trace/check-text.ts';

/** Events of one task, a line each: `T1 acq(A) acq(B) | T2 …`, and declarations in front. */
function trace(text: string): string {
  let line = 0;
  return text
    .trim()
    .split('\n')
    .flatMap((row) => {
      const words = row.trim();
      if (words.startsWith('#!')) return [words];
      const [task, ...events] = words.split(/ (?=[a-z]+\()/);
      return events.map((event) => `${task}|${event}|${++line}`);
    })
    .join('\n');
}

/** `severity code chain`, the notes of locks that are open at the end aside. */
function check(text: string): string[] {
  return checkText(trace(text))
    .filter(({ code, severity }) => code !== 'held-at-end' || severity !== 'note')
    .map(({ severity, code, chain }) => `${severity} ${code} ${chain.join('→')}`);
}

type Row = [name: string, text: string, expected: string[]];

const AB = 'T1 acq(A) acq(B) rel(B) rel(A)';
const BA = 'T2 acq(B) acq(A) rel(A) rel(B)';
const deadlock = 'error circular-dependency A→B→A';

const orders: Row[] = [
  ['both orders', `${AB}\n${BA}`, [deadlock]],
  ['both orders in one task', 'T1 acq(A) acq(B) rel(B) rel(A) acq(B) acq(A) rel(A) rel(B)', [deadlock]],
  ['one order', `${AB}\n${AB}`, []],
  ['a request is a dependency also if the trace ends there', `${AB}\nT2 acq(B) req(A)`, [deadlock]],
  ['so is one that was granted and never released', `T1 acq(A) acq(B)\nT2 acq(B) acq(A)`, [deadlock]],
  ['released by another task while the holder waits', `${AB}\nT2 acq(B) req(A)\nT3 rel(B)`, [deadlock]],
  ['released by another task after the grant', `${AB}\nT2 acq(B) acq(A)\nT3 rel(B)`, [deadlock]],
  ['released by its holder before the grant', `${AB}\nT2 acq(B) req(A) rel(B) acq(A) rel(A)`, []],
  [
    'non-LIFO release',
    'T1 acq(A) acq(B) rel(A) acq(C) rel(B) rel(C)\nT2 acq(C) acq(A) rel(A) rel(C)',
    ['error circular-dependency A→B→C→A'],
  ],
  [
    'hand-over-hand, the same way',
    'T1 acq(A) acq(B) rel(A) acq(C) rel(B) acq(D) rel(C) rel(D)\nT2 acq(B) acq(C) rel(B) acq(D) rel(C) rel(D)',
    [],
  ],
  [
    'hand-over-hand against it',
    'T1 acq(A) acq(B) rel(A) acq(C) rel(B) rel(C)\nT2 acq(C) acq(B) rel(C) rel(B)',
    ['error circular-dependency B→C→B'],
  ],
  [
    'a ring of eight',
    ['A B', 'B C', 'C D', 'D E', 'E F', 'F G', 'G H', 'H A']
      .map((pair, i) => `T${i} acq(${pair[0]}) acq(${pair[2]}) rel(${pair[2]}) rel(${pair[0]})`)
      .join('\n'),
    ['error circular-dependency A→B→C→D→E→F→G→H→A'],
  ],
  [
    'a ring of eight with one arrow turned round',
    ['A B', 'B C', 'C D', 'D E', 'E F', 'F G', 'G H', 'A H']
      .map((pair, i) => `T${i} acq(${pair[0]}) acq(${pair[2]}) rel(${pair[2]}) rel(${pair[0]})`)
      .join('\n'),
    [],
  ],
  [
    'a diamond',
    'T1 acq(A) acq(B) acq(D) rel(D) rel(B) rel(A)\nT2 acq(A) acq(C) acq(D) rel(D) rel(C) rel(A)',
    [],
  ],
  [
    'an order that is declared',
    '#! order A B C\nT1 acq(C) acq(A) rel(A) rel(C)',
    ['error order-violation A→C→A'],
  ],
  ['an order that is declared and kept', '#! order A B C\nT1 acq(A) acq(C) rel(C) rel(A)', []],
  ['a class that is exempt', `#! class A exempt\n${AB}\n${BA}`, []],
];

const nesting: Row[] = [
  ['one lock twice', 'T1 acq(A) acq(A)', ['error recursive-acquisition A→A']],
  ['two locks of one class', 'T1 acq(A#1) acq(A#2)', ['error recursive-acquisition A→A']],
  ['one after the other', 'T1 acq(A#1) rel(A#1) acq(A#2) rel(A#2)', []],
  ['a subclass', 'T1 acq(A#1) acq(A#2, sub=1) rel(A#2) rel(A#1)', []],
  [
    'a subclass both ways',
    'T1 acq(A#1) acq(A#2, sub=1) rel(A#2) rel(A#1) acq(A#2, sub=1) acq(A#1) rel(A#1) rel(A#2)',
    ['error circular-dependency A→A/1→A'],
  ],
  ['nested in an outer lock', 'T1 acq(G) acq(A#1, nest=G) acq(A#2, nest=G) rel(A#2) rel(A#1) rel(G)', []],
  [
    'nested in a lock that is not held',
    'T1 acq(A#1) acq(A#2, nest=G) rel(A#2) rel(A#1)',
    ['error nested-lock-not-held A', 'error recursive-acquisition A→A'],
  ],
  [
    'one and the same lock is not nested in anything',
    'T1 acq(G) acq(A#1, nest=G) acq(A#1, nest=G)',
    ['error recursive-acquisition A→A'],
  ],
  ['a gate that was only observed', 'T1 acq(G) acq(A#1) acq(A#2)', ['error recursive-acquisition A→A']],
  ['two tries', 'T1 try(A#1) try(A#2)', []],
];

const readers: Row[] = [
  [
    'recursive readers both ways',
    '#! class A kind=rwsem\n#! class B kind=rwsem\nT1 acq(A, recursive) acq(B, recursive) rel(B) rel(A)\nT2 acq(B, recursive) acq(A, recursive) rel(A) rel(B)',
    [],
  ],
  [
    'queued readers both ways',
    '#! class A kind=rwsem\n#! class B kind=rwsem\nT1 acq(A, shared) acq(B, shared) rel(B) rel(A)\nT2 acq(B, shared) acq(A, shared) rel(A) rel(B)',
    [deadlock],
  ],
  [
    'readers that are declared recursive',
    '#! class A kind=rwsem readers=recursive\n#! class B kind=rwsem readers=recursive\nT1 acq(A, shared) acq(B, shared) rel(B) rel(A)\nT2 acq(B, shared) acq(A, shared) rel(A) rel(B)',
    [],
  ],
  [
    'writer and readers',
    '#! class A kind=rwsem\nT1 acq(A) acq(B) rel(B) rel(A)\nT2 acq(B) acq(A, recursive) rel(A) rel(B)',
    [deadlock],
  ],
  [
    'a class reached weakly first and strongly later',
    // S →R X and X →S T are no strong path together, S → Y → X is; the cycle is closed by T → S.
    '#! class X kind=rwsem\nT1 acq(S) acq(X, recursive) rel(X) rel(S)\nT2 acq(S) acq(Y) rel(Y) rel(S)\nT3 acq(Y) acq(X) rel(X) rel(Y)\nT4 acq(X, recursive) acq(T) rel(T) rel(X)\nT5 acq(T) acq(S) rel(S) rel(T)',
    ['error circular-dependency S→Y→X→T→S'],
  ],
  [
    'the weak way alone',
    '#! class X kind=rwsem\nT1 acq(S) acq(X, recursive) rel(X) rel(S)\nT4 acq(X, recursive) acq(T) rel(T) rel(X)\nT5 acq(T) acq(S) rel(S) rel(T)',
    [],
  ],
  ['upgrade', '#! class A kind=rwsem\nT1 acq(A, shared) acq(A)', ['error upgrade-deadlock A→A']],
  [
    'a downgrade ends the exclusive hold',
    '#! class A kind=rwsem\nT1 acq(A) downgrade(A) acq(B) rel(B) rel(A)\nT2 acq(B) acq(A, recursive) rel(A) rel(B)',
    [],
  ],
  [
    'without the downgrade',
    '#! class A kind=rwsem\nT1 acq(A) acq(B) downgrade(A) rel(B) rel(A)\nT2 acq(B) acq(A, recursive) rel(A) rel(B)',
    [deadlock],
  ],
];

const requests: Row[] = [
  ['a try never waits', 'T1 acq(A) try(B) rel(B) rel(A)\nT2 acq(B) acq(A) rel(A) rel(B)', []],
  [
    'what is asked for under a try waits',
    'T1 try(A) acq(B) rel(B) rel(A)\nT2 acq(B) acq(A) rel(A) rel(B)',
    [deadlock],
  ],
  [
    'a wait that would end',
    'T1 acq(A) acq(B, timed) rel(B) rel(A)\nT2 acq(B) acq(A) rel(A) rel(B)',
    ['warning circular-dependency A→B→A'],
  ],
  [
    'a wait that was given up',
    'T1 acq(A) req(B) cancel(B) rel(A)\nT2 acq(B) acq(A) rel(A) rel(B)',
    ['warning circular-dependency A→B→A'],
  ],
  ['a wait that takes nothing', `${AB}\nT2 acq(B) wait(A) rel(B)`, [deadlock]],
  ['waiting for what one holds', 'T1 acq(A) wait(A) rel(A)', ['error recursive-acquisition A→A']],
];

const gates: Row[] = [
  [
    'both orders under one gate',
    'T1 acq(G) acq(A) acq(B) rel(B) rel(A) rel(G)\nT2 acq(G) acq(B) acq(A) rel(A) rel(B) rel(G)',
    ['note circular-dependency A→B→A'],
  ],
  [
    'a gate on one side only',
    'T1 acq(G) acq(A) acq(B) rel(B) rel(A) rel(G)\nT2 acq(B) acq(A) rel(A) rel(B)',
    [deadlock],
  ],
  [
    'two gates',
    'T1 acq(G) acq(A) acq(B) rel(B) rel(A) rel(G)\nT2 acq(H) acq(B) acq(A) rel(A) rel(B) rel(H)',
    [deadlock],
  ],
  [
    'two locks of one class are two gates',
    'T1 acq(G#1) acq(A) acq(B) rel(B) rel(A) rel(G#1)\nT2 acq(G#2) acq(B) acq(A) rel(A) rel(B) rel(G#2)',
    [deadlock],
  ],
  [
    'a gate that is held shared',
    '#! class G kind=rwsem\nT1 acq(G, shared) acq(A) acq(B) rel(B) rel(A) rel(G)\nT2 acq(G, shared) acq(B) acq(A) rel(A) rel(B) rel(G)',
    [deadlock],
  ],
  [
    'a gate that is held shared in one order and exclusively in the other',
    '#! class G kind=rwsem\nT1 acq(G, shared) acq(A) acq(B) rel(B) rel(A) rel(G)\nT2 acq(G) acq(B) acq(A) rel(A) rel(B) rel(G)',
    ['note circular-dependency A→B→A'],
  ],
  [
    'a gate over two arrows of three',
    'T1 acq(G) acq(A) acq(B) rel(B) rel(A) rel(G)\nT2 acq(G) acq(B) acq(C) rel(C) rel(B) rel(G)\nT3 acq(C) acq(A) rel(A) rel(C)',
    ['note circular-dependency A→B→C→A'],
  ],
  [
    'a gate that is taken after the lock the arrow leaves from',
    'T1 acq(A) try(G) acq(B) rel(B) rel(G) rel(A)\nT2 acq(B) try(G) acq(A) rel(A) rel(G) rel(B)',
    ['note circular-dependency A→B→A'],
  ],
  [
    'a gate that keeps the holders of two units apart',
    '#! class S kind=semaphore permits=2\nT1 acq(G) acq(S, permit) acq(A) rel(A) rel(S) rel(G)\nT2 acq(A) acq(S, permit) rel(S) rel(A)',
    ['note circular-dependency A→S→A'],
  ],
  [
    'and leaves somebody else who waits with a unit',
    '#! class S kind=semaphore permits=2\nT1 acq(G) acq(S, permit) acq(A) rel(A) rel(S) rel(G)\nT2 acq(A) acq(S, permit) rel(S) rel(A)\nT3 acq(S, permit) acq(B) acq(A) rel(A) rel(B) rel(S)\nT4 acq(A) acq(B) rel(B) rel(A)',
    [
      'error circular-dependency A→B→A',
      'error circular-dependency A→S→A',
      'error circular-dependency A→S→B→A',
    ],
  ],
  [
    'a unit more under a gate',
    '#! class S kind=semaphore permits=2\nT1 acq(G) acq(S, permit) acq(S, permit) rel(S) rel(S) rel(G)',
    ['note nested-capacity S→S'],
  ],
  [
    'a gate that is dropped before the second request',
    'T1 acq(G) acq(A) rel(G) acq(B) rel(B) rel(A)\nT2 acq(G) acq(B) rel(G) acq(A) rel(A) rel(B)',
    [deadlock],
  ],
  [
    'one ungated observation',
    'T1 acq(G) acq(A) acq(B) rel(B) rel(A) rel(G)\nT2 acq(G) acq(B) acq(A) rel(A) rel(B) rel(G)\nT3 acq(B) acq(A) rel(A) rel(B)\nT3 acq(A) acq(B) rel(B) rel(A)',
    [deadlock],
  ],
  [
    'a gate over tasks that run side by side',
    'T1 acq(G) fork(T2) fork(T3)\nT2 acq(A) acq(B) rel(B) rel(A)\nT3 acq(B) acq(A) rel(A) rel(B)\nT1 join(T2) join(T3) rel(G)',
    [deadlock],
  ],
  [
    'a gate over tasks that run one after the other',
    'T1 acq(G) fork(T2)\nT2 acq(A) acq(B) rel(B) rel(A)\nT1 join(T2) fork(T3)\nT3 acq(B) acq(A) rel(A) rel(B)\nT1 join(T3) rel(G)',
    ['note circular-dependency A→B→A'],
  ],
];

const tasks: Row[] = [
  [
    'a parent waits for its child',
    'T1 acq(A) fork(T2)\nT2 acq(B) rel(B)\nT1 join(T2) rel(A)\nT3 acq(B) acq(A) rel(A) rel(B)',
    [deadlock],
  ],
  [
    'a child that was forked before',
    'T1 fork(T2) acq(A)\nT2 acq(B) rel(B)\nT1 join(T2) rel(A)\nT3 acq(B) acq(A) rel(A) rel(B)',
    [deadlock],
  ],
  [
    'a child that the parent does not wait for',
    'T1 acq(A) fork(T2)\nT2 acq(B) rel(B)\nT1 rel(A) join(T2)\nT3 acq(B) acq(A) rel(A) rel(B)',
    ['warning circular-dependency A→B→A'],
  ],
  [
    'a child that takes the lock the parent holds at the join, before the parent did',
    'T1 fork(T2)\nT2 acq(A) rel(A)\nT1 acq(A) rel(A) acq(A) join(T2) rel(A)',
    ['error recursive-acquisition A→A'],
  ],
  [
    'a child that was joined before the parent asked',
    'T1 fork(T2)\nT2 acq(B) rel(B)\nT1 join(T2) acq(A) rel(A)\nT3 acq(B) acq(A) rel(A) rel(B)',
    [],
  ],
  [
    'handed to another task',
    'T1 acq(A) handoff(A, T2)\nT2 acq(B) rel(B) rel(A)\nT3 acq(B) acq(A) rel(A) rel(B)',
    [deadlock],
  ],
  [
    'what the giver does after it handed it over',
    'T1 acq(A) handoff(A, T2) acq(B) rel(B)\nT2 rel(A)\nT3 acq(B) acq(A) rel(A) rel(B)',
    [],
  ],
  [
    'what the receiver did before',
    'T2 acq(B) rel(B)\nT1 acq(A) handoff(A, T2)\nT2 rel(A)\nT3 acq(B) acq(A) rel(A) rel(B)',
    [],
  ],
  [
    'handed to an executor whose callback asks for what somebody holds who waits for it',
    '#! class RCU kind=executor\nT1 acq(A) handoff(A, RCU)\nRCU acq(C) rel(C) rel(A)\nT2 acq(C) wait(RCU) rel(C)',
    ['error circular-dependency C→RCU→A→C'],
  ],
  [
    'handed to an executor, and nothing else',
    '#! class RCU kind=executor\nT1 acq(A) handoff(A, RCU)\nRCU rel(A)\nT2 acq(C) wait(RCU) rel(C)',
    [],
  ],
];

const completions: Row[] = [
  [
    'waited for under a lock that the signaller takes',
    '#! class E kind=completion\nT2 arm(E) acq(A) rel(A) signal(E)\nT1 acq(A) wait(E) rel(A)',
    ['error circular-dependency A→E→A'],
  ],
  [
    'what the signaller took before it owed anything',
    '#! class E kind=completion\nT2 acq(A) rel(A) arm(E) signal(E)\nT1 acq(A) wait(E) rel(A)',
    [],
  ],
  [
    'what was never armed was owed from the start',
    '#! class E kind=completion\nT2 acq(A) rel(A) signal(E)\nT1 acq(A) wait(E) rel(A)',
    ['error circular-dependency A→E→A'],
  ],
  [
    'two completions, each waited for before the other is signalled',
    '#! class E kind=completion\n#! class F kind=completion\nT1 arm(E)\nT2 arm(F)\nT3 signal(E)\nT1 wait(F)',
    [],
  ],
  [
    'a semaphore without permits is a signal',
    '#! class S kind=semaphore permits=0\nT2 acq(A) rel(A) rel(S)\nT1 acq(A) acq(S) rel(A)',
    ['error circular-dependency A→S→A'],
  ],
];

const counted: Row[] = [
  [
    'a unit more while holding one',
    '#! class S kind=semaphore permits=2\nT1 acq(S, permit) acq(S, permit) rel(S) rel(S)',
    ['error nested-capacity S→S'],
  ],
  ['two units at once', '#! class S kind=semaphore permits=2\nT1 acq(S, permit, n=2) rel(S)', []],
  [
    'more units than there are',
    '#! class S kind=semaphore permits=2\nT1 req(S, permit, n=3)',
    ['error unsatisfiable-request S'],
  ],
  [
    'a cycle through it',
    '#! class S kind=semaphore permits=2\nT1 acq(S, permit) acq(A) rel(A) rel(S)\nT2 acq(A) acq(S, permit) rel(S) rel(A)',
    ['error circular-dependency A→S→A'],
  ],
];

const discipline: Row[] = [
  ['released twice', 'T1 acq(A) rel(A) rel(A)', ['error bad-release A']],
  ['never acquired', 'T1 rel(A)', ['error bad-release A']],
  ['asserted and held', 'T1 acq(A) assert(A) rel(A)', []],
  ['asserted and not held', 'T1 assert(A)', ['error not-held A']],
  ['asserted and held by another', 'T1 acq(A)\nT2 assert(A)', ['error not-held A']],
  ['initialised while held', 'T1 acq(A) init(A)', ['error destroyed-while-held A']],
  ['initialised before', 'T1 init(A) acq(A) rel(A)', []],
];

const contexts: Row[] = [
  [
    'used in an interrupt and held where it may come in',
    '#! class A kind=spinlock\nT1 acq(A) rel(A)\nT2 enter(hardirq, threaded) acq(A) rel(A) leave(hardirq)',
    ['error inconsistent-context A→hardirq→A'],
  ],
  [
    'kept out meanwhile',
    '#! class A kind=spinlock\nT1 mask(hardirq) acq(A) rel(A) unmask(hardirq)\nT2 enter(hardirq, threaded) acq(A) rel(A) leave(hardirq)',
    [],
  ],
  [
    'let in too early',
    '#! class A kind=spinlock\nT1 mask(hardirq) acq(A) unmask(hardirq) rel(A)\nT2 enter(hardirq, threaded) acq(A) rel(A) leave(hardirq)',
    ['error inconsistent-context A→hardirq→A'],
  ],
  [
    'along a path',
    '#! class A kind=spinlock\n#! class B kind=spinlock\nT1 mask(hardirq) acq(A) acq(B) rel(B) rel(A) unmask(hardirq) acq(B) rel(B)\nT2 enter(hardirq, threaded) acq(A) rel(A) leave(hardirq)',
    ['error context-inversion B→hardirq→A→B'],
  ],
  [
    'where interrupts are kept out, softirqs are too',
    '#! class A kind=spinlock\nT1 mask(hardirq) acq(A) rel(A) unmask(hardirq)\nT2 enter(softirq) acq(A) rel(A) leave(softirq)',
    [],
  ],
  [
    'keeping softirqs out leaves interrupts in',
    '#! class A kind=spinlock\nT1 mask(softirq) acq(A) rel(A) unmask(softirq)\nT2 enter(hardirq, threaded) acq(A) rel(A) leave(hardirq)',
    ['error inconsistent-context A→hardirq→A'],
  ],
  [
    'blocks the loop for what is held across an await',
    'T1 acq(A) rel(A)\nT2 enter(loop) acq(A) rel(A) leave(loop)',
    ['error context-inversion A→loop→A'],
  ],
  ['blocks the loop for something else', 'T1 acq(A) rel(A)\nT2 enter(loop) acq(B) rel(B) leave(loop)', []],
  [
    'blocks the loop for what must wait for what is held across an await',
    'T1 acq(A) rel(A)\nT2 enter(loop) acq(B) rel(B) leave(loop)\nT3 mask(loop) acq(B) acq(A) rel(A) rel(B) unmask(loop)',
    ['error context-inversion A→loop→B→A'],
  ],
  [
    'what an interrupt holds is not what it interrupted',
    '#! class A kind=spinlock\n#! class B kind=spinlock\nT1 mask(softirq) acq(A) enter(hardirq, threaded) acq(B) rel(B) leave(hardirq) rel(A) unmask(softirq)\nT2 mask(hardirq) acq(B) rel(B) unmask(hardirq)',
    [],
  ],
  [
    'a sleeping lock under one that spins',
    '#! class A kind=spinlock\n#! class M kind=mutex\nT1 acq(A) acq(M) rel(M) rel(A)',
    ['error invalid-wait-context M'],
  ],
  [
    'a sleeping lock under a rwlock of the kernel',
    '#! class A kind=rwlock\n#! class S kind=spinlock\nT1 acq(A) acq(M) rel(M) rel(A)',
    ['error invalid-wait-context M'],
  ],
  ['a mutex under a rwlock of an application', '#! class A kind=rwlock\nT1 acq(A) acq(M) rel(M) rel(A)', []],
  [
    'a try of a sleeping lock under one that spins',
    '#! class A kind=spinlock\nT1 acq(A) try(M) rel(M) rel(A)',
    [],
  ],
];

describe.each([
  ['orders', orders],
  ['nesting', nesting],
  ['readers', readers],
  ['ways of asking', requests],
  ['gates', gates],
  ['tasks', tasks],
  ['completions', completions],
  ['counted resources', counted],
  ['discipline', discipline],
  ['contexts', contexts],
])('%s', (_, rows) => {
  test.each(rows)('%s', (_name, text, expected) => {
    expect(check(text)).toEqual(expected);
  });
});
