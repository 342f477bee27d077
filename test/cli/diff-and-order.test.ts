import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Snapshot } from '../../src/validator/snapshot-format.ts';
import { edge, lockClass, ordersAndUsers, snapshot } from '../report/snapshots.ts';
import { type Ended, makeFolder, runCli } from './command.ts';

function run(args: string[], files: Record<string, Snapshot>): Ended {
  const cwd = makeFolder();
  for (const [name, given] of Object.entries(files))
    writeFileSync(path.join(cwd, name), JSON.stringify(given));
  return runCli(args, { cwd });
}

describe('lockdep diff', () => {
  const newer = ordersAndUsers();
  const older = { ...newer, classes: newer.classes.slice(0, 1), edges: newer.edges.slice(1), findings: [] };

  test('tells what is new, and fails at a new finding', () => {
    const { stdout, stderr, status } = run(['diff', 'old.json', 'new.json'], {
      'old.json': older,
      'new.json': newer,
    });
    expect(stdout).toMatch(/^Potential deadlock: orders → users → orders \[circular-dependency\]\n/);
    expect(stdout).toMatch(
      /everywhere else\.\n\n\+ users: mutex\n\+ users → orders\n\n1 new finding, 1 new class, 1 new edge\n$/,
    );
    expect([stderr, status]).toEqual(['', 1]);
  });

  test('passes where nothing is new, and where that may not fail', () => {
    const files = { 'old.json': older, 'new.json': newer };
    expect(run(['diff', 'new.json', 'old.json'], files)).toEqual({
      stdout: '0 new findings, 0 new classes, 0 new edges\n',
      stderr: '',
      status: 0,
      signal: null,
    });
    expect(run(['diff', '--fail-on', 'never', 'old.json', 'new.json'], files).status).toBe(0);
  });

  test('tells the kind and the modes of an edge', () => {
    const given = snapshot({
      edges: [edge('A', 'B', { kind: 'wait', fromMode: 'shared' }), edge('my lock', 'C')],
    });
    expect(run(['diff', 'old.json', 'new.json'], { 'old.json': snapshot(), 'new.json': given }).stdout).toBe(
      '+ A → B: wait (shared, exclusive)\n+ "my lock" → C\n\n0 new findings, 0 new classes, 2 new edges\n',
    );
  });
});

describe('lockdep order', () => {
  test('prints levels, and the call for what has a name and an order', () => {
    const given = snapshot({
      classes: [
        ...['orders', 'users', 'it\'s "mine"\u202e', 'X', 'Y', 'alone'].map((name) => lockClass(name)),
        lockClass('RCU', { kind: 'rcu' }),
        lockClass('src/a.ts:1:1', { site: 'src/a.ts:1:1' }),
      ],
      edges: [
        edge('orders', 'users'),
        edge('users', 'it\'s "mine"\u202e'),
        edge('users', 'src/a.ts:1:1'),
        edge('orders', 'RCU', { kind: 'wait' }),
        edge('X', 'Y'),
        edge('Y', 'X'),
      ],
    });
    expect(run(['order', 'run.json'], { 'run.json': given })).toEqual({
      stdout: `  1  orders, (in a circle: X, Y)
  2  users, RCU
  3  "it's \\"mine\\"\\u202e", src/a.ts:1:1

validator.declareOrder([
  "orders",
  "users",
  "it's \\"mine\\"\\u202e",
]);
`,
      stderr: '',
      status: 0,
      signal: null,
    });
  });

  const knot = snapshot({
    classes: [lockClass('orders'), lockClass('a|b`', { kind: 'semaphore' }), lockClass('X'), lockClass('Y')],
    edges: [edge('orders', 'a|b`', { count: 3 }), edge('orders', 'X'), edge('X', 'Y'), edge('Y', 'X')],
  });

  test('as code is a module that declares it', () => {
    expect(run(['order', '--format', 'code', 'run.json'], { 'run.json': knot })).toEqual({
      stdout: `import { validator } from 'lockdep';

validator.declareOrder([
  "orders",
  "a|b\`",
]);
`,
      stderr: '',
      status: 0,
      signal: null,
    });
    const { stdout } = run(['order', '--format=code', 'run.json'], { 'run.json': snapshot() });
    expect(stdout).toBe(
      "import { validator } from 'lockdep';\n\n// No two locks with a name of their own have an order.\n",
    );
  });

  test('as documentation is a page of Markdown, also in a file', () => {
    const cwd = makeFolder();
    writeFileSync(path.join(cwd, 'run.json'), JSON.stringify(knot));
    const ended = runCli(['order', '--format', 'markdown', '-o', 'locks.md', 'run.json'], { cwd });
    expect(ended).toEqual({ stdout: '', stderr: '', status: 0, signal: null });
    expect(readFileSync(path.join(cwd, 'locks.md'), 'utf8')).toBe(`# Lock order

A lock is asked for only while locks of lower levels are held, or none. Locks of one level have no order among each other.

| level | lock | kind | taken while it is held |
|---|---|---|---|
| 1 | \`orders\` | \`mutex\` | \`X\`, <code>a&#124;b&#96;</code> |
| 2 | <code>a&#124;b&#96;</code> | \`semaphore\` |  |
| 2, in a circle | \`X\` | \`mutex\` | \`Y\` |
| 2, in a circle | \`Y\` | \`mutex\` | \`X\` |
`);
    const { stdout } = run(['order', '--format=markdown', 'run.json'], { 'run.json': snapshot() });
    expect(stdout).toBe('# Lock order\n\nNo lock is waited for under another.\n');
  });

  test('of several snapshots is that of all', () => {
    const files = {
      'a.json': snapshot({ edges: [edge('A', 'B')] }),
      'b.json': snapshot({ edges: [edge('B', 'C')], inputs: [] }),
    };
    expect(run(['order', 'a.json', 'b.json'], files).stdout).toBe('  1  A\n  2  B\n  3  C\n');
  });

  test('of none says so', () => {
    expect(run(['order', 'run.json'], { 'run.json': snapshot() }).stdout).toBe(
      'No order: no lock was waited for under another.\n',
    );
  });
});
