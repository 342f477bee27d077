import { describe, expect, test } from 'vitest';
import { checkText } from '../../src/trace/check-text.ts';
import { parseLine } from '../../src/trace/parse.ts';

const request = {
  mode: 'exclusive',
  subclass: 0,
  nestedIn: undefined,
  units: 1,
  isTimed: false,
};
const lock = (className: string, instance = ''): object => ({ className, instance });

const lines: [line: string, event: object][] = [
  ['T1|acq(A)|1', { type: 'acq', lock: lock('A'), ...request }],
  ['T1|acq(A#2)|1', { type: 'acq', lock: lock('A', '2'), ...request }],
  ['T1|acq(A,shared)|1', { type: 'acq', lock: lock('A'), ...request, mode: 'shared' }],
  ['T1|acq( A , recursive )|1', { type: 'acq', lock: lock('A'), ...request, mode: 'recursive' }],
  ['T1|acq(S, permit, n=2)|1', { type: 'acq', lock: lock('S'), ...request, units: 2 }],
  ['T1|req(A, sub=1, timed)|1', { type: 'req', lock: lock('A'), ...request, subclass: 1, isTimed: true }],
  ['T1|acq(A, nest=G#1)|1', { type: 'acq', lock: lock('A'), ...request, nestedIn: lock('G', '1') }],
  ['T1|try(A, shared)|1', { type: 'try', lock: lock('A'), ...request, mode: 'shared' }],
  ['T1|rel(A)|1', { type: 'rel', lock: lock('A') }],
  ['T1|acq("a|b (c)"#1)|1', { type: 'acq', lock: lock('a|b (c)', '1'), ...request }],
  [' T1 | rel(A) | src/a.ts:3:4 ', { type: 'rel', lock: lock('A') }],
  ['T1|wait(A, shared, timed)|1', { type: 'wait', lock: lock('A'), mode: 'shared', isTimed: true }],
  ['T1|fork(T2)|1', { type: 'fork', task: 'T2' }],
  ['T1|handoff(A, RCU)|1', { type: 'handoff', lock: lock('A'), task: 'RCU' }],
  ['T1|enter(hardirq, threaded)|1', { type: 'enter', context: 'hardirq', isThreaded: true }],
  ['T1|mask(softirq)|1', { type: 'mask', context: 'softirq', isThreaded: false }],
  ['T1|r(x)|1', { type: 'ignored' }],
  ['T1|begin|1', { type: 'ignored' }],
  ['T1|end()|1', { type: 'ignored' }],
];

test.each(lines)('%s', (line, event) => {
  expect(parseLine(line)).toMatchObject({ event });
});

test('a location is everything after the second bar', () => {
  expect(parseLine('T1|rel(A)|a|b')).toMatchObject({ task: 'T1', location: 'a|b' });
  expect(parseLine('"my task"|rel(A)|')).toMatchObject({ task: 'my task', location: '' });
});

test.each(['', '   ', '# a comment', '#a comment'])('%j says nothing', (line) => {
  expect(parseLine(line)).toBeUndefined();
});

test('declarations are read', () => {
  expect(parseLine('#! class A kind=rwlock permits=2 exempt')).toEqual({
    declaration: {
      type: 'class',
      className: 'A',
      options: new Map([
        ['kind', 'rwlock'],
        ['permits', '2'],
        ['exempt', ''],
      ]),
    },
  });
  expect(parseLine('#! order A "b c" C')).toEqual({
    declaration: { type: 'order', names: ['A', 'b c', 'C'] },
  });
  expect(parseLine('#! recorded')).toEqual({ declaration: { type: 'recorded' } });
});

describe('what is not in the grammar is told with its line', () => {
  test.each([
    ['T1', 'Expected "|" after the task, got the end of the line'],
    ['|acq(A)|1', 'Expected the name of a task, got "|acq(A)|1"'],
    ['T1|acq(A)', 'Expected "|" and a location after the event, got the end of the line'],
    ['T1|acq(A|1', 'Expected ")" or "," in the event, got "|1"'],
    ['T1|acq()|1', 'Expected the name of a lock, got ")|1"'],
    ['T1|acq(A#)|1', 'Expected an instance after "#", got ")|1"'],
    [
      'T1|acq(A, weird)|1',
      'Expected one of exclusive, permit, shared, recursive, sub=NUMBER, nest=LOCK, n=NUMBER, timed, wait, try, of=TASK in acq(…), got "weird)|1"',
    ],
    ['T1|acq(A, n=0)|1', 'Expected n to be an integer ≥ 1, got "0"'],
    ['T1|acq(A, sub=x)|1', 'Expected sub to be an integer ≥ 0, got "x"'],
    ['T1|downgrade(A, shared)|1', 'Expected no option in downgrade(…), got "shared)|1"'],
    ['T1|handoff(A)|1', 'Expected "," and a task after the lock, got ")|1"'],
    ['T1|acq("A)|1', 'Expected the name of a lock, got "\\"A)|1"'],
    ['T1|acq("\\x")|1', 'Expected the name of a lock, got "\\x", which is not a JSON string of a name'],
    ['#! klass A', 'Expected class, order, recorded or drained after "#!", got "klass A"'],
    ['#! order A', 'Expected two or more different names after "#! order", got ["A"]'],
    ['#! class A kind=lock', 'Expected kind to be one of mutex,'],
    [
      '#! class A colour=red',
      'Expected one of kind, permits, readers, sameClass, exempt, fair, serial, got colour',
    ],
    ['#! class A permits=many', 'Expected permits to be an integer ≥ 0, got "many"'],
    ['#! class A readers=some', 'Expected readers to be queued or recursive, got "some"'],
    ['T1|cancel(A)|1', 'Expected a req(A) before it is given up'],
    ['T1|leave(hardirq)|1', 'Expected no leave, since no context was entered, got leave(hardirq)'],
  ])('%s', (line, message) => {
    expect(() => checkText(`# first\n${line}`)).toThrow(`trace:2: ${message}`);
  });

  test('a class that was used as something else', () => {
    expect(() => checkText('T1|acq(A)|1\n#! class A kind=rwlock')).toThrow(
      'trace:2: Expected one declaration of A before its first event, got another',
    );
  });
});
