import { readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { readText, root } from './documents.ts';

/** Rooms that make findings; the others only word or list them. */
const ROOMS = ['validator', 'locks', 'executors', 'trace', 'live', 'adapters', 'runners'];
/** Where every code stands, made or not. */
const TABLES = ['src/validator/finding.ts', 'src/validator/snapshot-format.ts'];

/** The codes of the type `FindingCode`. */
function listCodes(): string[] {
  const [, union = ''] =
    /export type FindingCode =([^;]+);/.exec(readText('src/validator/snapshot-format.ts')) ?? [];
  return Array.from(union.matchAll(/'([\w-]+)'/g), ([, code = '']) => code);
}

function listSources(): string[] {
  return readdirSync(path.join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .map((file) => file.split(path.sep).join('/'))
    .filter((file) => file.endsWith('.ts') && ROOMS.includes(file.split('/')[0] ?? ''))
    .map((file) => `src/${file}`)
    .filter((file) => !TABLES.includes(file));
}

/** The codes that some source makes a finding of. */
function listMadeCodes(): string[] {
  const sources = listSources().map(readText);
  return listCodes().filter((code) => sources.some((source) => source.includes(`'${code}'`)));
}

/** The document by its headings of the second level. */
function readSections(): Map<string, string> {
  const [, ...parts] = readText('docs/findings.md').split(/^## /m);
  return new Map(parts.map((part) => [part.slice(0, part.indexOf('\n')), part]));
}

const made = listMadeCodes();
const sections = readSections();

test('there are codes to look at', () => {
  expect(listCodes().length).toBeGreaterThanOrEqual(made.length);
  expect(made.length).toBeGreaterThan(5);
});

test('the codes that can occur, and no others, have a heading', () => {
  expect([...sections.keys()].filter((heading) => listCodes().includes(heading)).sort()).toEqual(made.sort());
});

describe.each(made)('%s', (code) => {
  const section = sections.get(code) ?? '';

  test('is shown in a report of a program or a trace', () => {
    expect(section).toMatch(/^```(ts|trace) /m);
    expect(section).toContain(`[${code}]\n`);
  });

  test('has a fix, and says when it is a false alarm', () => {
    expect(section).toContain('**Fix.**');
    expect(section).toContain('**False alarms.**');
  });

  test('is in the table of the README', () => {
    expect(readText('README.md')).toContain(`| [\`${code}\`](docs/findings.md#${code}) |`);
  });
});
