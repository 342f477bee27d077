/** What may be left unjudged at the end of a run. */
import { describe, expect, it } from 'vitest';
import { Mutex, RwLock, Validator } from 'lockdep';
import { isQuiet } from '../../src/runners/core/quiet.ts';
import type { WorkerResult } from '../../src/runners/core/run-folder.ts';

type Take = (validator: Validator) => Promise<unknown>;

const takes =
  (...names: string[]): Take =>
  async (validator) => {
    const locks = names.map((name) => new Mutex({ name, validator }));
    const takeFrom = (index: number): Promise<unknown> =>
      index === locks.length ? Promise.resolve() : locks[index]!.run(() => takeFrom(index + 1));
    await takeFrom(0);
  };

/** A declaration counts once there are such locks. */
const declare =
  (...names: string[]): Take =>
  async (validator) => {
    validator.declareOrder(names);
    for (const name of names) await takes(name)(validator);
  };

const reads =
  (...names: [string, string]): Take =>
  async (validator) => {
    const [first, second] = names.map((name) => new RwLock({ name, validator })) as [RwLock, RwLock];
    await first.runRead(() => second.runRead(() => {}));
  };

async function save(take: Take): Promise<WorkerResult> {
  const validator = new Validator({ policy: 'collect' });
  await take(validator);
  return { snapshot: validator.snapshot(), verdicts: [] };
}

const cases: readonly [name: string, isClean: boolean, takes: readonly Take[]][] = [
  ['nothing at all', true, []],
  ['one order', true, [takes('a', 'b', 'c')]],
  ['one order in several workers', true, [takes('a', 'b'), takes('b', 'c'), takes('a', 'c')]],
  ['two ways to one class', true, [takes('a', 'b', 'd'), takes('a', 'c', 'd')]],
  ['a cycle over two workers', false, [takes('a', 'b'), takes('b', 'a')]],
  [
    'a cycle over three, beside what is clean',
    false,
    [takes('x', 'b', 'c'), takes('c', 'd', 'y'), takes('d', 'b')],
  ],
  ['a cycle in one worker', false, [takes('a', 'b', 'a')]],
  ['two instances of one class', false, [takes('a', 'a')]],
  ['an order that is declared against what another worker does', false, [declare('a', 'b'), takes('b', 'a')]],
  ['readers, whose cycle is for the rules to judge', false, [reads('a', 'b'), reads('b', 'a')]],
];

describe('whether the end of a run has nothing to say', () => {
  it.each(cases)('%s: %s', async (_, isClean, each) => {
    expect(isQuiet(await Promise.all(each.map(save)))).toBe(isClean);
  });

  it('has where something was found, or judged, that is no cycle', async () => {
    const left = await save((validator) => new Mutex({ name: 'left', validator }).acquire());
    const { snapshot } = left;
    expect(isQuiet([left])).toBe(true);
    const finding = {
      ...snapshot,
      findings: (await save(takes('a', 'a'))).snapshot.findings,
    };
    expect(isQuiet([{ snapshot: finding, verdicts: [] }])).toBe(false);
    const verdicts = [{ level: 'warn', fingerprint: 'f', test: 't' }] as const;
    expect(isQuiet([{ snapshot, verdicts: [...verdicts] }])).toBe(false);
  });
});
