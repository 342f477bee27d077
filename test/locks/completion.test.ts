/** What a completion does for those who wait, watched or not. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Completion, Validator } from '../../src/index.ts';
import { expectOneLine } from './misuse.ts';
import { playCompletion } from './play-completion.ts';
import { policies, turn } from './subjects.ts';

type Case = [name: string, script: string, log: string];

const cases: Case[] = [
  ['a wait waits', 'wait a', '-'],
  ['a completion before the wait is not lost', 'complete, wait a', '-, a'],
  ['a completion lets one wait pass', 'wait a + wait b, complete', '-, a'],
  ['in the order of waiting', 'wait a, wait b, complete, complete', '-, -, a, b'],
  ['completions add up', 'complete + complete, wait a + wait b + wait c', '-, a b'],
  ['more completions than waits', 'wait a, complete + complete', '-, a; done'],
  ['a wait takes what was completed', 'complete, wait a, wait b', '-, a, -'],
  ['nobody who comes later takes what was given', 'wait a, complete + wait b, complete', '-, a, b'],
  ['all who wait pass', 'wait a, wait b, all', '-, -, a b; done'],
  ['all who come later pass', 'all, wait a + wait b, wait c', '-, a b, c; done'],
  ['completing what is complete for all changes nothing', 'all, complete, reset, wait a', '-, -, -, -'],
  ['a try passes once', 'complete, try a + try b', '-, a+ b-'],
  ['a try does not wait', 'try a, complete', 'a-, -; done'],
  ['a try passes as often as it likes when all may', 'all, try a + try b', '-, a+ b+; done'],
  ['a try overtakes nobody', 'wait a, complete + try b', '-, b- a'],
  ['a reset takes back what was completed', 'complete + complete, reset, wait a', '-, -, -'],
  ['a reset takes back what was completed for all', 'all, reset, wait a', '-, -, -'],
  ['a reset leaves those who wait alone', 'wait a, reset, complete', '-, -, a'],
  ['it completes after a reset', 'all, reset, wait a, complete', '-, -, -, a'],
  ['an aborted wait takes nothing', 'wait a @a, wait b, abort @a, complete', '-, -, a!, b'],
  ['an aborted wait in the middle', 'wait a, wait b @b, wait c, abort @b, all', '-, -, -, b!, a c; done'],
  ['an abort before the wait', 'complete, abort @a, wait a @a', '-, -, a!; done'],
  ['an abort after it passed', 'wait a @a, complete, abort @a', '-, a, -'],
  ['an abort in the turn of the completion, before it', 'wait a @a, abort @a + complete', '-, a!; done'],
  ['an abort in the turn of the completion, after it', 'wait a @a, complete + abort @a', '-, a'],
  ['two waits with one signal', 'wait a @x, wait b @x, abort @x + complete', '-, -, a! b!; done'],
  ['a wait that is late', 'wait a 2ms, pass 1ms, pass 1ms, complete', '-, -, a!, -; done'],
  ['a wait that passed is not late', 'wait a 2ms, complete, pass 5ms', '-, a, -'],
  ['a timeout of no time lets pass what can', 'complete, wait a 0ms, pass 1ms', '-, a, -'],
];

/** The plainest rule: a count, and a list. */
function expected(script: string): string {
  let [done, log]: [number, string[]] = [0, []];
  const waiting: string[] = [];
  const turns = script.split(',').map((steps) => {
    log = [];
    const tries: string[] = [];
    for (const text of steps.split('+')) {
      const [verb, name = ''] = text.trim().split(' ');
      if (verb === 'complete') done++;
      else if (verb === 'all') done = Infinity;
      else if (verb === 'reset') done = 0;
      else if (verb === 'try') {
        tries.push(name + (done > 0 ? '+' : '-'));
        if (done > 0) done--;
      } else waiting.push(name);
      while (done > 0 && waiting.length > 0) {
        done--;
        log.push(waiting.shift()!);
      }
    }
    return [...tries, ...log].join(' ') || '-';
  });
  return `${turns.join(', ')}${done > 0 ? '; done' : ''}`;
}

const scripts = fc
  .array(
    fc.tuple(
      fc.constantFrom('wait', 'wait', 'wait', 'try', 'complete', 'complete', 'all', 'reset'),
      fc.boolean(),
    ),
    { minLength: 1, maxLength: 20 },
  )
  .map((steps) =>
    steps
      .map(([verb, isJoined], i) => {
        const separator = i === 0 ? '' : isJoined ? ' + ' : ', ';
        return `${separator}${verb}${verb === 'wait' || verb === 'try' ? ` w${i}` : ''}`;
      })
      .join(''),
  );

describe.each(policies)('a completion, %s', (_policy, options) => {
  test.each(cases)('%s', async (_name, script, log) => {
    expect(await playCompletion(new Validator(options), script)).toBe(log);
  });

  test('does what a count and a list do, whatever is asked of it', async () => {
    await fc.assert(
      fc.asyncProperty(scripts, async (script) => {
        expect(await playCompletion(new Validator(options), script), script).toBe(expected(script));
      }),
      { numRuns: 150 },
    );
  });

  test('lets as many pass as were completed, under any schedule', async () => {
    const flows = fc.array(fc.constantFrom('wait', 'complete'), { minLength: 1, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), flows, async (s, flows) => {
        const completion = new Completion({ name: 'done', validator: new Validator(options) });
        let passed = 0;
        for (const flow of flows) {
          void s.schedule(Promise.resolve()).then(async () => {
            if (flow === 'complete') completion.complete();
            else {
              await completion.wait();
              passed++;
            }
          });
        }
        await s.waitIdle();
        await turn();
        const [waits, completes] = ['wait', 'complete'].map(
          (kind) => flows.filter((flow) => flow === kind).length,
        );
        expect(passed).toBe(Math.min(waits!, completes!));
        expect(completion.isDone).toBe(completes! > waits!);
        completion.completeAll();
        await turn();
        expect(passed).toBe(waits);
      }),
      { numRuns: 60 },
    );
  });

  test.each<[name: string, options: unknown, line: string]>([
    ['null', null, 'Expected `options` to be an object, got '],
    [
      'a number of permits',
      { permits: 2 },
      'Expected `options` to be an object with keys of name, validator',
    ],
    ['an empty name', { name: '' }, 'Expected `name` to be a non-empty string, got '],
    ['no validator', { validator: {} }, 'Expected `validator` to be a Validator, got '],
  ])('is not made of %s', async (_name, given, line) => {
    await expectOneLine('throws', () => new Completion(given as object), line, given);
  });

  test.each<[name: string, options: unknown, line: string]>([
    ['null', null, 'Expected `options` to be an object, got '],
    ['an unknown key', { timeout: 1 }, 'Expected `options` to be an object with keys of signal, timeoutMs'],
    ['a time that is none', { timeoutMs: Number.NaN }, 'Expected `timeoutMs` to be a number from 0 to '],
    ['a signal that is none', { signal: {} }, 'Expected `signal` to be an AbortSignal, got '],
  ])('refuses a wait with %s, done or not', async (_name, given, line) => {
    const completion = new Completion({ validator: new Validator(options) });
    await expectOneLine('rejects', () => completion.wait(given as object), line, given);
    completion.complete();
    await expectOneLine('rejects', () => completion.wait(given as object), line, given);
    expect(completion.isDone).toBe(true);
  });

  test('says what was waited for when it is late', async () => {
    const completion = new Completion({ validator: new Validator(options) });
    await expect(completion.wait({ timeoutMs: 1 })).rejects.toMatchObject({
      code: 'ERR_LOCK_TIMEOUT',
      message: 'Expected the completion within 1 ms, it is not complete.',
    });
  });
});
