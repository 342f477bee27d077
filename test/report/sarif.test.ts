import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import Ajv from 'ajv-draft-04';
import addFormats from 'ajv-formats';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatSarif } from '../../src/report/sarif.ts';
import { HOSTILE, samples } from './samples.ts';
import { edge, finding, ordersAndUsers, snapshot, stack } from './snapshots.ts';

const require = createRequire(import.meta.url);
const schemaFile = require.resolve('@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json');
const ajv = new Ajv.default({ allErrors: true, strict: false, unicodeRegExp: false });
addFormats.default(ajv);
/** The published schema of SARIF 2.1.0. */
const validate = ajv.compile(JSON.parse(readFileSync(schemaFile, 'utf8')) as object);

interface Place {
  physicalLocation?: {
    artifactLocation: { uri: string; uriBaseId?: string };
    region: { startLine: number; startColumn?: number; snippet?: { text: string } };
    contextRegion?: { startLine: number; snippet?: { text: string } };
  };
  message?: { text: string };
}

interface Result {
  ruleId: string;
  ruleIndex: number;
  level: string;
  message: { text: string };
  locations?: Place[];
  partialFingerprints: Record<string, string>;
  codeFlows?: { threadFlows: { message: { text: string }; locations: { location: Place }[] }[] }[];
  suppressions?: { kind: string; justification: string }[];
}

interface Log {
  runs: [{ tool: { driver: { rules: { id: string }[] } }; results: Result[] }];
}

function readLog(text: string): Log['runs'][0] {
  const log = JSON.parse(text) as Log;
  validate(log);
  expect(validate.errors).toBeNull();
  return log.runs[0];
}

/** The place of a finding that happened there. */
function locate(at: string): Place['physicalLocation'] {
  const place = { frames: [{ at, source: 'await a.acquire();' }] };
  const { results } = readLog(
    formatSarif(snapshot({ findings: [finding('not-held', ['A'], { stack: place })] })),
  );
  return results[0]?.locations?.[0]?.physicalLocation;
}

describe('a SARIF log', () => {
  test.for(Object.entries(samples))('of %s passes the published schema', ([, sample]) => {
    const { results, tool } = readLog(formatSarif(sample));
    expect(results).toHaveLength(sample.findings.length);
    for (const { ruleId, ruleIndex } of results) expect(tool.driver.rules[ruleIndex]?.id).toBe(ruleId);
  });

  test('passes it whatever the names and paths are', () => {
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom(...HOSTILE));
    fc.assert(
      fc.property(text, text, text, (name, path, source) => {
        const place = { frames: [{ at: `${path}:3:4`, source }] };
        const given = snapshot({
          edges: [edge(name, 'B', { held: place, requested: place })],
          findings: [finding('circular-dependency', [name, 'B', name], { edges: [0], message: name })],
        });
        const { results } = readLog(formatSarif(given));
        // Section 3.11: no placeholder, and no link.
        expect(results[0]?.message.text.replaceAll(/\{\{|\}\}/g, '')).not.toMatch(/[{}]/);
        expect(results[0]?.message.text).not.toContain('](');
      }),
    );
  });

  test('has the level of the severity, and the fingerprint under which GitHub keeps an alert', () => {
    const { results } = readLog(formatSarif(samples['codes'] ?? snapshot()));
    expect(new Set(results.map(({ level }) => level))).toEqual(new Set(['error', 'warning', 'note']));
    const [first] = readLog(formatSarif(ordersAndUsers())).results;
    expect(first?.partialFingerprints).toEqual({
      'lockdep/v1': 'circular-dependency|orders|users|orders',
      primaryLocationLineHash: 'circular-dependency|orders|users|orders',
    });
  });

  test('shows the chain as a code flow, a thread flow for each arrow', () => {
    const [first] = readLog(formatSarif(ordersAndUsers())).results;
    const flows = first?.codeFlows?.[0]?.threadFlows.map(({ message, locations }) => [
      message.text,
      ...locations.map(
        ({ location }) =>
          `${location.message?.text} ${location.physicalLocation?.artifactLocation.uri}:${location.physicalLocation?.region.startLine}`,
      ),
    ]);
    expect(flows).toEqual([
      ['users → orders: seen once', 'users held since src/users.ts:41', 'orders asked for src/users.ts:44'],
      [
        'orders → users: seen 312 times',
        'orders held since src/checkout.ts:77',
        'users asked for src/checkout.ts:80',
      ],
    ]);
  });

  test('names known findings as suppressed, with the reason', () => {
    const known = new Map([['circular-dependency|orders|users|orders', 'the job runs alone']]);
    const [first] = readLog(formatSarif(ordersAndUsers(), { known })).results;
    expect(first?.suppressions).toEqual([{ kind: 'external', justification: 'the job runs alone' }]);
  });

  test('keeps within the results that GitHub takes', () => {
    const findings = Array.from({ length: 25_001 }, (_, i) =>
      finding('not-held', [`${i}`], { stack: stack() }),
    );
    expect((JSON.parse(formatSarif(snapshot({ findings }))) as Log).runs[0].results).toHaveLength(25_000);
  });
});

describe('a place', () => {
  const uris: [at: string, uri: string, base: boolean][] = [
    ['src/a.ts:3:4', 'src/a.ts', true],
    ['src/my file#1?.ts:3:4', 'src/my%20file%231%3F.ts', true],
    ['a:b/c.ts:3:4', 'a%3Ab/c.ts', true],
    ['node_modules/@x/y/100%.js:3:4', 'node_modules/%40x/y/100%25.js', true],
    ['../up/a.ts:3:4', '../up/a.ts', false],
    ['/abs/a b.ts:3:4', 'file:///abs/a%20b.ts', false],
    ['file:///abs/a%20b.ts:3:4', 'file:///abs/a%20b.ts', false],
    ['C:\\src\\a.ts:3:4', 'file:///C:/src/a.ts', false],
    ['鎖.ts:3:4', '%E9%8E%96.ts', true],
  ];
  test.for(uris)('at %s has the URI %s', ([at, uri, isRelative]) => {
    expect(locate(at)).toEqual({
      artifactLocation: { uri, ...(isRelative ? { uriBaseId: '%SRCROOT%' } : {}) },
      region: { startLine: 3, startColumn: 4 },
      contextRegion: { startLine: 3, snippet: { text: 'await a.acquire();' } },
    });
  });

  test('at the start of its line is the line', () => {
    expect(locate('a.ts:3:1')).toEqual({
      artifactLocation: { uri: 'a.ts', uriBaseId: '%SRCROOT%' },
      region: { startLine: 3, startColumn: 1, snippet: { text: 'await a.acquire();' } },
    });
  });

  test.for(['unknown place', 'a.ts', 'a.ts:0:0', ''])('%j is none', (at) => {
    expect(locate(at)).toBeUndefined();
  });
});
