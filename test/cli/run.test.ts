import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Ended, cleanEnv, cliPath, fakeValidator, makeFolder, runCli } from './command.ts';

const library = new URL('../../dist/index.js', import.meta.url).href;

const CLEAN = 'No findings (0 classes, 0 edges).\n';

interface Program {
  args?: string[];
  rest?: string[];
  env?: Record<string, string>;
  name?: string;
}

/** Runs a program in a folder of its own. */
function runProgram(
  source: string,
  { args = [], rest = [], env = {}, name = 'app.mjs' }: Program = {},
): Ended & { cwd: string } {
  const cwd = makeFolder();
  writeFileSync(path.join(cwd, name), source);
  return { ...runCli(['run', ...args, name, ...rest], { cwd, env: { TMPDIR: cwd, ...env } }), cwd };
}

/** With a validator that finds what the program says. */
const fake = { NODE_OPTIONS: `--import ${fakeValidator}` };

const FINDING = `Something about "A" [not-held]

  A             seen once
    A asserted  app.mjs:1:1  fakeValidator.publish("not-held");

  Fix: take "A" before it is asserted at app.mjs:1, in the same flow.

1 finding: 1 error (0 classes, 1 edge)
`;

describe('lockdep run', () => {
  test('leaves stdout to the program and reports on stderr', () => {
    const { stdout, stderr, status } = runProgram('process.stdout.write("hello");');
    expect({ stdout, stderr, status }).toEqual({ stdout: 'hello', stderr: CLEAN, status: 0 });
  });

  test('gives the script everything after its name', () => {
    const rest = ['--format', 'x', '-h', '--', 'a b'];
    const { stdout } = runProgram('process.stdout.write(JSON.stringify(process.argv.slice(2)));', { rest });
    expect(JSON.parse(stdout)).toEqual(rest);
  });

  test('takes a script whose name looks like an option after --', () => {
    const { stdout, status } = runProgram('process.stdout.write("ran");', {
      args: ['--'],
      name: '--app.mjs',
    });
    expect([stdout, status]).toEqual(['ran', 0]);
  });

  test('tells what is still held at the end, as a note', () => {
    const source = (last: string): string => `import { Mutex } from ${JSON.stringify(library)};
const a = new Mutex({ name: 'A' });
const hold = await a.acquire();
${last}
`;
    const { stderr, status } = runProgram(source(''));
    expect(stderr).toMatch(
      /^Lock held at the end: "A" is still held at the end of the process \[held-at-end\]\n[^]*\n1 finding: 1 note /,
    );
    expect(status).toBe(0);
    expect(runProgram(source('hold.release();')).stderr).toBe('No findings (1 class, 0 edges).\n');
    // While somebody waits, it is the wait that matters.
    expect(runProgram(source('void a.acquire();')).stderr).not.toContain('end of the process');
  });

  test('reports what was found, with source lines, and fails', () => {
    const { stdout, stderr, status } = runProgram('fakeValidator.publish("not-held");', { env: fake });
    expect({ stdout, stderr, status }).toEqual({ stdout: '', stderr: FINDING, status: 1 });
  });

  test('passes under --fail-on never', () => {
    const args = ['--fail-on', 'never'];
    const { stderr, status } = runProgram('fakeValidator.publish("not-held");', { args, env: fake });
    expect({ stderr, status }).toEqual({ stderr: FINDING, status: 0 });
  });

  test('passes on the failing status of the program', () => {
    const { stderr, status } = runProgram('fakeValidator.publish("not-held");\nprocess.exitCode = 7;', {
      env: fake,
    });
    expect({ stderr, status }).toEqual({ stderr: FINDING, status: 7 });
  });

  test('passes on the status of a program that throws, its own words first', () => {
    const { stderr, status } = runProgram('throw new Error("its own");');
    expect(stderr).toMatch(/Error: its own[\s\S]*\nNo findings \(0 classes, 0 edges\)\.\n$/);
    expect(status).toBe(1);
  });

  test('writes the report to -o and saves the snapshot with source lines', () => {
    const args = ['-o', 'report.txt', '--snapshot', 'run.json'];
    const { stdout, stderr, cwd } = runProgram('fakeValidator.publish("not-held");', { args, env: fake });
    expect(stdout + stderr).toBe('');
    expect(readFileSync(path.join(cwd, 'report.txt'), 'utf8')).toBe(FINDING);
    expect(readFileSync(path.join(cwd, 'run.json'), 'utf8')).toContain('"source": "fakeValidator.publish(');
    expect(runCli(['report', 'run.json'], { cwd }).stdout).toBe(FINDING);
    // Nothing temporary is left either: TMPDIR is the same folder.
    expect(readdirSync(cwd).sort()).toEqual(['app.mjs', 'report.txt', 'run.json']);
  });

  test('watches under NODE_ENV=production too, and not under LOCKDEP=off', () => {
    const tell = 'process.stdout.write(String(process.env.LOCKDEP));';
    expect(runProgram(tell, { env: { NODE_ENV: 'production' } })).toMatchObject({
      stdout: 'warn',
      stderr: CLEAN,
    });
    const off = runProgram(`${tell}\nprocess.exitCode = 4;`, { env: { LOCKDEP: 'off' } });
    expect(off).toMatchObject({
      stdout: 'off',
      stderr: 'lockdep: Nothing was watched, since LOCKDEP=off\n',
      status: 4,
    });
  });

  test('keeps the file for the snapshot from the program and what it starts', () => {
    expect(runProgram('process.stdout.write(String(process.env.LOCKDEP_RUN_SNAPSHOT));').stdout).toBe(
      'undefined',
    );
  });
});

describe('a program that ends by a signal', () => {
  test('leaves its snapshot where the signal can be heard', () => {
    const source =
      'fakeValidator.publish("not-held");\nsetInterval(() => process.kill(process.pid, "SIGTERM"), 1);';
    expect(runProgram(source, { env: fake })).toMatchObject({
      stderr: FINDING,
      status: 128 + 15,
      signal: null,
    });
  });

  test('is said to have left none where it cannot', () => {
    expect(runProgram('process.kill(process.pid, "SIGKILL");')).toMatchObject({
      stderr:
        'lockdep: Expected the program to leave a snapshot, got none: it was ended by SIGKILL before it could save one\n',
      status: 128 + 9,
    });
  });

  test('does not pass for clean when it ends without one', () => {
    expect(runProgram('process.reallyExit(0);')).toMatchObject({
      stderr:
        'lockdep: Expected the program to leave a snapshot, got none: it ended with status 0 before it could save one\n',
      status: 2,
    });
  });

  test.skipIf(process.platform === 'win32').for(['SIGINT', 'SIGTERM'] as const)(
    '%s sent to the command reaches it',
    async (signal) => {
      const cwd = makeFolder();
      const source = `process.on('${signal}', () => { console.log('heard'); process.exit(5); });
      setInterval(() => {}, 1000);
      console.log('ready');`;
      writeFileSync(path.join(cwd, 'app.mjs'), source);
      const command = spawn(process.execPath, [cliPath, 'run', 'app.mjs'], { cwd, env: cleanEnv() });
      const heard: string[] = [];
      command.stdout.setEncoding('utf8').on('data', (text: string) => {
        heard.push(text);
        if (text.startsWith('ready')) command.kill(signal);
      });
      const [status] = await once(command, 'close');
      expect([heard.join(''), status]).toEqual(['ready\nheard\n', 5]);
    },
  );
});

describe('a TypeScript program', () => {
  const { typescript } = process.features as { typescript?: unknown };

  test.skipIf(!typescript)('runs where Node strips types', () => {
    const source = 'const text: string = "ran";\nprocess.stdout.write(text);';
    expect(runProgram(source, { name: 'app.ts' })).toMatchObject({ stdout: 'ran', status: 0 });
  });

  const got = (file: string, remedy: string): string =>
    `lockdep: Expected a script that Node ${process.versions.node} can run, got ${file} (TypeScript); ${remedy}\n`;

  const remedies: [script: string, compiled: string | undefined, remedy: string][] = [
    ['app.tsx', undefined, 'compile it with tsc and run the .js with its source map, or use Node >= 22.18'],
    ['app.tsx', 'app.js', 'run app.js instead'],
    ['app.tsx', 'app.mjs', 'run app.mjs instead'],
    ['app.tsx', 'dist/app.js', 'run dist/app.js instead'],
    ['src/jobs/app.tsx', 'dist/jobs/app.js', 'run dist/jobs/app.js instead'],
    ['jobs/app.tsx', 'dist/jobs/app.js', 'run dist/jobs/app.js instead'],
    ['jobs/app.tsx', 'jobs/dist/app.mjs', 'run jobs/dist/app.mjs instead'],
  ];

  const all = typescript
    ? remedies
    : [
        ...remedies,
        ...remedies.map(
          ([script, ...rest]) => [script.replace('tsx', 'ts'), ...rest] as (typeof remedies)[number],
        ),
      ];
  test.for(all)('that Node cannot run as it is: %s, %s', ([script, compiled, remedy]) => {
    const cwd = makeFolder();
    for (const file of [script, compiled]) {
      if (file === undefined) continue;
      mkdirSync(path.join(cwd, path.dirname(file)), { recursive: true });
      writeFileSync(path.join(cwd, file), '');
    }
    expect(runCli(['run', script], { cwd })).toEqual({
      stdout: '',
      stderr: got(script, remedy),
      status: 2,
      signal: null,
    });
  });
});
