/** `waitForUnlock`, in the notation of `play.ts`: `look lock a` waits, and `a.` is the end of that. */
import { describe, expect, test } from 'vitest';
import { Validator } from '../../src/index.ts';
import { allWell, play } from './play.ts';
import { type Kind, mutex, policies, queued, recursive, semaphore } from './subjects.ts';

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
  ['a unit of many waits for all taken', semaphore, '3 a, look 1 b, free a', 'a, -, b.'],
  ['a unit that is free', semaphore, '2 a, look 1 b', 'a, b.'],
  ['a unit that is free, though a big request waits', semaphore, '2 a, 3 b, look 1 c', 'a, -, c.'],
  ['the first unit that is free', semaphore, '1 a + 2 b, 2 c, look 1 d, free a', 'a b, -, -, d.'],
];

describe.each(policies)('%s', (_policy, options) => {
  test.each(cases)('%s', async (_name, kind, script, log) => {
    expect(await play(kind, new Validator(options), script)).toEqual({ log, bad: 0, ...allWell });
  });
});
