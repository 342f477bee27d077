import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { measureText } from '../../src/report/columns.ts';
import { formatText } from '../../src/report/text.ts';
import type { Snapshot } from '../../src/validator/snapshot-format.ts';
import { edge, finding, snapshot, stack } from './snapshots.ts';

function cycleOf(a: string, b: string, source = 'await lock.acquire();', path = 'src/a.ts'): Snapshot {
  const place = { held: stack(), requested: stack() };
  place.held.frames.push({ at: `${path}:1:1`, source });
  place.requested.frames.push({ at: `${path}:2:2`, source });
  return snapshot({
    edges: [edge(a, b, place), edge(b, a, place)],
    findings: [
      finding('circular-dependency', [a, b, a], {
        edges: [0, 1],
        flows: 2,
        message: `Deadlock of ${a} and ${b}`,
      }),
    ],
  });
}

describe('class names', () => {
  const cases: [name: string, chain: string, why: string][] = [
    ['orders', 'orders', 'a plain name stays as it is'],
    ['src/a.ts:3:11', 'src/a.ts:3:11', 'so does a place'],
    ['Größe', 'Größe', 'and letters of any script'],
    ['my lock', '"my lock"', 'spaces are quoted'],
    ['A → B', '"A → B"', 'an arrow in a name is not an arrow of the chain'],
    ['say "hi"', '"say \\"hi\\""', 'quotes are escaped'],
    ['back\\slash', '"back\\\\slash"', 'so are backslashes'],
    ['', '""', 'an empty name is seen'],
    ['a\nb', '"a\\nb"', 'a line break does not break the line'],
    ['\u001b[31mred\u0007', '"\\x1b[31mred\\x07"', 'nothing reaches the terminal as a command'],
    ['abc\u202edef', '"abc\\u202edef"', 'nor turns the text around'],
    ['a\u200bb', '"a\\u200bb"', 'nothing invisible stays so'],
    ['\ud800', '"\\ud800"', 'half a character is spelled out'],
    ['\u{e0001}x', '"\\u{e0001}x"', 'also outside the basic plane'],
  ];

  test.for(cases)('%j: %s, %s', ([name, chain]) => {
    const text = formatText(cycleOf(name, 'B'));
    expect(text.split('\n').filter((line) => line.startsWith(`  ${chain} → B  `))).toHaveLength(1);
    expect(text.split('\n').filter((line) => line.startsWith(`  B → ${chain}  `))).toHaveLength(1);
    expect(text).toContain(`    ${chain} held since  `);
  });
});

describe('source lines', () => {
  test('have their controls spelled out and their tabs as spaces', () => {
    const text = formatText(cycleOf('A', 'B', 'a\tb\u001b[2J'));
    expect(text).toContain('  src/a.ts:1:1  a b\\x1b[2J\n');
  });

  test('that are too long are cut to the width', () => {
    const [line] = formatText(cycleOf('A', 'B', 'x'.repeat(500))).match(/.*x…$/m) ?? [];
    expect(line).toHaveLength(80);
  });

  test('of wide characters are cut by the columns they take', () => {
    const [line = ''] = formatText(cycleOf('A', 'B', '鎖'.repeat(500))).match(/.*鎖…$/m) ?? [];
    expect(measureText(line)).toBeLessThanOrEqual(80);
    expect(measureText(line)).toBeGreaterThanOrEqual(78);
  });

  test('that are missing leave no trailing blanks', () => {
    const text = formatText(snapshot({ ...cycleOf('A', 'B'), edges: [edge('A', 'B'), edge('B', 'A')] }));
    expect(text).toContain('    A held since  src/A.ts:1:1\n');
    expect(text).not.toMatch(/ $/m);
  });
});

describe('long paths', () => {
  const path = `packages/${'deep/'.repeat(8)}file.ts`;

  test('send the source line below, and are never broken', () => {
    expect(formatText(cycleOf('A', 'B', 'await lock.acquire();', path))).toContain(
      `    A held since  ${path}:1:1\n      await lock.acquire();\n`,
    );
  });

  test('beside long names go below as well', () => {
    const name = `src/${'x'.repeat(60)}.ts:3:11`;
    const text = formatText(cycleOf(name, 'B', 'await lock.acquire();', path));
    expect(text).toContain(`    ${name} held since\n      ${path}:1:1\n      await lock.acquire();\n`);
    expect(text).toContain(`  ${name} → B\n    seen once\n`);
  });
});

/** Characters of every kind that went wrong once, among plain ones. */
const nasty = fc.string({
  unit: fc.constantFrom(
    'a',
    'b',
    ' ',
    '"',
    '\\',
    '→',
    '\n',
    '\t',
    '\u001b',
    '\u202e',
    '鎖',
    '😀',
    '\ud800',
    'é',
    '\u0301',
  ),
  maxLength: 30,
});

describe('whatever the names, paths and source lines are', () => {
  test('every line is printable, and no name breaks out of its line', () => {
    fc.assert(
      fc.property(nasty, nasty, nasty, fc.integer({ min: 80, max: 140 }), (a, b, source, width) => {
        const text = formatText(cycleOf(a, b, source), { width });
        expect(text).not.toMatch(/[^\P{Cc}\n]|\p{Cs}|\u202e/u);
        expect(text.match(/seen once$/gm)).toHaveLength(2);
        expect(text.match(/^(?:Deadlock of| {2}Two flows| {2}Fix:|1 finding:)/gm)).toHaveLength(4);
      }),
    );
  });

  test('plain names and paths make every line fit', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), fc.integer({ min: 80, max: 140 }), (source, width) => {
        const given = cycleOf('orders', 'users', source);
        for (const line of formatText(given, { width }).split('\n'))
          expect(measureText(line)).toBeLessThanOrEqual(width);
      }),
    );
  });
});
