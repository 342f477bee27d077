/** What runners do to the world of a test: pools, contexts, fake timers, copies of modules, tests side by side. */
import { afterAll, describe, expect, it, vi } from 'vitest';
import { createProject, removeProjects, runProject } from './project.ts';
import { newest } from './versions.ts';

vi.setConfig({ testTimeout: 60_000 });
afterAll(removeProjects, 60_000);

const vitestAlias = newest.find(({ runner }) => runner === 'vitest')!.alias;

/** Tests of the fixtures that complete a finding, and its first line. */
const expected: Readonly<Record<string, string[]>> = {
  'is run again': ['Potential deadlock: again1 → again2 → again1 [circular-dependency]'],
  'is to fail, and does': [],
  'takes a lock of another copy': ['Potential deadlock: copy1 → copy2 → copy1 [circular-dependency]'],
  'takes a lock of one copy': [],
  'takes locks under fake timers': ['Potential deadlock: fake1 → fake2 → fake1 [circular-dependency]'],
  'takes one way beside another test': [],
  'takes the other way beside another test': [
    'Potential deadlock: beside1 → beside2 → beside1 [circular-dependency]',
  ],
};

function firstLinesByTest(
  runner: 'vitest' | 'jest',
  alias: string,
  args: string[],
): Record<string, string[]> {
  const { tests } = runProject(runner, createProject(runner, alias, `${runner}-world`), { args });
  return Object.fromEntries(
    tests.map(({ name, errors }) => [name, [...new Set(errors.map((text) => text.split('\n')[0]!))]]),
  );
}

const pools: [name: string, args: string[]][] = [
  ['forks', ['--pool=forks']],
  ['threads', ['--pool=threads']],
  ['vm contexts in threads', ['--pool=vmThreads']],
  ['vm contexts in processes', ['--pool=vmForks']],
  ['one process for all files', ['--pool=forks', '--no-isolate', '--maxWorkers=1']],
];

describe.each(pools)('vitest, %s', (_, args) => {
  it('attributes each finding to the test that completed it', () => {
    expect(firstLinesByTest('vitest', vitestAlias, args)).toEqual(expected);
  });

  it('tells where a test in TypeScript hangs, as it was written', () => {
    const { tests } = runProject('vitest', createProject('vitest', vitestAlias, 'typescript'), { args });
    expect(tests.map(({ status }) => status)).toEqual(['failed']);
    expect(tests[0]!.errors.join('\n')).toContain(
      'Waits for hung since hang.test.ts:14, held since hang.test.ts:12, by this test',
    );
  });

  it('finds a cycle over two files once', () => {
    const result = runProject('vitest', createProject('vitest', vitestAlias, 'halves'), { args });
    const text = result.tests.flatMap(({ errors }) => errors).join('\n') + result.stderr;
    expect(result.status).not.toBe(0);
    expect(text.match(/^Potential deadlock: x → y → x/gmu)).toHaveLength(1);
  });
});

describe.each(['jest-29.0', 'jest-29', 'jest-30.0', 'jest-30'])('%s', (alias) => {
  it('watches libraries in each copy, and no mocks of them', () => {
    const { tests } = runProject('jest', createProject('jest', alias, 'jest-mocks'));
    expect(tests.map(({ name, status }) => [name, status])).toEqual([
      ['gets another copy watched after a reset', 'failed'],
      ['gets the mock that it asked for', 'passed'],
      ['gets the real one watched', 'failed'],
    ]);
    for (const { errors } of tests.filter(({ status }) => status === 'failed'))
      expect(errors.join('\n')).toMatch(/^Potential deadlock: .*\[circular-dependency\]/u);
  });
});

describe.each(['jest-29', 'jest-30'])('%s', (alias) => {
  it('attributes each finding to the test that completed it', () => {
    expect(firstLinesByTest('jest', alias, ['--runInBand'])).toEqual(expected);
  });
});
