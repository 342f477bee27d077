/** Watch modes: what a run is told must be of that run, and not of the files as they were before. */
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, expect, it, vi } from 'vitest';
import { type Runner, createProject, plainEnvironment, removeProjects } from './project.ts';
import { newest } from './versions.ts';

vi.setConfig({ testTimeout: 90_000 });
afterAll(removeProjects, 60_000);

interface Watch {
  command: string[];
  /** What the runner prints at the end of each run. */
  ended: RegExp;
  passed: RegExp;
}

const vitest = ['node_modules/vitest/vitest.mjs', 'watch'];
const atEnd = { ended: /Waiting for file changes|Watching for file changes/u, passed: /\bPASS\b/u };

const watches: readonly [name: string, runner: Runner, watch: Watch][] = [
  ['vitest', 'vitest', { command: vitest, ...atEnd }],
  ['vitest in one process', 'vitest', { command: [...vitest, '--no-isolate', '--maxWorkers=1'], ...atEnd }],
  [
    'jest',
    'jest',
    {
      command: ['node_modules/jest/bin/jest.js', '--watchAll'],
      ended: /Ran all test suites/u,
      passed: /Tests: +2 passed/u,
    },
  ],
  [
    'mocha',
    'mocha',
    {
      command: ['node_modules/mocha/bin/mocha.js', '--watch', '*.test.js'],
      ended: /\[mocha\] waiting for changes/u,
      passed: /2 passing/u,
    },
  ],
];

const CYCLE = /Potential deadlock: x → y → x \[circular-dependency\]/gu;

it.each(watches)('%s: a later run starts without what an earlier one has seen', async (_, runner, watch) => {
  const { alias } = newest.find((each) => each.runner === runner)!;
  const folder = createProject(runner, alias, 'halves');
  // Mocha loads an ES module once.
  if (runner === 'mocha') toCommonJs(folder);
  const child = spawn(process.execPath, watch.command, {
    cwd: folder,
    env: plainEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  let heard = (): void => {};
  const hear = (chunk: Buffer): void => {
    text += chunk.toString();
    heard();
  };
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  /** What is printed until a run has ended. */
  const nextRun = async (): Promise<string> => {
    while (!watch.ended.test(text)) await new Promise<void>((resolve) => void (heard = resolve));
    const said = text;
    text = '';
    return said;
  };
  try {
    const first = await nextRun();
    expect(new Set(first.match(CYCLE))).toHaveLength(1);
    const second = path.join(folder, 'second.test.js');
    writeFileSync(second, readFileSync(second, 'utf8').replace('y.run(() => x', 'x.run(() => y'));
    const later = await nextRun();
    expect(later).toMatch(watch.passed);
    expect(later).not.toContain('Potential deadlock');
  } finally {
    const closed = new Promise((resolve) => child.on('close', resolve));
    child.kill('SIGKILL');
    await closed;
  }
});

function toCommonJs(folder: string): void {
  for (const name of ['first.test.js', 'second.test.js']) {
    const file = path.join(folder, name);
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.replace(/^import (\{.*?\}) from '(.*)';$/gmu, "const $1 = require('$2');"));
  }
  const manifest = path.join(folder, 'package.json');
  writeFileSync(manifest, readFileSync(manifest, 'utf8').replace('"type": "module", ', ''));
}
