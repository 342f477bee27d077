import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatGithub } from '../../src/report/github.ts';
import { HOSTILE, samples } from './samples.ts';
import { finding, ordersAndUsers, snapshot, stack } from './snapshots.ts';

interface Annotation {
  command: string;
  properties: Record<string, string>;
  message: string;
}

/** Reads a line as the runner does: properties up to the second `::`, then the unescaping of each part. */
function parseCommand(line: string): Annotation | undefined {
  const [, command = '', list = '', data = ''] = /^::(\w+) (.*?)::(.*)$/s.exec(line) ?? [];
  if (command === '') return undefined;
  const unescapeData = (text: string): string =>
    text.replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%25', '%');
  const properties = list.split(',').map((pair): [string, string] => {
    const at = pair.indexOf('=');
    const value = pair
      .slice(at + 1)
      .replaceAll('%3A', ':')
      .replaceAll('%2C', ',');
    return [pair.slice(0, at), unescapeData(value)];
  });
  return { command, properties: Object.fromEntries(properties), message: unescapeData(data) };
}

describe('GitHub annotations', () => {
  test('say where, what, and all that the report says', () => {
    const [line = '', ...rest] = formatGithub(ordersAndUsers()).split('\n');
    expect(line).toMatch(
      /^::error file=src\/users\.ts,line=41,col=18,title=lockdep%3A circular-dependency::Pot/,
    );
    expect(parseCommand(line)?.message).toContain('\n  Fix: take "orders" first in src/users.ts:41, as ');
    expect(rest).toEqual(['1 finding: 1 error (2 classes, 2 edges)', '']);
  });

  test('have the level of the severity, ten of each, and the rest is counted', () => {
    const lines = formatGithub(samples['many'] ?? snapshot()).split('\n');
    const commands = lines.map((line) => parseCommand(line)?.command ?? line);
    const ten = (command: string): string[] => Array.from({ length: 10 }, () => command);
    expect(commands).toEqual([
      ...ten('error'),
      ...ten('warning'),
      ...ten('notice'),
      '1 more error, 1 more warning, 1 more note not annotated: GitHub shows 10 annotations of a level a step.',
      '33 findings: 11 errors, 11 warnings, 11 notes (0 classes, 0 edges)',
      '',
    ]);
  });

  test('leave out what is known', () => {
    const known = new Map([['circular-dependency|orders|users|orders', 'old']]);
    expect(formatGithub(ordersAndUsers(), { known })).toBe(
      'No new findings, 1 known (2 classes, 2 edges).\n',
    );
  });

  test('of a finding without a place have none', () => {
    const [line = ''] = formatGithub(snapshot({ findings: [finding('not-held', ['A'])] })).split('\n');
    expect(parseCommand(line)?.properties).toEqual({ title: 'lockdep: not-held' });
  });

  test('stay one command each, and come back as they were', () => {
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom(...HOSTILE));
    fc.assert(
      fc.property(text, text, (message, path) => {
        const given = snapshot({
          findings: [finding('not-held', ['A'], { message, stack: stack() })],
        });
        given.findings[0]?.stack?.frames.push({ at: `${path}:7:8` });
        const lines = formatGithub(given).split(/\r\n|[\r\n]/);
        expect(lines).toHaveLength(3);
        const annotation = parseCommand(lines[0] ?? '');
        if (path !== '') expect(annotation?.properties).toMatchObject({ file: path, line: '7', col: '8' });
        if (/^[\x20-\x7e]+$/.test(message)) expect(annotation?.message.startsWith(message)).toBe(true);
      }),
    );
  });
});
