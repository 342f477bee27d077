import { cpSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Ended, fakeValidator, makeFolder, runNode } from './command.ts';

const PRINTED = `Something about "A" [not-held]

  A             seen once
    A asserted  app.mjs:1:1  fakeValidator.publish("not-held");

  Fix: take "A" before it is asserted at app.mjs:1, in the same flow.

`;

/** Runs a program with the fake validator installed, as `node --import lockdep/register` would. */
function runWatched(source: string, env: Record<string, string> = {}, cwd = makeFolder()): Ended {
  writeFileSync(path.join(cwd, 'app.mjs'), source);
  return runNode(['--import', fakeValidator, 'app.mjs'], { cwd, env });
}

/** Prints every check that finds the loop drained, and what `open` says of it then. */
const TELL_DRAINED =
  'let open = true; fakeValidator.checkOpen = ({ isDrained }) => { if (isDrained) console.log("drained", open); };\n';

describe('a finding', () => {
  test('is printed when it is published, once', () => {
    const source =
      'fakeValidator.publish("not-held");\nfakeValidator.publish("not-held");\nprocess.stderr.write("end");';
    expect(runWatched(source)).toEqual({ stdout: '', stderr: `${PRINTED}end`, status: 0, signal: null });
  });

  test('is printed although the process ends in the same breath', () => {
    expect(runWatched('fakeValidator.publish("not-held");process.exit(3);')).toMatchObject({ status: 3 });
    expect(runWatched('fakeValidator.publish("not-held");process.exit(3);').stderr).toContain('[not-held]\n');
  });

  test('is printed again once it is certain', () => {
    const source =
      'for (const certainty of ["potential", "certain", "certain"]) fakeValidator.publish("not-held", { certainty });';
    expect(runWatched(source).stderr.match(/\[not-held\]/g)).toHaveLength(2);
  });

  test.for(['collect', 'off'])('is not printed under the policy %s', (policy) => {
    expect(runWatched('fakeValidator.publish("not-held");', { FAKE_POLICY: policy })).toEqual({
      stdout: '',
      stderr: '',
      status: 0,
      signal: null,
    });
  });

  test('is printed in colour when that is forced', () => {
    const { stderr } = runWatched('fakeValidator.publish("not-held");', { FORCE_COLOR: '1' });
    expect(stderr.startsWith('\u001b[31m')).toBe(true);
  });

  test('of a validator installed twice, by two copies, is printed once', () => {
    const folder = makeFolder();
    cpSync(new URL('../../dist', import.meta.url), path.join(folder, 'dist'), { recursive: true });
    writeFileSync(path.join(folder, 'package.json'), '{ "type": "module" }');
    const source = `const { install } = await import('./dist/console.js');
install(fakeValidator);
fakeValidator.publish("not-held");`;
    expect(runWatched(source, {}, folder).stderr.match(/\[not-held\]/g)).toHaveLength(1);
  });
});

describe('an open finding', () => {
  /** A hang, found by the second check, that ends after the third. */
  const hang = `let checks = 0;
const alive = setInterval(() => {}, 1000);
fakeValidator.checkOpen = ({ isDrained }) => {
  if (isDrained) return;
  checks += 1;
  if (checks > 1) fakeValidator.publish("circular-dependency", { isOpen: true, severity: 'warning' });
  process.stderr.write(\`check \${checks}\\n\`);
  if (checks === 3) clearInterval(alive);
};`;

  test.for(['under lockdep run', 'by itself'])('is printed once, while the program hangs: %s', (how) => {
    const env = how === 'by itself' ? {} : { LOCKDEP_RUN_SNAPSHOT: path.join(makeFolder(), 'run.json') };
    const { stderr } = runWatched(hang, env);
    expect(stderr).toMatch(
      /^check 1\nSomething about "A" \[circular-dependency\]\n[\s\S]*not yet over:[\s\S]*\n\ncheck 2\ncheck 3\n$/,
    );
  });
});

describe('a drained loop', () => {
  const cases: [name: string, source: string, stdout: string][] = [
    ['is told when nothing is left to do', '', 'drained true\n'],
    [
      'is told after what the program does then',
      'process.on("beforeExit", () => { open = false; });',
      'drained false\n',
    ],
    [
      'is told after the promises of what the program does then',
      'process.on("beforeExit", async () => { await null; await null; open = false; });',
      'drained false\n',
    ],
    [
      'is told when the program ends itself then',
      'process.on("beforeExit", () => process.exit());',
      'drained true\n',
    ],
    [
      'is not told while the program has given itself more to do',
      'process.once("beforeExit", () => setTimeout(() => { open = false; }, 1));',
      'drained false\n',
    ],
    ['is not told when the program ends itself', 'process.exit(0);', ''],
    ['is not told when the program ends itself with the status of a drained one', 'process.exit(13);', ''],
    ['is not told when the program throws', 'throw new Error();', ''],
  ];

  test.for(cases)('%s', ([, source, stdout]) => {
    expect(runWatched(TELL_DRAINED + source).stdout).toBe(stdout);
  });

  test('is told when the program awaits for ever', () => {
    const { stdout, status } = runWatched(`${TELL_DRAINED}await new Promise(() => {});`);
    expect(status).toBe(13);
    expect([...new Set(stdout.split('\n'))]).toEqual(['drained true', '']);
  });

  test('shows what is certain then', () => {
    const source = `fakeValidator.checkOpen = ({ isDrained }) => {
      if (isDrained) fakeValidator.publish("stalled-wait", { certainty: "certain" });
    };`;
    expect(runWatched(source).stderr).toContain('Something about "A" [stalled-wait]\n');
  });
});

describe('LOCKDEP_SNAPSHOT', () => {
  test('saves a snapshot at the end, named after the process', () => {
    const cwd = makeFolder();
    const source = 'fakeValidator.publish("not-held");\nconsole.log(process.pid);process.chdir("/");';
    const { stdout } = runWatched(source, { LOCKDEP_SNAPSHOT: 'saved-%p.json', FAKE_POLICY: 'collect' }, cwd);
    const saved = readdirSync(cwd).filter((name) => name.startsWith('saved'));
    expect(saved).toEqual([`saved-${stdout.trim()}.json`]);
    const snapshot = JSON.parse(readFileSync(path.join(cwd, saved[0] ?? ''), 'utf8')) as {
      findings: unknown[];
    };
    expect(snapshot.findings).toHaveLength(1);
  });

  test('that cannot be written is told in one line, and changes nothing', () => {
    const { stderr, status } = runWatched('process.exitCode = 6;', { LOCKDEP_SNAPSHOT: 'no/such/file' });
    expect(stderr).toMatch(/^lockdep: Internal fault, the program goes on: Error: ENOENT[^\n]*\n$/);
    expect(status).toBe(6);
  });

  test('is saved by the main thread alone', () => {
    const cwd = makeFolder();
    const source = `import { Worker, isMainThread } from 'node:worker_threads';
if (isMainThread) fakeValidator.publish("not-held");
if (isMainThread) new Worker(new URL(import.meta.url));`;
    runWatched(source, { LOCKDEP_SNAPSHOT: 'saved.json' }, cwd);
    expect(readFileSync(path.join(cwd, 'saved.json'), 'utf8')).toContain('[not-held]');
  });
});

describe('the policy error', () => {
  const cases: [source: string, status: number][] = [
    ['', 0],
    ['fakeValidator.publish("not-held");', 1],
    ['fakeValidator.publish("not-held");process.exit(0);', 1],
    ['fakeValidator.publish("not-held");process.exitCode = 5;', 5],
    ['fakeValidator.publish("not-held", { severity: "warning" });', 0],
  ];
  test.for(cases)('ends %j with %i', ([source, status]) => {
    expect(runWatched(source, { FAKE_POLICY: 'error' }).status).toBe(status);
  });

  test('leaves the status alone under warn', () => {
    expect(runWatched('fakeValidator.publish("not-held");').status).toBe(0);
  });
});

describe('under lockdep run', () => {
  function runForCommand(source: string): Ended & { saved: string | undefined } {
    const cwd = makeFolder();
    const ended = runWatched(
      source,
      { LOCKDEP_RUN_SNAPSHOT: path.join(cwd, 'run.json'), FAKE_POLICY: 'error' },
      cwd,
    );
    const isSaved = readdirSync(cwd).includes('run.json');
    return { ...ended, saved: isSaved ? readFileSync(path.join(cwd, 'run.json'), 'utf8') : undefined };
  }

  test('nothing is printed, the status is the program’s, and a snapshot is saved', () => {
    const { stderr, status, saved } = runForCommand('fakeValidator.publish("not-held");');
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
    expect(saved).toContain('[not-held]');
  });

  test.skipIf(process.platform === 'win32').for(['SIGINT', 'SIGTERM'] as const)(
    '%s saves and ends by itself',
    (signal) => {
      const source = `fakeValidator.publish("not-held");setInterval(() => process.kill(process.pid, "${signal}"), 1);`;
      const ended = runForCommand(source);
      expect(ended).toMatchObject({ signal, status: null });
      expect(ended.saved).toContain('[not-held]');
    },
  );

  test('a signal that the program listens to is the program’s', () => {
    const source = `process.on("SIGTERM", () => { console.log("mine"); process.exit(8); });
setInterval(() => process.kill(process.pid, "SIGTERM"), 1);`;
    expect(runForCommand(source)).toMatchObject({ stdout: 'mine\n', status: 8, signal: null });
  });

  test('a process that the program forks does not overwrite the snapshot', () => {
    const source = `import { fork } from 'node:child_process';
if (process.send === undefined) { fakeValidator.publish("not-held"); fork(process.argv[1]); }`;
    const { saved, status } = runForCommand(source);
    expect(status).toBe(0);
    expect(saved).toContain('[not-held]');
  });
});

describe('a fault of ours', () => {
  test('is told in one line, once, and the program goes on', () => {
    const source = `fakeValidator.snapshot = () => { throw new TypeError("broken\\nin two lines"); };
fakeValidator.publish("not-held");
console.log("goes on");`;
    const withFile = { LOCKDEP_SNAPSHOT: 'saved.json', FAKE_POLICY: 'error' };
    const printed = PRINTED.replace(/(?<=1:1 {2}).*/, 'fakeValidator.snapshot = () => { throw new TypeErr…');
    expect(runWatched(source, withFile)).toEqual({
      stdout: 'goes on\n',
      stderr: `${printed}lockdep: Internal fault, the program goes on: TypeError: broken\n`,
      status: 1,
      signal: null,
    });
  });
});
