import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatDot } from '../../src/report/dot.ts';
import { formatMarkdown } from '../../src/report/markdown.ts';
import { formatMermaid } from '../../src/report/mermaid.ts';
import { HOSTILE } from './samples.ts';
import { edge, finding, lockClass, ordersAndUsers, rcuChain, snapshot } from './snapshots.ts';

const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom(...HOSTILE));

describe('Mermaid', () => {
  test('makes cycles thick and hand-overs dotted', () => {
    expect(formatMermaid(rcuChain())).toBe(`flowchart LR
  n0["A"]:::error
  n1["C"]:::error
  n2[["RCU"]]:::error
  n0 ==>|"1"| n1
  n0 -.->|"handoff 1"| n2
  n1 ==>|"wait 1"| n2
  n2 -.->|"custody 1"| n0
  classDef error stroke:#d1242f,stroke-width:2px
  linkStyle 0,2,3 stroke:#d1242f,stroke-width:2px
`);
  });

  test('has nothing in a name that it would read', () => {
    fc.assert(
      fc.property(text, (name) => {
        const lines = formatMermaid(snapshot({ classes: [lockClass(name)] })).split('\n');
        expect(lines).toHaveLength(3);
        expect(lines[1]).toMatch(/^ {2}n0\["(?:[\p{L}\p{M}\p{N} _./→-]|#\d+;)+"\]$/u);
      }),
    );
  });

  test('stays within what Mermaid draws, the cycles first', () => {
    const edges = Array.from({ length: 2000 }, (_, i) => edge(`lock ${i}`, `lock ${i + 1}`));
    edges.push(edge('X', 'Y'), edge('Y', 'X'));
    const findings = [finding('circular-dependency', ['X', 'Y', 'X'], { edges: [2000, 2001], flows: 2 })];
    const chart = formatMermaid(snapshot({ edges, findings }));
    expect(chart.length).toBeLessThan(50_000);
    expect(chart.match(/-->|==>/g)).toHaveLength(500);
    expect(chart.match(/==>/g)).toHaveLength(2);
    expect(chart).toContain('  %% 1502 of 2002 edges left out, more than Mermaid draws\n');
  });
});

describe('DOT', () => {
  test('makes cycles thick and hand-overs dashed', () => {
    const dot = formatDot(rcuChain());
    expect(dot).toContain('  n2 [label="RCU", shape=component, color="#d1242f", penwidth=2];\n');
    expect(dot).toContain('  n0 -> n2 [label="handoff 1", style=dashed];\n');
    expect(dot).toContain(
      '  n2 -> n0 [label="custody 1", style=dashed, color="#d1242f", fontcolor="#d1242f", penwidth=2];\n',
    );
  });

  test('has every name in one string, in which every backslash and quote is one', () => {
    fc.assert(
      fc.property(text, (name) => {
        const lines = formatDot(snapshot({ classes: [lockClass(name)] })).split('\n');
        expect(lines).toHaveLength(7);
        expect(lines[4]).toMatch(/^ {2}n0 \[label="(?:[^"\\]|\\[\\"])*"\];$/);
      }),
    );
  });
});

describe('Markdown', () => {
  test('has a heading, a diagram, a table and the fix', () => {
    const markdown = formatMarkdown(ordersAndUsers());
    expect(markdown).toContain('## Potential deadlock: orders → users → orders `[circular-dependency]`\n');
    expect(markdown).toContain('```mermaid\nflowchart LR\n  n0["orders"]:::error\n');
    expect(markdown).toContain(
      '|  | `orders asked for` | `src/users.ts:44:24` | `await orders.acquire();` |\n',
    );
    expect(markdown).toContain('\nFix: take `orders` first in `src/users.ts:41`, as everywhere else.\n');
  });

  test('leaves out what is known', () => {
    const known = new Map([['circular-dependency|orders|users|orders', 'old']]);
    expect(formatMarkdown(ordersAndUsers(), { known })).toBe(
      '# lockdep\n\nNo new findings, 1 known (2 classes, 2 edges).\n',
    );
  });

  /** What is left of a line without its code spans: a run of backticks goes to the next run as long (CommonMark, 6.1). */
  function stripCode(line: string): string {
    const runs = line.replaceAll(/<code>[^<>`|]*<\/code>/g, '').split(/(`+)/);
    const kept: string[] = [];
    for (let i = 0; i < runs.length; i++) {
      const end = i % 2 === 0 ? -1 : runs.indexOf(runs[i] ?? '', i + 1);
      if (end === -1) kept.push(runs[i] ?? '');
      else i = end;
    }
    return kept.join('');
  }

  test('has nothing in its text that it would read, and four cells a row', () => {
    fc.assert(
      fc.property(text, text, text, (name, message, source) => {
        const place = { frames: [{ at: `${name}:1:1`, source }] };
        const given = snapshot({
          edges: [edge(name, 'B', { held: place, requested: place })],
          findings: [finding('circular-dependency', [name, 'B', name], { edges: [0], message, flows: 2 })],
        });
        const lines = formatMarkdown(given)
          .replace(/```mermaid[^`]*```/, '')
          .split('\n');
        const rows = lines.filter((line) => line.startsWith('|'));
        expect(rows).toHaveLength(4);
        for (const row of rows) expect(stripCode(row).split('|'), row).toHaveLength(6);
        for (const line of lines.slice(4).filter((each) => !each.startsWith('|')))
          expect(stripCode(line.replace(/^## /, '')), line).not.toMatch(/[<>[\]*_`@&~\\]|www\.|:\/\/|#/);
      }),
    );
  });
});
