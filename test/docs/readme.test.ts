import { execSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { cleanEnv } from '../cli/command.ts';
import { listBlocks, readText, root } from './documents.ts';

const blocks = listBlocks('README.md');

/** What the demo does after it has built everything; a build would pull the rug from under other tests. */
function readDemoCommand(): string {
  const { scripts } = JSON.parse(readText('package.json')) as { scripts: Record<string, string> };
  const steps = scripts['demo']?.split('&&').map((step) => step.trim()) ?? [];
  expect(steps.slice(0, -1)).toEqual(['npm run --silent build', 'npm run --silent build:fixtures']);
  return steps.at(-1) ?? '';
}

test('the report is what the demo prints, byte for byte', () => {
  const command = `${readDemoCommand()} 2>&1 >/dev/null`;
  const report = execSync(command, { cwd: root, env: cleanEnv(), encoding: 'utf8' });
  expect(report).not.toBe('');
  expect(blocks.find(({ label }) => label === 'report')?.text).toBe(report);
});

test('the two commands come right after the first program and its report', () => {
  expect(blocks.slice(0, 4).map(({ language, text }) => (language === 'sh' ? text : language))).toEqual([
    'ts',
    'text',
    'npm ci && npm run demo\n',
    'npm ci && npm test\n',
  ]);
});

test('the figures of the bench have their place', () => {
  expect(readText('README.md')).toMatch(/^<!-- bench -->$[\s\S]+^<!-- \/bench -->$/m);
});
