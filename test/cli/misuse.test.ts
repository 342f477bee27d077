import { chmodSync, mkdirSync, readdirSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { ordersAndUsers, snapshot } from '../report/snapshots.ts';
import { makeFolder, runCli } from './command.ts';

/** A folder with one of everything that a command can be given by mistake. */
function makeMistakes(): string {
  const folder = makeFolder();
  const write = (name: string, text: string): void => writeFileSync(path.join(folder, name), text);
  mkdirSync(path.join(folder, 'folder'));
  write('app.mjs', 'process.stdout.write("ran");\n');
  write('good.json', JSON.stringify(snapshot()));
  write('text.json', 'no JSON\n');
  write('empty.json', '');
  write('cut.json', JSON.stringify(ordersAndUsers()).slice(0, -100));
  write('deep.json', '['.repeat(1_000_000));
  write('enormous.json', '');
  // It takes no room: what was never written is not stored.
  truncateSync(path.join(folder, 'enormous.json'), 3 * 1024 ** 3);
  write('null.json', 'null');
  write('bare.json', '{}');
  write('next.json', JSON.stringify({ ...snapshot(), version: 2 }));
  write('odd.json', JSON.stringify({ ...snapshot(), version: '1' }));
  write('half.json', JSON.stringify({ version: 1, tool: 'x', runtime: 'y', inputs: [], classes: [] }));
  const [first] = ordersAndUsers().findings;
  write(
    'severity.json',
    JSON.stringify({ ...ordersAndUsers(), findings: [{ ...first, severity: 'grave' }] }),
  );
  write('dangling.json', JSON.stringify({ ...ordersAndUsers(), findings: [{ ...first, edges: [0, 7] }] }));
  return folder;
}

const CODES =
  'circular-dependency, recursive-acquisition, upgrade-deadlock, nested-capacity, unsatisfiable-request, context-inversion, inconsistent-context, invalid-wait-context, nested-lock-not-held, order-violation, bad-release, not-held, destroyed-while-held, held-at-end, leaked-hold, live-deadlock, stalled-wait';
const FORMATS = 'text, json, html, sarif, github, junit, markdown, dot or mermaid';

const mistakes: [args: string[], line: string][] = [
  [[], 'Expected a command, got none; see lockdep --help'],
  [
    ['reprot'],
    'Expected a command (run, check, report, merge, diff or order), got "reprot"; did you mean report?',
  ],
  [['walk', 'app.mjs'], 'Expected a command (run, check, report, merge, diff or order), got "walk"'],
  [['\u001b[2J'], 'Expected a command (run, check, report, merge, diff or order), got "\\x1b[2J"'],
  [['--verison'], 'Expected one of --help, --version, got --verison; did you mean --version?'],
  [['--version=2'], 'Expected --version to have no value, got "2"'],
  [['-x'], 'Expected one of --help, --version, got -x'],
  [['--format', 'json', 'report', 'good.json'], 'Expected one of --help, --version, got --format'],

  [['check'], 'Expected a trace, got none; see lockdep check --help'],
  [['check', '-', '-'], 'Expected "-" once, got it twice: stdin can be read once only'],
  [['check', 'none.trace'], 'Expected a trace to read, got none.trace, which does not exist'],
  [['check', 'folder'], 'Expected a trace to read, got folder, which is a directory'],
  [['check', 'text.json'], 'text.json:1: Expected "|" after the task, got "JSON"'],
  [['check', 'good.json', '--format', 'tap'], `Expected --format to be ${FORMATS}, got "tap"`],

  [['report'], 'Expected a snapshot, got none; see lockdep report --help'],
  [['report', 'good.json', 'none.json'], 'Expected a snapshot, got none.json, which does not exist'],
  [['diff', 'good.json'], 'Expected two snapshots, got 1; see lockdep diff --help'],
  [['diff', 'good.json', 'null.json'], 'Expected null.json to be a snapshot, got JSON without a "version"'],
  [['order'], 'Expected a snapshot, got none; see lockdep order --help'],
  [
    ['order', '--format', 'makrdown', 'good.json'],
    'Expected --format to be text, code or markdown, got "makrdown"; did you mean markdown?',
  ],
  [['order', '-o', 'folder', 'good.json'], 'Expected a file to write to, got folder, which is a directory'],
  [['merge'], 'Expected snapshots, got none; see lockdep merge --help'],
  [['merge', '-o', 'folder', 'good.json'], 'Expected a file to write to, got folder, which is a directory'],
  [
    ['merge', '-o', 'out.json', 'good.json', 'text.json'],
    'Expected text.json to be a snapshot, got text that is not JSON',
  ],
  [['merge', '--format', 'json', 'good.json'], 'Expected one of --output, --help, got --format'],
  [['report', 'none.json'], 'Expected a snapshot, got none.json, which does not exist'],
  [['report', 'app.mjs/none.json'], 'Expected a snapshot, got app.mjs/none.json, which does not exist'],
  [['report', 'folder'], 'Expected a snapshot, got folder, which is a directory'],
  [['report', 'text.json'], 'Expected text.json to be a snapshot, got text that is not JSON'],
  [['report', 'empty.json'], 'Expected empty.json to be a snapshot, got text that is not JSON'],
  [['report', 'cut.json'], 'Expected cut.json to be a snapshot, got text that is not JSON'],
  [['report', 'deep.json'], 'Expected deep.json to be a snapshot, got text that is not JSON'],
  [['report', 'enormous.json'], 'Expected a snapshot, got enormous.json, which is too large to be read'],
  [
    ['report', '-o', 'good.json', '--format', 'html', 'enormous.json'],
    'Expected a snapshot, got enormous.json, which is too large to be read',
  ],
  [
    ['merge', 'good.json', 'enormous.json'],
    'Expected a snapshot, got enormous.json, which is too large to be read',
  ],
  [['check', 'enormous.json'], 'enormous.json: Expected lines of text, got one without an end'],
  [
    ['report', 'good.json', '--baseline', 'enormous.json'],
    'Expected a baseline, got enormous.json, which is too large to be read',
  ],
  [['report', 'null.json'], 'Expected null.json to be a snapshot, got JSON without a "version"'],
  [['report', 'bare.json'], 'Expected bare.json to be a snapshot, got JSON without a "version"'],
  [
    ['report', 'next.json'],
    'Expected next.json to be a snapshot of version 1, which this lockdep reads, got version 2',
  ],
  [
    ['report', 'odd.json'],
    'Expected odd.json to be a snapshot of version 1, which this lockdep reads, got version "1"',
  ],
  [['report', 'half.json'], 'Expected half.json to be a snapshot with edges to be a list, got nothing'],
  [
    ['report', 'severity.json'],
    'Expected severity.json to be a snapshot with findings[0].severity to be one of error, warning, note, got "grave"',
  ],
  [
    ['report', 'dangling.json'],
    'Expected dangling.json to be a snapshot with findings[0] to refer to one of 2 edges, got edge 7',
  ],

  [
    ['report', '--frmat', 'json', 'good.json'],
    'Expected one of --format, --output, --fail-on, --level, --baseline, --update-baseline, --reason, --help, got --frmat; did you mean --format?',
  ],
  [
    ['report', '--snapshot', 'x', 'good.json'],
    'Expected one of --format, --output, --fail-on, --level, --baseline, --update-baseline, --reason, --help, got --snapshot',
  ],
  [
    ['report', '--toString', 'good.json'],
    'Expected one of --format, --output, --fail-on, --level, --baseline, --update-baseline, --reason, --help, got --toString',
  ],
  [
    ['report', 'good.json', '--format', 'jsn'],
    `Expected --format to be ${FORMATS}, got "jsn"; did you mean json?`,
  ],
  [['report', 'good.json', '--format', 'pdf'], `Expected --format to be ${FORMATS}, got "pdf"`],
  [
    ['report', 'good.json', '--format=htm'],
    `Expected --format to be ${FORMATS}, got "htm"; did you mean html?`,
  ],
  [['report', 'good.json', '--format='], 'Expected --format FORMAT, got an empty value'],
  [['report', 'good.json', '--format'], 'Expected --format FORMAT, got nothing after --format'],
  [['report', 'good.json', '-o'], 'Expected -o FILE, got nothing after -o'],
  [['report', '-o', '--format', 'json', 'good.json'], 'Expected -o FILE, got the option --format'],
  [
    ['report', 'good.json', '--fail-on', 'note'],
    'Expected --fail-on to be error, warning or never, got "note"',
  ],
  [['report', 'good.json', '-o', 'folder'], 'Expected a file to write to, got folder, which is a directory'],
  [['report', 'good.json', '-o', 'no/x'], 'Expected a file to write to, got no/x, but no does not exist'],
  [
    ['report', 'good.json', '-o', 'app.mjs/x'],
    'Expected a file to write to, got app.mjs/x, but app.mjs is not a folder',
  ],

  [
    ['report', 'good.json', '--baseline', 'none.json'],
    'Expected a baseline, got none.json, which does not exist; --update-baseline makes one',
  ],
  [['check', '-', '--baseline', 'folder'], 'Expected a baseline, got folder, which is a directory'],
  [
    ['run', '--baseline', 'text.json', 'app.mjs'],
    'Expected text.json to be a baseline, got text that is not JSON',
  ],
  [
    ['report', 'good.json', '--baseline', 'bare.json'],
    'Expected bare.json to be a baseline of version 1, got JSON without a "version"',
  ],
  [
    ['report', 'good.json', '--baseline', 'next.json'],
    'Expected next.json to be a baseline of version 1, got version 2',
  ],
  [
    ['report', 'good.json', '--baseline', 'severity.json'],
    'Expected severity.json to be a baseline with findings[0].reason to be a string, got nothing',
  ],
  [['report', 'good.json', '--update-baseline'], 'Expected --baseline FILE with --update-baseline, got none'],
  [
    ['report', 'good.json', '--baseline', 'good.json', '--reason', 'x'],
    'Expected --update-baseline with --reason, got none',
  ],
  [
    ['report', 'good.json', '--baseline', 'no/x', '--update-baseline'],
    'Expected a file to write to, got no/x, but no does not exist',
  ],

  [['report', 'good.json', '--level'], 'Expected --level CODE=LEVEL, got nothing after --level'],
  [['check', '-', '--level', 'not-held'], 'Expected --level to be CODE=LEVEL, got "not-held"'],
  [
    ['run', '--level', 'not-held=off', '--level', 'held-at-edn=off', 'app.mjs'],
    `Expected --level to be CODE=LEVEL, with CODE one of ${CODES}, got "held-at-edn"; did you mean held-at-end?`,
  ],
  [
    ['report', '--level', 'toString=off', 'good.json'],
    `Expected --level to be CODE=LEVEL, with CODE one of ${CODES}, got "toString"`,
  ],
  [
    ['report', '--level', 'not-held=warning', 'good.json'],
    'Expected the level of not-held to be off, warn or error, got "warning"',
  ],
  [
    ['report', '--level', 'not-held=', 'good.json'],
    'Expected the level of not-held to be off, warn or error, got ""',
  ],

  [['run'], 'Expected a script to run, got none; see lockdep run --help'],
  [['run', '--format', 'json'], 'Expected a script to run, got none; see lockdep run --help'],
  [['run', 'none.mjs'], 'Expected a script to run, got none.mjs, which does not exist'],
  [['run', 'folder'], 'Expected a script to run, got folder, which is a directory'],
  [
    ['run', '--snapshto', 'x', 'app.mjs'],
    'Expected one of --format, --output, --fail-on, --level, --baseline, --update-baseline, --reason, --snapshot, --stat, --stall-ms, --signal, --trace, --help, got --snapshto; did you mean --snapshot?',
  ],
  [['run', '--snapshot', 'no/x', 'app.mjs'], 'Expected a file to write to, got no/x, but no does not exist'],
  [['run', '-o', 'folder', 'app.mjs'], 'Expected a file to write to, got folder, which is a directory'],
  [['run', '--format', 'xml', 'app.mjs'], `Expected --format to be ${FORMATS}, got "xml"`],
];

describe('misuse is one line on stderr, status 2, and nothing is run or written', () => {
  test.for(mistakes)('%j', ([args, line]) => {
    const cwd = makeMistakes();
    const before = readdirSync(cwd).sort();
    expect(before.length).toBeGreaterThan(0);
    expect(runCli(args, { cwd })).toEqual({
      stdout: '',
      stderr: `lockdep: ${line}\n`,
      status: 2,
      signal: null,
    });
    expect(readdirSync(cwd).sort()).toEqual(before);
  });

  // Whoever may read everything cannot be refused.
  test.skipIf(process.getuid?.() === 0)('a file that may not be read', () => {
    const cwd = makeMistakes();
    for (const name of ['app.mjs', 'good.json']) chmodSync(path.join(cwd, name), 0);
    expect(runCli(['run', 'app.mjs'], { cwd }).stderr).toBe(
      'lockdep: Expected a script to run, got app.mjs, which this user may not use\n',
    );
    expect(runCli(['report', 'good.json'], { cwd }).stderr).toBe(
      'lockdep: Expected a snapshot, got good.json, which this user may not use\n',
    );
  });
});
