/** What a test hears that asks whether it is clean, under the real runners. */
import { type Assertion, afterAll, describe, expect, expectTypeOf, it, vi } from 'vitest';
import { type RunResult, createProject, removeProjects, runProject } from './project.ts';
import { versions } from './versions.ts';

vi.setConfig({ testTimeout: 60_000 });
afterAll(removeProjects, 60_000);

const named = ({ tests }: RunResult, name: string): string[] =>
  tests.find((each) => each.name === name)!.errors;

/** First lines of what a test fails with; Jest colours what a matcher says, or not. */
const firstLines = (errors: string[]): string[] => errors.map((text) => text.split('\n')[0]!);

const finding = (name: string): string =>
  `Potential deadlock: ${name}1 → ${name}2 → ${name}1 [circular-dependency]`;

const withMatcher = versions.filter(({ runner }) => runner === 'vitest' || runner === 'jest');

describe.each(withMatcher)('$alias, expect(lockdep).toBeClean()', ({ runner, alias }) => {
  it('tells what the test has completed so far, and each finding once', () => {
    const result = runProject(runner, createProject(runner, alias, 'clean-matcher'));
    expect(result.tests).toHaveLength(6);
    expect(named(result, 'is clean')).toEqual([]);
    expect(firstLines(named(result, 'is not clean'))).toEqual([finding('asserted')]);
    expect(named(result, 'is not clean')[0]).toContain('in "is not clean (clean.test.js:');
    expect(firstLines(named(result, 'catches what it asks'))).toEqual([finding('caught')]);
    expect(named(result, 'is about a finding')).toEqual([]);
    expect(firstLines(named(result, 'is about a finding that is not there'))).toEqual([
      'Expected the test to have completed a finding, got none so far.',
    ]);
    expect(named(result, 'asks of something else')[0]).toContain(
      'Expected `expect` to be given `lockdep` or its validator, got object.',
    );
    // Nothing is left for the end of the run.
    expect(result.stderr).not.toContain('lockdep: ');
  });

  it('passes where watching is off', () => {
    const folder = createProject(runner, alias, 'clean-matcher');
    const { tests } = runProject(runner, folder, { env: { LOCKDEP: 'off' } });
    expect(tests.map(({ status }) => status)).toEqual(Array.from({ length: 6 }, () => 'passed'));
  });
});

it('has types', () => {
  expectTypeOf<Assertion<unknown>['toBeClean']>().toEqualTypeOf<() => void>();
  expectTypeOf<Assertion<unknown>['not']['toBeClean']>().toEqualTypeOf<() => void>();
});

const withFunction = versions.filter(({ runner }) => runner === 'mocha' || runner === 'node-test');

describe.each(withFunction)('$alias, assertClean()', ({ runner, alias }) => {
  it('throws what the test has completed so far, and each finding is told once', () => {
    const result = runProject(runner, createProject(runner, alias, 'assert-clean'));
    expect(result.tests).toHaveLength(3);
    expect(named(result, 'is clean')).toEqual([]);
    expect(firstLines(named(result, 'is not clean'))).toEqual([finding('asserted')]);
    expect(firstLines(named(result, 'catches what it asks'))).toEqual([finding('caught')]);
    expect(result.stderr).not.toContain('lockdep: ');
  });

  it('passes where watching is off', () => {
    const folder = createProject(runner, alias, 'assert-clean');
    const { tests } = runProject(runner, folder, { env: { LOCKDEP: 'off' } });
    expect(tests.map(({ status }) => status)).toEqual(['passed', 'passed', 'passed']);
  });
});
