import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { RENDERERS } from '../../src/report/formats.ts';
import { formatJson } from '../../src/report/json.ts';
import { formatText } from '../../src/report/text.ts';
import type { Severity, Snapshot } from '../../src/validator/snapshot-format.ts';
import { edge, finding, ordersAndUsers, rcuChain, snapshot, stack } from '../report/snapshots.ts';
import { cleanEnv, cliPath, makeFolder, runCli } from './command.ts';

function saveIn(folder: string, given: Snapshot): void {
  writeFileSync(path.join(folder, 'run.json'), JSON.stringify(given));
}

describe('lockdep report', () => {
  test('renders a snapshot on stdout and fails at an error', () => {
    const cwd = makeFolder();
    saveIn(cwd, rcuChain());
    expect(runCli(['report', 'run.json'], { cwd })).toEqual({
      stdout: formatText(rcuChain()),
      stderr: '',
      status: 1,
      signal: null,
    });
  });

  test.for([...RENDERERS])('has the format %s', ([format, render]) => {
    const cwd = makeFolder();
    saveIn(cwd, rcuChain());
    expect(runCli(['report', '--format', format, 'run.json'], { cwd })).toEqual({
      stdout: render(rcuChain(), {}),
      stderr: '',
      status: 1,
      signal: null,
    });
  });

  test('of a clean run is one line and no failure', () => {
    const cwd = makeFolder();
    saveIn(cwd, snapshot());
    const stdout = 'No findings (0 classes, 0 edges).\n';
    expect(runCli(['report', 'run.json'], { cwd })).toEqual({ stdout, stderr: '', status: 0, signal: null });
  });

  test('reads a snapshot with a byte order mark, and fields of later versions', () => {
    const cwd = makeFolder();
    writeFileSync(path.join(cwd, 'run.json'), `\uFEFF${JSON.stringify({ ...snapshot(), later: [1] })}`);
    expect(runCli(['report', 'run.json'], { cwd }).stdout).toBe('No findings (0 classes, 0 edges).\n');
  });

  test('as JSON is the snapshot', () => {
    const cwd = makeFolder();
    saveIn(cwd, rcuChain());
    const { stdout, status } = runCli(['report', '--format', 'json', 'run.json'], { cwd });
    expect([stdout, status]).toEqual([formatJson(rcuChain()), 1]);
  });

  const table: [worst: Severity | undefined, failOn: string | undefined, status: number][] = [
    ['error', undefined, 1],
    ['error', 'error', 1],
    ['error', 'warning', 1],
    ['error', 'never', 0],
    ['warning', undefined, 0],
    ['warning', 'error', 0],
    ['warning', 'warning', 1],
    ['warning', 'never', 0],
    ['note', 'warning', 0],
    [undefined, 'warning', 0],
  ];
  test.for(table)('with a finding of severity %s and --fail-on %s exits %i', ([severity, failOn, status]) => {
    const cwd = makeFolder();
    saveIn(
      cwd,
      snapshot({ findings: severity === undefined ? [] : [finding('not-held', ['A'], { severity })] }),
    );
    const args = ['report', 'run.json', ...(failOn === undefined ? [] : ['--fail-on', failOn])];
    expect(runCli(args, { cwd }).status).toBe(status);
  });

  test('is coloured when that is forced, and plain otherwise', () => {
    const cwd = makeFolder();
    saveIn(cwd, ordersAndUsers());
    const renderWith = (env: Record<string, string>): string =>
      runCli(['report', 'run.json'], { cwd, env }).stdout;
    const colored = formatText(ordersAndUsers(), { color: true });
    const plain = formatText(ordersAndUsers());
    expect(renderWith({})).toBe(plain);
    expect(renderWith({ FORCE_COLOR: '1' })).toBe(colored);
    expect(renderWith({ FORCE_COLOR: '0' })).toBe(plain);
    expect(renderWith({ NO_COLOR: '1' })).toBe(plain);
  });
});

describe('source lines', () => {
  function renderSources(at: string): string {
    const parent = makeFolder();
    const cwd = path.join(parent, 'project');
    mkdirSync(cwd);
    writeFileSync(path.join(cwd, 'app.ts'), 'one\n  two();\r\nthree\n');
    writeFileSync(path.join(parent, 'secret.txt'), 'secret\n');
    saveIn(cwd, snapshot({ findings: [finding('not-held', ['A'], { stack: stack(at) })] }));
    return runCli(['report', 'run.json'], { cwd }).stdout;
  }

  test('are read from the working directory', () => {
    expect(renderSources('app.ts:2:3')).toContain('    A asserted  app.ts:2:3  two();\n');
  });

  test.for(['../secret.txt:1:1', '/etc/passwd:1:1', 'gone.ts:1:1', '.:1:1', 'app.ts:9:1'])(
    'are left out at %s',
    (at) => {
      expect(renderSources(at)).toContain(`    A asserted  ${at}\n`);
    },
  );
});

describe('-o', () => {
  test('writes the file plain and whole, and nothing to stdout', () => {
    const cwd = makeFolder();
    saveIn(cwd, ordersAndUsers());
    const ended = runCli(['report', 'run.json', '-o', 'out.txt'], { cwd, env: { FORCE_COLOR: '1' } });
    expect(ended).toEqual({ stdout: '', stderr: '', status: 1, signal: null });
    expect(readFileSync(path.join(cwd, 'out.txt'), 'utf8')).toBe(formatText(ordersAndUsers()));
    expect(readdirSync(cwd).sort()).toEqual(['out.txt', 'run.json']);
  });

  test('replaces a file, keeps its mode, and follows a link to it', () => {
    const cwd = makeFolder();
    saveIn(cwd, snapshot());
    writeFileSync(path.join(cwd, 'out.txt'), 'old');
    chmodSync(path.join(cwd, 'out.txt'), 0o640);
    symlinkSync('out.txt', path.join(cwd, 'link'));
    expect(runCli(['report', 'run.json', '--output=link'], { cwd }).status).toBe(0);
    expect(readFileSync(path.join(cwd, 'out.txt'), 'utf8')).toBe('No findings (0 classes, 0 edges).\n');
    expect(statSync(path.join(cwd, 'out.txt')).mode & 0o777).toBe(0o640);
    expect(readdirSync(cwd).sort()).toEqual(['link', 'out.txt', 'run.json']);
  });

  test('leaves the old file when the snapshot is no good', () => {
    const cwd = makeFolder();
    writeFileSync(path.join(cwd, 'run.json'), '{');
    writeFileSync(path.join(cwd, 'out.txt'), 'old');
    expect(runCli(['report', 'run.json', '-o', 'out.txt'], { cwd }).status).toBe(2);
    expect(readFileSync(path.join(cwd, 'out.txt'), 'utf8')).toBe('old');
  });

  test.skipIf(process.platform === 'win32')('of /dev/stdout goes there, also where that is a file', () => {
    const cwd = makeFolder();
    saveIn(cwd, snapshot());
    const command = `echo before; "${process.execPath}" "${cliPath}" report run.json -o /dev/stdout; echo after`;
    execFileSync('sh', ['-c', `(${command}) > all.txt`], { cwd, env: cleanEnv() });
    expect(readFileSync(path.join(cwd, 'all.txt'), 'utf8')).toBe(
      'before\nNo findings (0 classes, 0 edges).\nafter\n',
    );
  });
});

test.skipIf(process.platform === 'win32')('a reader that closes the pipe early is no fault', () => {
  const cwd = makeFolder();
  const edges = [edge('A', 'B'), edge('B', 'A')];
  const findings = Array.from({ length: 5000 }, (_, index) => finding('not-held', [`lock ${index}`]));
  saveIn(cwd, snapshot({ edges, findings }));
  const command = `"${process.execPath}" "${cliPath}" report run.json | head -n 1`;
  const stdout = execFileSync('sh', ['-c', `${command} 2>&1`], { cwd, env: cleanEnv(), encoding: 'utf8' });
  expect(stdout).toBe('5000 findings: 5000 errors (0 classes, 2 edges)\n');
});
