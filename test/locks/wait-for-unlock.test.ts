/** Waits that take nothing, in the notation of `play.ts`: `look lock a` waits for the unlock, `flush a` until all have gone, and `a.` is the end of that. */
import { describe, expect, test } from 'vitest';
import { Validator } from '../../src/index.ts';
import { allWell, play } from './play.ts';
import { type Kind, grouped, mutex, policies, queued, recursive, semaphore } from './subjects.ts';

type Case = [name: string, kind: Kind, script: string, log: string];

const cases: Case[] = [
  ['resolves at once when the lock is free', mutex, 'look lock a', 'a.'],
  ['takes nothing', mutex, 'look lock a, try lock b', 'a., b+'],
  ['waits for the unlock', mutex, 'lock a, look lock b, free a', 'a, -, b.'],
  [
    'resolves though somebody who waited has the lock next',
    mutex,
    'lock a, lock b, look lock c, free a',
    'a, -, -, b c.',
  ],
  [
    'resolves though the lock is taken again at once',
    mutex,
    'lock a, look lock b, free a + try lock c',
    'a, -, b. c+',
  ],
  ['delays nobody who asks later', mutex, 'lock a, look lock b, free a + lock c', 'a, -, c b.'],
  ['delays no try', mutex, 'lock a, look lock b, free a, try lock c', 'a, -, b., c+'],
  ['resolves for all who wait for it', mutex, 'lock a, look lock b + look lock c, free a', 'a, -, b. c.'],
  [
    'waits for the lock as it is now, not as it was',
    mutex,
    'lock a, free a + lock b, look lock c, free b',
    'a, b, -, c.',
  ],
  [
    'waits once for each call',
    mutex,
    'lock a, look lock b, free a, lock c, look lock d, free c',
    'a, -, b., c, -, d.',
  ],
  [
    'a wait that gives up is no unlock',
    mutex,
    'lock a, lock b @b, look lock c, abort @b, free a',
    'a, -, -, b!, c.',
  ],
  ['a dead hold unlocks nothing', mutex, 'lock a, hand a b, look lock c, free b', 'a, -, -, c.'],
  ['reading waits for the writer', queued, 'write a, look read b, free a', 'a, -, b.'],
  ['reading waits for no reader', queued, 'read a, look read b', 'a, b.'],
  ['reading waits for no writer that waits itself', queued, 'read a, write b, look read c', 'a, -, c.'],
  ['reading can go on after a downgrade', queued, 'write a, look read b, down a', 'a, -, b.'],
  [
    'reading past a writer that has the lock next',
    recursive,
    'write a, write b, look read c, free a',
    'a, -, -, b c.',
  ],
  ['writing waits for all readers', queued, 'read a + read b, look write c, free a, free b', 'a b, -, -, c.'],
  ['writing waits for the writer', queued, 'write a, look write b, free a', 'a, -, b.'],
  [
    'writing waits for the end of a downgraded hold',
    queued,
    'write a, look write b, down a, free a',
    'a, -, -, b.',
  ],
  ['a group waits for the other one', grouped, 'red a, look black b, free a', 'a, -, b.'],
  ['a group waits for none of its own', grouped, 'red a, black b, look red c', 'a, -, c.'],
  ['a unit of many waits for all taken', semaphore, '3 a, look 1 b, free a', 'a, -, b.'],
  ['a unit that is free', semaphore, '2 a, look 1 b', 'a, b.'],
  ['a unit that is free, though a big request waits', semaphore, '2 a, 3 b, look 1 c', 'a, -, c.'],
  ['the first unit that is free', semaphore, '1 a + 2 b, 2 c, look 1 d, free a', 'a b, -, -, d.'],
  ['an abort ends it', mutex, 'lock a, look lock b @b + look lock c, abort @b, free a', 'a, -, b!, c.'],
  ['an abort before it began', mutex, 'abort @a, look lock a @a', '-, a!'],
  ['an abort after the unlock, in its turn', mutex, 'lock a, look lock b @b, free a + abort @b', 'a, -, b.'],
  ['an abort before the unlock, in its turn', mutex, 'lock a, look lock b @b, abort @b + free a', 'a, -, b!'],
  ['a timeout ends it', mutex, 'lock a, look lock b 2ms, pass 1ms, pass 1ms, free a', 'a, -, -, b!, -'],
  ['a timeout stops with it', mutex, 'lock a, look lock b 2ms, free a, pass 3ms', 'a, -, b., -'],
  ['a timeout of a wait to read', queued, 'write a, look read b 1ms, pass 1ms', 'a, -, b!'],
];

const flushes: Case[] = [
  ['resolves at once when nobody is there', mutex, 'flush a', 'a.'],
  ['takes nothing', mutex, 'flush a, try lock b', 'a., b+'],
  ['waits for the holder', mutex, 'lock a, flush b, free a', 'a, -, b.'],
  [
    'waits for all who wait before it',
    mutex,
    'lock a, lock b + lock c, flush d, free a, free b, free c',
    'a, -, -, b, c, d.',
  ],
  ['waits for nobody who comes later', mutex, 'lock a, flush b, lock c, free a', 'a, -, -, c b.'],
  ['is not delayed by a later try either', mutex, 'lock a, flush b, free a + try lock c', 'a, -, b. c+'],
  ['delays nobody', mutex, 'lock a, lock b, flush c + lock d, free a, free b', 'a, -, -, b, d c.'],
  [
    'each waits for those before it',
    mutex,
    'lock a, flush b, lock c, flush d + flush e, free a, free c',
    'a, -, -, -, c b., d. e.',
  ],
  [
    'one begun later is never over before',
    semaphore,
    '1 a, flush b, 1 c, flush d, free c, free a',
    'a, -, c, -, -, b. d.',
  ],
  [
    'who gives up has gone',
    mutex,
    'lock a, lock b @b, flush c, free a, lock d @d, abort @d',
    'a, -, -, b, -, d!',
  ],
  [
    'a wait in the queue that is given up has gone',
    semaphore,
    '3 a, 1 b @b, flush c, free a, free b',
    'a, -, -, b, c.',
  ],
  [
    'who gives up last ends the wait',
    semaphore,
    '1 a, 3 b @b, flush c, free a + 1 d, abort @b',
    'a, -, -, b, -',
  ],
  ['a queued one that gives up', mutex, 'lock a, lock b @b, flush c, abort @b, free a', 'a, -, -, b!, c.'],
  ['a hold that was handed over has not gone', mutex, 'lock a, hand a b, flush c, free b', 'a, -, -, c.'],
  [
    'a hold that is handed over meanwhile has not gone',
    mutex,
    'lock a, flush c, hand a b, free b',
    'a, -, -, c.',
  ],
  ['a downgraded one has not gone', queued, 'write a, flush b, down a, free a', 'a, -, -, b.'],
  [
    'readers and writers alike',
    queued,
    'read a + read b, write c, flush d, free a, free b, free c',
    'a b, -, -, -, c, d.',
  ],
  ['later readers do not delay it', queued, 'read a, flush b, read c, free a', 'a, -, c, b.'],
  [
    'readers that overtake a writer it waits for do',
    recursive,
    'read a, write b, flush c, read d, free a, free d, free b',
    'a, -, -, d, -, b, c.',
  ],
  ['all units that were taken', semaphore, '1 a + 2 b, flush c, free b, 2 d, free a', 'a b, -, -, d, c.'],
  ['an abort ends it', mutex, 'lock a, flush b @b + flush c, abort @b, free a', 'a, -, b!, c.'],
  ['an abort before it began', mutex, 'abort @a, flush a @a', '-, a!'],
  ['an abort in the turn of the end', mutex, 'lock a, flush b @b, abort @b + free a', 'a, -, b!'],
  [
    'one signal for it and for the last it waits for',
    semaphore,
    '3 a, 1 b @x, flush c @x, free a + abort @x, free b',
    'a, -, -, b c!, -',
  ],
  ['a timeout ends it', mutex, 'lock a, flush b 2ms, pass 2ms, free a', 'a, -, b!, -'],
  ['a timeout stops with it', mutex, 'lock a, flush b 2ms, free a, pass 3ms', 'a, -, b., -'],
];

describe.each(policies)('%s', (_policy, options) => {
  test.each([...cases, ...flushes])('%s', async (_name, kind, script, log) => {
    expect(await play(kind, new Validator(options), script)).toEqual({ log, bad: 0, ...allWell });
  });
});
