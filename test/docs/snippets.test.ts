/**
 * Every program in README.md and docs/ is a file of fixtures/programs, and whatever is shown of it is what
 * it does. The info string of a block says what it is: `ts FILE` is that file, and below it `text report`,
 * `text edges` and `text output` are the report, the edges and the stdout of it; `trace FILE` is a trace, and
 * below it `text check` what `lockdep check` says of it; see claims.ts.
 * `UPDATE_DOCS=1 npx vitest run test/docs` fills the blocks in; look at the difference it makes.
 */
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { claims } from './claims.ts';
import { type Block, listBlocks, listDocuments, readText, rewriteBlock, root } from './documents.ts';

const isUpdate = process.env['UPDATE_DOCS'] === '1';

const blocks = listDocuments().flatMap(listBlocks);
const isProgram = ({ language }: Pick<Block, 'language'>): boolean =>
  language === 'ts' || language === 'trace';
const programs = blocks.filter(isProgram);

/** The blocks between a program and the next. */
function claimsBelow(program: Block): Block[] {
  const below = blocks.filter(
    ({ document, index }) => document === program.document && index > program.index,
  );
  const end = below.findIndex(isProgram);
  return below.slice(0, end === -1 ? below.length : end).filter(({ language }) => language === 'text');
}

/** Compares a block with what it should be, or makes it that. */
function check(block: Block, actual: string): void {
  if (isUpdate) rewriteBlock(block, actual);
  else expect(block.text).toBe(actual);
}

test('there are programs to look at', () => {
  expect(programs.length).toBeGreaterThan(25);
  expect(new Set(programs.map(({ document }) => document)).size).toBeGreaterThan(2);
});

test('every block is of a known kind', () => {
  const unknown = blocks.filter(({ document, language, label }) => {
    // Followed to the letter by test/runners/newcomer.test.ts.
    if (document === 'docs/runners.md') return false;
    if (language === 'text') return !Object.hasOwn(claims, label);
    return isProgram({ language }) ? !existsSync(path.join(root, label)) : language !== 'sh';
  });
  expect(unknown.map(({ document, line, label }) => `${document}:${line} ${label}`)).toEqual([]);
});

test('every program made for the documents is shown once', () => {
  const folder = 'fixtures/programs/docs';
  const files = readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => `${folder}/${file.split(path.sep).join('/')}`);
  const shown = programs.map(({ label }) => label).filter((label) => label.startsWith(`${folder}/`));
  expect(shown.sort()).toEqual(files.sort());
});

describe.each(programs.map((program): [string, Block] => [program.label, program]))('%s', (file, program) => {
  const shown = claimsBelow(program);

  test('stands in the document as it is in the file', () => {
    check(program, readText(file));
  });

  test('has something shown of it, or of a program that imports it', () => {
    const name = `'./${path.basename(file)}'`;
    const isImported = programs.some(({ text }) => text.includes(`from ${name}`));
    expect(shown.length > 0 || isImported).toBe(true);
  });

  test.each(shown.map((claim): [string, Block] => [claim.label, claim]))(
    'has the %s shown',
    (label, claim) => {
      check(claim, claims[label]!(file));
    },
  );
});
