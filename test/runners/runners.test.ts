/** The plug-ins under the real runners; what is expected is the same for all of them. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type RunResult, createProject, removeProjects, runProject } from './project.ts';
import { newest, versions } from './versions.ts';

vi.setConfig({ testTimeout: 60_000 });
afterAll(removeProjects, 60_000);

function run(
  runner: (typeof versions)[number],
  fixture: string,
  options?: Parameters<typeof runProject>[2],
): RunResult {
  const folder = createProject(runner.runner, runner.alias, fixture);
  return runProject(runner.runner, folder, options);
}

const firstLines = (text: string): string => text.split('\n')[0]!;

/** What each test of `findings` comes to: first lines of its errors, `null` for any. */
const expected: Readonly<Record<string, (string | RegExp)[]>> = {
  'ends with a lock held': [],
  'fails by itself alone': ['its own failure'],
  'is clean': [],
  'is synchronous': [],
  'names its flows': ['Potential deadlock: flow1 → flow2 → flow1 [circular-dependency]'],
  'releases in a hook what another hook took': [],
  'takes a then b': [],
  'takes b then a': ['Potential deadlock: a → b → a [circular-dependency]'],
  'takes b then a once more': [],
};

describe.each(versions)('$alias', (version) => {
  let result: RunResult;
  beforeAll(() => {
    result = run(version, 'findings');
  }, 60_000);
  const named = (name: string): RunResult['tests'][number] => {
    const found = result.tests.find((each) => each.name === name);
    if (found === undefined) throw new Error(`no test "${name}": ${result.stdout}\n${result.stderr}`);
    return found;
  };

  it('fails the run', () => {
    expect(result.status).not.toBe(0);
    expect(result.tests).toHaveLength(11);
  });

  it.each(Object.entries(expected))('%s', (name, errors) => {
    const { status, errors: found } = named(name);
    expect(found.map(firstLines)).toEqual(errors);
    expect(status).toBe(errors.length === 0 ? 'passed' : 'failed');
  });

  it('keeps what a test has failed by itself, and puts the finding beside it', () => {
    const { errors } = named('fails by itself, and beside');
    const finding = 'Potential deadlock: own1 → own2 → own1 [circular-dependency]';
    expect(firstLines(errors[0]!)).toBe('its own failure');
    // Node's runner has one error a test; the finding is in the diagnostics there.
    if (version.runner !== 'node-test') expect(errors.slice(1).map(firstLines)).toEqual([finding]);
  });

  it('says why a test hangs, and since where', () => {
    const text = named('waits for what another test left').errors.join('\n');
    expect(text).toMatch(
      /Waits for hung since locks\.test\.js:\d+, held since locks\.test\.js:\d+, by this test/u,
    );
  });

  it('names the test that made each edge, with file and line', () => {
    const [text] = named('takes b then a').errors;
    expect(text).toMatch(/a → b +seen once, in "locks > takes a then b \(locks\.test\.js:22\)"/u);
    expect(text).toMatch(/b → a +seen once, in "locks > takes b then a \(locks\.test\.js:26\)"/u);
  });

  it('names a flow inside a test after both', () => {
    expect(named('names its flows').errors[0]).toContain(
      'in "locks > names its flows > inner (locks.test.js:',
    );
  });

  it('tells of a lock held at the end of a test, once, as a warning', () => {
    const text = result.stdout + result.stderr;
    expect(
      text.match(/"left" is still held at the end of the test "locks\.test\.js > locks > ends with/gu),
    ).toHaveLength(1);
  });
});

/** Node's own way from a hook to a test is not followed; Vitest 3.0 races each hook, so that cycle is a warning. */
const followed = versions.filter(({ runner, alias }) => runner !== 'node-test' && alias !== 'vitest-3.0');

describe.each(followed)('$alias, with hooks', (version) => {
  it('follows what they have taken, through all tests and into each', () => {
    const { tests } = run(version, 'through');
    expect(tests.map(({ name, status }) => [name, status])).toEqual([
      ['is set up', 'passed'],
      ['takes inner under it', 'passed'],
      ['takes outer in inner', 'failed'],
      ['takes the locks of its set-up the other way', 'failed'],
    ]);
    const [through, setUp] = tests.slice(2).map(({ errors }) => errors.join('\n'));
    expect(through).toContain('Potential deadlock: inner → outer → inner [circular-dependency]');
    expect(through).toMatch(
      /outer → inner\s+seen once, in "held through all tests > takes inner under it \(/u,
    );
    expect(setUp).toContain('Potential deadlock: hooked1 → hooked2 → hooked1 [circular-dependency]');
    expect(setUp).toMatch(/hooked1 → hooked2\s+seen 2 times, in "set up > is set up \(/u);
  });
});

describe.each(versions)('$alias, over several files', (version) => {
  it('fails once by a cycle whose halves are in two files, and names both tests', () => {
    const options = version.runner === 'mocha' ? { args: ['--parallel', '--jobs=2'] } : {};
    const result = run(version, 'halves', options);
    const told = result.tests.flatMap(({ errors }) => errors).join('\n');
    const text = told + result.stderr;
    expect(result.status).not.toBe(0);
    expect(result.tests).toHaveLength(2);
    expect(text.match(/^Potential deadlock: x → y → x \[circular-dependency\]/gmu)).toHaveLength(1);
    expect(text).toContain('in "takes x then y (first.test.js:7)"');
    expect(text).toContain('in "takes y then x (second.test.js:7)"');
  });
});

describe.each(newest)('$alias, of a clean project', (version) => {
  it('adds nothing', () => {
    const result = run(version, 'clean');
    expect(result.tests.map(({ status }) => status)).toEqual(['passed', 'passed']);
    expect(result.status).toBe(0);
    expect(result.stderr + result.stdout).not.toMatch(/lockdep:|Warning/u);
  });

  it('does nothing under LOCKDEP=off', () => {
    const result = run(version, 'halves', { env: { LOCKDEP: 'off' } });
    expect(result.status).toBe(0);
    expect(result.tests.map(({ status }) => status)).toEqual(['passed', 'passed']);
  });

  it('fails nothing under LOCKDEP=warn', () => {
    const result = run(version, 'halves', { env: { LOCKDEP: 'warn' } });
    expect(result.status).toBe(0);
    expect(result.stderr + result.stdout).toContain('Potential deadlock: x → y → x');
  });
});

/** On Node 20 what Mocha 11 and later load is not reached: they `require` ES modules. */
const reached = versions.filter(
  ({ alias }) => !(process.versions.node.startsWith('20.') && /^mocha-1[12]$/u.test(alias)),
);

describe.each(reached)('$alias, with a library', (version) => {
  it('fails the test that completes a cycle of locks of async-mutex', () => {
    const { tests } = run(version, 'library');
    expect(tests.map(({ name, status }) => [name, status])).toEqual([
      ['takes x then y', 'passed'],
      ['takes y then x', 'failed'],
    ]);
    expect(tests[1]!.errors[0]).toMatch(/^Potential deadlock: .*\[circular-dependency\]/u);
  });
});
