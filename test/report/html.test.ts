import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { embedJson } from '../../src/report/html/escape-html.ts';
import type { GraphData } from '../../src/report/html/graph-data-format.ts';
import { formatHtml } from '../../src/report/html/html.ts';
import type { Snapshot } from '../../src/validator/snapshot-format.ts';
import { HOSTILE, samples } from './samples.ts';
import { edge, finding, lockClass, ordersAndUsers, rcuChain, snapshot, stack } from './snapshots.ts';

/** The scripts and styles of a page, and all the rest. */
function split(html: string): { scripts: string[]; styles: string[]; rest: string } {
  const scripts: string[] = [];
  const styles: string[] = [];
  const rest = html
    .replace(/<script>(.*?)<\/script>/gs, (_, text: string) => (scripts.push(text), ''))
    .replace(/<style>(.*?)<\/style>/gs, (_, text: string) => (styles.push(text), ''));
  return { scripts, styles, rest };
}

function readGraph(html: string): GraphData {
  const [, json = ''] = /<script type="application\/json" id="graph-data">(.*?)<\/script>/s.exec(html) ?? [];
  return JSON.parse(json) as GraphData;
}

/** All that the program says is `text`. */
function sayEverywhere(text: string): Snapshot {
  const place = { frames: [{ at: text, source: text, fn: text }, { at: `${text}:3:4` }], flow: text };
  const edges = [
    edge(text, 'B', { held: place, requested: place, gates: [text], custodians: [text], counts: [0, 1] }),
    edge('B', text),
  ];
  return snapshot({
    tool: text,
    runtime: text,
    inputs: [
      { id: text, runs: 1, name: text },
      { id: '2', runs: 1 },
    ],
    classes: [lockClass(text, { kind: text, site: text })],
    edges,
    findings: [
      finding('circular-dependency', [text, 'B', text], { edges: [0, 1], flows: 2, message: text }),
      finding('not-held', [text], { stack: place, message: text, certainty: text as 'certain' }),
    ],
  });
}

function count(text: string, part: string): number {
  return text.split(part).length - 1;
}

describe('a page', () => {
  test.for(Object.entries(samples))(
    'of %s is the same twice, and leaves the snapshot as it is',
    ([, sample]) => {
      const before = structuredClone(sample);
      const html = formatHtml(sample);
      expect(formatHtml(structuredClone(sample))).toBe(html);
      expect(sample).toEqual(before);
      expect(html).toMatch(/^<!doctype html>\n.*<\/html>\n$/s);
    },
  );

  test('does not depend on the ids of its inputs', () => {
    const given = ordersAndUsers();
    expect(formatHtml({ ...given, inputs: [{ id: 'other', runs: 1 }] })).toBe(formatHtml(given));
  });

  test.for(Object.entries(samples))('of %s can load nothing', ([, sample]) => {
    const { styles, scripts, rest } = split(formatHtml(sample));
    const hashes = [...scripts, ...styles].map((text) => createHash('sha256').update(text).digest('base64'));
    const [, policy] = /<meta http-equiv="Content-Security-Policy" content="([^"]*)">/.exec(rest) ?? [];
    expect(policy).toBe(
      `default-src 'none'; script-src 'sha256-${hashes[0]}'; style-src 'sha256-${hashes[1]}'; base-uri 'none'; form-action 'none'`,
    );
    expect(styles.join('')).not.toMatch(/url\(|@import|https?:/);
    expect(rest.match(/<[a-z][^>]*\s(?:src|srcset|action|data|style|on\w+)=/gi)).toBeNull();
    const targets = [...rest.matchAll(/<[a-z][^>]*\shref="([^"]*)"/gi)].map(([, target = '']) => target);
    expect(targets.length).toBeGreaterThan(0);
    for (const target of targets) expect(rest).toContain(`id="${target.replace(/^#/, '')}"`);
  });

  test('says of a finding what the report says, without scripts', () => {
    const { rest } = split(formatHtml(ordersAndUsers()));
    expect(rest).toContain('Potential deadlock: orders → users → orders [circular-dependency]</h3>');
    expect(rest).toContain(
      '<dt>users held since</dt><dd><code class="site">src/users.ts:41:18</code><code class="source">const hold = await users.acquire();</code></dd>',
    );
    expect(rest).toContain('Two flows are enough: one in each order, at the same time.');
    expect(rest).toContain(
      '<strong>Fix:</strong> take &quot;orders&quot; first in src/users.ts:41, as everywhere else.',
    );
    expect(rest).toContain('<svg class="chain" role="img" aria-label="users → orders → users"');
    expect(rest).toContain('<ol><li><code>orders</code></li>\n<li><code>users</code></li></ol>');
  });

  test('leaves out what a baseline knows, and says so', () => {
    const known = new Map([['circular-dependency|orders|users|orders', 'old']]);
    const { rest } = split(formatHtml(ordersAndUsers(), { known }));
    expect(rest).toContain('No new findings, 1 known (2 classes, 2 edges).');
    expect(rest).toContain('1 known finding left out.');
    expect(rest).not.toContain('<article');
  });

  test('of many findings begins with how many there are of each code', () => {
    const { rest } = split(formatHtml(samples['many'] ?? snapshot()));
    expect(rest).toMatch(/<a href="#finding-1">not-held<\/a><\/th><td>11<\/td><td>11<\/td><td>11<\/td>/);
    expect(count(rest, '<article')).toBe(33);
  });
});

describe('whatever the program says', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom(
      ...HOSTILE,
      '</script>',
      '<!--<script>',
      ']]>',
      '"\'`',
      '\u202e',
      '\u0000',
      '\udc00',
      '&lt;',
      '%3Cb%3E',
    ),
  );

  test('no angle bracket of it is in the page, and it reads back as text', () => {
    const plain = formatHtml(sayEverywhere('x'));
    fc.assert(
      fc.property(text, text, (a, b) => {
        // Where there is none, a row or a title would be left out.
        const said = `x${a}<${b}>&"'`;
        const html = formatHtml(sayEverywhere(said));
        for (const bracket of ['<', '>']) expect(count(html, bracket)).toBe(count(plain, bracket));
        // oxlint-disable-next-line no-control-regex -- they are what must not be there
        expect(html).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u2028\u2029\u202a-\u202e]|\p{Cs}/u);
        expect(readGraph(html).texts.some((each) => each.includes('<'))).toBe(true);
      }),
    );
  });

  test('embedded data reads back as it was', () => {
    fc.assert(
      fc.property(fc.anything({ withNullPrototype: false, maxDepth: 2 }), text, (value, said) => {
        const given = JSON.parse(JSON.stringify({ value, said })) as unknown;
        const json = embedJson(given);
        expect(json).not.toMatch(/[<>&\u2028\u2029]/);
        expect(JSON.parse(json)).toEqual(given);
      }),
    );
  });
});

describe('the graph', () => {
  test('has the lock order from top to bottom, and the seldom way round against it', () => {
    const { nodes, edges, texts } = readGraph(formatHtml(ordersAndUsers()));
    const [orders, users] = ['orders', 'users'].map((name) =>
      nodes.find((node) => texts[node.name] === name),
    );
    expect([orders?.level, users?.level]).toEqual([1, 2]);
    expect(orders!.y).toBeGreaterThan(users!.y);
    expect(edges.map(({ against }) => against)).toEqual([true, undefined]);
  });

  test('gives parallel edges a bend each, and hand-overs a bend to be dashed', () => {
    const given = rcuChain();
    const edges = [
      ...given.edges,
      edge('A', 'C', { toMode: 'shared' }),
      edge('A', 'C', { fromMode: 'shared' }),
    ];
    const graph = readGraph(formatHtml({ ...given, edges }));
    const bends = graph.edges.map(
      ({ from, to, curvature }) =>
        `${Math.min(from, to)} ${Math.max(from, to)} ${Math.sign(from - to) * curvature}`,
    );
    expect(new Set(bends).size).toBe(bends.length);
    for (const { kind, curvature } of graph.edges)
      if (kind === 'custody' || kind === 'handoff') expect(curvature).not.toBe(0);
  });

  test('tells of an edge both places, what it is, and where it comes from', () => {
    const given = snapshot({
      inputs: [
        { id: '1', runs: 1, name: 'a.json' },
        { id: '2', runs: 1 },
      ],
      edges: [
        edge('A', 'B', {
          kind: 'wait',
          toMode: 'shared',
          evidence: 'signalled',
          count: 7,
          gates: ['G'],
          sharedGates: ['G', 'H'],
          custodians: ['RCU'],
          counts: [0, 3, 1, 4],
          held: stack('a.ts:1:1 | await a.acquire();', 'main.ts:9:9'),
        }),
      ],
    });
    const { edges, texts } = readGraph(formatHtml(given));
    const [first] = edges;
    const read = (list: readonly (number | undefined)[]): (string | undefined)[] =>
      list.map((index) => texts[index ?? -1]);
    expect(read([first!.title, first!.remark])).toEqual(['A → B', 'seen 7 times, signalled']);
    expect(first!.rows.map((row) => read(row))).toEqual([
      ['A held since', 'a.ts:1:1', 'await a.acquire();'],
      ['B waited for', 'src/A.ts:2:2'],
    ]);
    expect(first!.facts.map((fact) => read(fact))).toEqual([
      ['kind', 'wait: the second was waited for, and not taken, while the first was held'],
      ['modes', 'held exclusive, asked for shared'],
      ['evidence', 'signalled: it waited for the second, which was asked for elsewhere'],
      ['seen', '7 times'],
      ['under', 'G, H'],
      ['in custody of', 'RCU'],
      ['in', 'a.json (3), input 2 (4)'],
    ]);
    expect(first!.stacks.map(([label, frames]) => [texts[label], ...read(frames)])).toEqual([
      ['first place, called from', 'a.ts:1:1', 'main.ts:9:9'],
    ]);
  });

  test(
    'too large to be drawn keeps the chains of findings, and says what is left out',
    { timeout: 30_000 },
    () => {
      const chain = [edge('last', 'first'), edge('first', 'last')];
      const rest = Array.from({ length: 20_005 }, (_, index) =>
        edge(`L${index}`, `M${index}`, { count: 5, held: stack(), requested: stack() }),
      );
      const found = finding('circular-dependency', ['first', 'last', 'first'], {
        edges: [20_005, 20_006],
        flows: 2,
      });
      const html = formatHtml(snapshot({ edges: [...rest, ...chain], findings: [found] }));
      const graph = readGraph(html);
      expect(graph.edges).toHaveLength(20_000);
      expect(graph.findings).toEqual([{ edges: [19_998, 19_999] }]);
      expect(html).toContain('<p>7 edges seen less often left out.</p>');
    },
  );

  test('of an edge within one class, and of a finding without edges', () => {
    const given = snapshot({
      classes: [lockClass('A'), lockClass('B')],
      edges: [edge('A', 'A')],
      findings: [
        finding('recursive-acquisition', ['A', 'A'], { edges: [0], flows: 1 }),
        finding('not-held', ['B'], { severity: 'warning' }),
      ],
    });
    const graph = readGraph(formatHtml(given));
    expect(graph.findings).toEqual([{ edges: [0] }, { edges: [], node: 1 }]);
    expect(graph.nodes.map(({ level, severity }) => [level, severity])).toEqual([
      [1, 'error'],
      [0, 'warning'],
    ]);
  });
});

describe('the table of lock classes', () => {
  function listCells(given: Snapshot): string[][] {
    const [, table = ''] = /<table class="sortable">(.*?)<\/table>/s.exec(formatHtml(given)) ?? [];
    return [...table.matchAll(/<tr>(.*?)<\/tr>/gs)].map(([, row = '']) =>
      [...row.matchAll(/<t[hd][^>]*>(.*?)<\/t[hd]>/gs)].map(([, cell = '']) => cell.replace(/<[^>]*>/g, '')),
    );
  }

  test('begins with what is waited for most, and has the percentiles that were counted', () => {
    const classes = [
      lockClass('calm', { acquisitions: 9 }),
      lockClass('busy', {
        kind: 'semaphore',
        instances: 2,
        acquisitions: 12,
        contentions: 3,
        waitMs: { mean: 0.123456, max: 10, p99: 9, p50: 0.1 },
        holdMs: { mean: 1, max: 1234.5678 },
        site: 'src/a.ts:3:11',
      }),
    ];
    expect(listCells(snapshot({ classes }))).toEqual([
      [
        'class',
        'kind',
        'instances',
        'acquisitions',
        'contentions',
        'wait mean, ms',
        'wait p50, ms',
        'wait p99, ms',
        'wait max, ms',
        'hold mean, ms',
        'hold max, ms',
        'made at',
      ],
      ['busy', 'semaphore', '2', '12', '3', '0.123', '0.1', '9', '10', '1', '1230', 'src/a.ts:3:11'],
      ['calm', 'mutex', '1', '9', '0', '0', '0', '0', '0', '0', '0', ''],
    ]);
  });
});
