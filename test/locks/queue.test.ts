/** Who gets the lock when: each case a script and its log, in the notation of `play.ts`. */
import { describe, expect, test } from 'vitest';
import { Validator } from '../../src/index.ts';
import { allWell, play } from './play.ts';
import { type Kind, grouped, mutex, policies, queued, recursive, semaphore } from './subjects.ts';

type Case = [name: string, kind: Kind, script: string, log: string];

const cases: Case[] = [
  ['one at a time', mutex, 'lock a, lock b', 'a, -'],
  ['in the order of asking', mutex, 'lock a, lock b + lock c, free a, free b', 'a, -, b, c'],
  ['a try takes a free lock', mutex, 'try lock a, free a, try lock b', 'a+, -, b+'],
  ['a try does not wait', mutex, 'lock a, try lock b, free a', 'a, b-, -'],
  [
    'a try in the turn of the release does not overtake',
    mutex,
    'lock a, lock b, free a + try lock c',
    'a, -, b c-',
  ],
  [
    'asking in the turn of the release does not overtake',
    mutex,
    'lock a, lock b, free a + lock c, free b',
    'a, -, b, c',
  ],
  ['released and asked for again', mutex, 'lock a, free a + lock b', 'a, b'],

  ['readers together', queued, 'read a + read b, write c, free a, free b', 'a b, -, -, c'],
  [
    'a writer that waits lets no queued reader overtake',
    queued,
    'read a, write b, read c + try read d, free a, free b',
    'a, -, d-, b, c',
  ],
  [
    'a writer that waits lets recursive readers overtake',
    recursive,
    'read a, write b, read c + try read d, free a, free c + free d',
    'a, -, c d+, -, b',
  ],
  ['writers in the order of asking', recursive, 'write a, write b + write c, free a, free b', 'a, -, b, c'],
  [
    'queued readers behind a writer come in together, up to the next writer',
    queued,
    'write a, read b + read c + write d + read e, free a',
    'a, -, b c',
  ],
  [
    'recursive readers that wait for a writer come in together, past the next writer',
    recursive,
    'write a, read b + read c + write d + read e, free a',
    'a, -, b c e',
  ],
  [
    'a downgrade lets in recursive readers past a writer that waits',
    recursive,
    'write a, write b + read c, down a, free a, free c',
    'a, -, c, -, b',
  ],
  ['a downgrade lets no other writer in between', queued, 'write a, write b, down a, free a', 'a, -, -, b'],
  ['a downgrade lets the readers behind it in', queued, 'write a, read b + read c, down a', 'a, -, b c'],
  [
    'a downgrade lets the readers up to the next writer in',
    queued,
    'write a, read b + write c + read d, down a, free a + free b, free c',
    'a, -, b, c, d',
  ],
  ['a second downgrade changes nothing', queued, 'write a, down a, down a, write b, free a', 'a, -, -, -, b'],

  ['holders of one group together', grouped, 'red a + red b, black c, free a, free b', 'a b, -, -, c'],
  ['two groups never', grouped, 'red a, try black b, free a, try black c', 'a, b-, -, c+'],
  [
    'a group that waits lets no newcomer of the holders overtake',
    grouped,
    'red a, black b, red c + try red d, free a, free b',
    'a, -, d-, b, c',
  ],
  [
    'a group comes in together, up to the next of another',
    grouped,
    'red a, black b + black c + red d + black e, free a, free b, free c',
    'a, -, b c, -, d',
  ],
  [
    'a group that gave up lets the holders’ own in',
    grouped,
    'red a, black b @b, red c, abort @b',
    'a, -, -, c b!',
  ],

  ['units side by side', semaphore, '1 a + 2 b, 1 c, free a', 'a b, -, c'],
  [
    'a small request does not overtake a big one',
    semaphore,
    '1 a, 3 b, 1 c, free a, free b',
    'a, -, -, b, c',
  ],
  ['a small try does not overtake a big one', semaphore, '2 a, 2 b, try 1 c, free a', 'a, -, c-, b'],
  ['a release lets in as many as fit', semaphore, '3 a, 1 b + 1 c + 2 d, free a, free b', 'a, -, b c, d'],
  ['a release of some units waits for the rest', semaphore, '1 a + 2 b, 3 c, free a, free b', 'a b, -, -, c'],

  [
    'an aborted wait in the middle leaves the others alone',
    mutex,
    'lock a, lock b + lock c @c + lock d, abort @c, free a, free b',
    'a, -, c!, b, d',
  ],
  ['an aborted wait at the end', mutex, 'lock a, lock b @b, abort @b, lock c, free a', 'a, -, b!, -, c'],
  [
    'all waits aborted, one after the other',
    mutex,
    'lock a, lock b @b + lock c @c, abort @b, abort @c, free a, try lock d',
    'a, -, b!, c!, -, d+',
  ],
  ['an abort before asking', mutex, 'abort @a, lock a @a, try lock b', '-, a!, b+'],
  ['an abort after the grant', mutex, 'lock a @a, abort @a, lock b, free a', 'a, -, -, b'],
  [
    'an abort in the turn of the grant, after it',
    mutex,
    'lock a, lock b @b, free a + abort @b, free b, try lock c',
    'a, -, b, -, c+',
  ],
  [
    'an abort in the turn of the grant, before it',
    mutex,
    'lock a, lock b @b, abort @b + free a, try lock c',
    'a, -, b!, c+',
  ],
  [
    'an aborted writer lets the readers behind it in',
    queued,
    'read a, write b @b, read c + read d, abort @b',
    'a, -, -, c d b!',
  ],
  [
    'an aborted big request lets the small ones behind it in',
    semaphore,
    '1 a, 3 b @b, 1 c + 1 d, abort @b',
    'a, -, -, c d b!',
  ],
  [
    'one signal for many: nobody is let in by the leaving of another',
    queued,
    'read a, write b @x, read c @x + read d, abort @x',
    'a, -, -, d b! c!',
  ],
  ['an aborted run never calls', mutex, 'lock a, run lock b @b, abort @b, free a', 'a, -, b!, -'],

  [
    'a timeout ends the wait',
    mutex,
    'lock a, lock b 2ms, pass 1ms, pass 1ms, lock c, free a',
    'a, -, -, b!, -, c',
  ],
  ['a timeout after the grant has no effect', mutex, 'lock a 1ms, pass 3ms, lock b, free a', 'a, -, -, b'],
  [
    'a timeout stops when the wait ends',
    mutex,
    'lock a, lock b 2ms, free a, pass 3ms, lock c, free b',
    'a, -, b, -, -, c',
  ],
  [
    'a timeout of a writer lets the readers behind it in',
    queued,
    'read a, write b 1ms, read c, pass 1ms',
    'a, -, -, c b!',
  ],
  ['an abort before the timeout', mutex, 'lock a, lock b @b 2ms, abort @b, pass 3ms', 'a, -, b!, -'],
  ['a timeout before the abort', mutex, 'lock a, lock b @b 2ms, pass 3ms, abort @b', 'a, -, b!, -'],

  [
    'a callback that throws at once',
    mutex,
    'lock a, throw lock b + throw lock c + lock d, free a',
    'a, -, b c d b! c!',
  ],
  ['a callback that rejects', mutex, 'run lock a, lock b, fail a', 'a, -, b a!'],
  ['a callback that ends', mutex, 'run lock a, lock b, end a', 'a, -, b a.'],
  [
    'a callback that has released its hold itself',
    mutex,
    'run lock a, lock b + lock c, free a, end a, free b',
    'a, -, b, a., c',
  ],
  [
    'a callback that has handed its hold off',
    mutex,
    'run lock a, lock c, hand a b, end a, free b',
    'a, -, -, a., c',
  ],
];

describe.each(policies)('%s', (_policy, options) => {
  test.each(cases)('%s', async (_name, kind, script, log) => {
    expect(await play(kind, new Validator(options), script)).toEqual({ log, bad: 0, ...allWell });
  });
});
