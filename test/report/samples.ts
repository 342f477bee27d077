import type { FindingCode, Severity, Snapshot } from '../../src/validator/snapshot-format.ts';
import { edge, finding, lockClass, ordersAndUsers, rcuChain, snapshot, stack } from './snapshots.ts';

const CODES: readonly FindingCode[] = [
  'circular-dependency',
  'recursive-acquisition',
  'upgrade-deadlock',
  'nested-capacity',
  'unsatisfiable-request',
  'context-inversion',
  'inconsistent-context',
  'invalid-wait-context',
  'nested-lock-not-held',
  'order-violation',
  'bad-release',
  'not-held',
  'destroyed-while-held',
  'held-at-end',
  'leaked-hold',
  'live-deadlock',
  'stalled-wait',
];

const SEVERITIES: readonly Severity[] = ['error', 'warning', 'note'];

/** A finding of every code, those with arrows and those without, of all severities. */
function everyCode(): Snapshot {
  const edges = [
    edge('A', 'B'),
    edge('B', 'A', { declared: true, count: 0, held: stack(), requested: stack() }),
  ];
  return snapshot({
    classes: [lockClass('A'), lockClass('B', { kind: 'semaphore', permits: 2 })],
    edges,
    findings: CODES.map((code, index) => {
      const severity = SEVERITIES[index % 3] ?? 'error';
      if (index % 2 === 0) return finding(code, ['A', 'B', 'A'], { edges: [0, 1], flows: 2, severity });
      return finding(code, ['B'], { stack: stack(`src/b.ts:${index + 1}:1 | b.use();`), severity });
    }),
  });
}

/** More than GitHub shows of each level. */
function many(): Snapshot {
  return snapshot({
    findings: Array.from({ length: 33 }, (_, index) =>
      finding('not-held', [`L${String(index).padStart(2, '0')}`], {
        severity: SEVERITIES[index % 3] ?? 'error',
        stack: stack(`src/a.ts:${index + 1}:1`),
      }),
    ),
  });
}

/** Text that would act in some format, if it were let. */
export const HOSTILE: readonly string[] = [
  '</failure>]]>&amp;<script>alert(1)</script>',
  '`a` | \\| *b* [click](http://example.invalid) @all #1 <b>',
  '"]:::error\nn9["%%{init: {}}%% #quot; style x:#1;',
  '\\N\\"; } evil [label=<b>',
  '::error file=x,line=1::y\r\n::stop-commands::z%0A##[group]',
  '{0}{1} ![x](y) {{',
  '\u0000\u001b[31m\ufffe\ud800\u202e\u2028',
  '../..//etc/pass wd?q#f%2e',
];

function hostile(): Snapshot {
  const names = [...HOSTILE];
  const edges = names.map((name, index) => {
    const at = `${name}:${index + 1}:2`;
    const place = { frames: [{ at, source: name, fn: name }] };
    return edge(name, names[(index + 1) % names.length] ?? '', {
      held: place,
      requested: place,
      gates: [name],
    });
  });
  const chain = [...names, names[0] ?? ''];
  return snapshot({
    classes: names.map((name) => lockClass(name)),
    edges,
    findings: [
      finding('circular-dependency', chain, { edges: [...edges.keys()], flows: names.length }),
      finding(HOSTILE[0] as FindingCode, [HOSTILE[1] ?? ''], {
        message: names.join(' '),
        fingerprint: names.join(''),
      }),
    ],
  });
}

/** Places that are not known, or say nothing; a finding that refers to no edge; no finding but edges. */
function missing(): Snapshot {
  const nowhere = { held: stack(), requested: stack('unknown place') };
  return snapshot({
    classes: [lockClass('A')],
    edges: [edge('A', 'B', nowhere), edge('B', 'A', nowhere)],
    findings: [
      finding('circular-dependency', ['A', 'B', 'A'], { edges: [0, 1], flows: 2 }),
      finding('not-held', [], { severity: 'note' }),
      finding('held-at-end', ['A'], { severity: 'warning', stack: stack('/abs/a.ts:3:1', 'b.ts:1:1') }),
    ],
  });
}

/** What each format is shown to render. */
export const samples: Readonly<Record<string, Snapshot>> = {
  none: snapshot(),
  clean: snapshot({ classes: [lockClass('A'), lockClass('B')], edges: [edge('A', 'B')] }),
  orders: ordersAndUsers(),
  rcu: rcuChain(),
  many: many(),
  codes: everyCode(),
  hostile: hostile(),
  missing: missing(),
};

/** As much as a large test suite has after years: too long to be read, and each format has to say so or bear it. */
export function hugeSample(): Snapshot {
  const names = Array.from({ length: 2000 }, (_, index) => `service-${index % 40}.lock-${index}`);
  const edges = Array.from({ length: 10_000 }, (_, index) => {
    const from = (index * 7) % 1900;
    const to = from + 1 + ((index * 13) % 97);
    return edge(names[from] ?? '', names[to] ?? '', {
      count: 1 + (index % 400),
      held: stack(`src/service-${from % 40}.ts:${from + 1}:9 | await lock.acquire();`),
      requested: stack(`src/service-${to % 40}.ts:${to + 1}:5 | await other.acquire();`),
    });
  });
  const back = edges.slice(0, 2500).map(({ from, to }) => edge(to, from));
  return snapshot({
    classes: names.map((name, index) => lockClass(name, { acquisitions: index * 3, contentions: index % 7 })),
    edges: [...edges, ...back],
    findings: back.map(({ from, to }, index) =>
      finding('circular-dependency', [to, from, to], {
        edges: [index, edges.length + index],
        flows: 2,
        severity: SEVERITIES[index % 3] ?? 'error',
        fingerprint: `circular-dependency|${index}`,
      }),
    ),
  });
}
