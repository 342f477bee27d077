import { describe, expect, test } from 'vitest';
import { fillFindingSources, fillSources } from '../../src/report/source-lines.ts';
import type { SnapshotFrame } from '../../src/validator/snapshot-format.ts';
import { edge, finding, rcuChain, snapshot, stack } from './snapshots.ts';

const files: Readonly<Record<string, readonly string[]>> = {
  'src/a.ts': ['first', '  indented();  ', '', 'last'],
  'C:/odd:name.ts': ['odd'],
  'min.js': [`${'x'.repeat(1000)}lock.acquire()${'y'.repeat(1000)}`],
};

function fillFrame(at: string, rest: Partial<SnapshotFrame> = {}): SnapshotFrame | undefined {
  const found = finding('bad-release', ['A'], { stack: { frames: [{ at, ...rest }] } });
  const filled = fillSources(snapshot({ findings: [found] }), (path) => files[path]);
  return filled.findings[0]?.stack?.frames[0];
}

describe('a frame', () => {
  const cases: [at: string, source: string | undefined][] = [
    ['src/a.ts:1:1', 'first'],
    ['src/a.ts:2:3', 'indented();'],
    ['src/a.ts:3:1', undefined],
    ['src/a.ts:99:1', undefined],
    ['src/a.ts:0:1', undefined],
    ['missing.ts:1:1', undefined],
    ['C:/odd:name.ts:1:1', 'odd'],
    ['trace line 4', undefined],
    ['', undefined],
  ];

  test.for(cases)('at %j has the source line %j', ([at, source]) => {
    expect(fillFrame(at)).toEqual(source === undefined ? { at } : { at, source });
  });

  test('keeps the source line it came with', () => {
    expect(fillFrame('src/a.ts:1:1', { source: 'as it was then' })).toEqual({
      at: 'src/a.ts:1:1',
      source: 'as it was then',
    });
  });

  test('in a line that a tool wrote gets the part around its column', () => {
    expect(fillFrame('min.js:1:1001')?.source).toMatch(/^x{40}lock\.acquire\(\)y+$/);
  });
});

describe('a snapshot', () => {
  test('is filled in both places of its edges, and the one given stays as it is', () => {
    const given = snapshot({
      edges: [edge('A', 'B', { held: stack('src/a.ts:1:1'), requested: stack('src/a.ts:4:1') })],
    });
    const before = structuredClone(given);
    const [filled] = fillSources(given, (path) => files[path]).edges;
    expect([filled?.held.frames[0]?.source, filled?.requested.frames[0]?.source]).toEqual(['first', 'last']);
    expect(given).toEqual(before);
  });

  test('is read only where one finding needs it', () => {
    const given = rcuChain();
    const bare = {
      ...given,
      edges: given.edges.map((each) => ({
        ...each,
        held: stack(each.held.frames[0]?.at ?? ''),
        requested: stack(each.requested.frames[0]?.at ?? ''),
      })),
    };
    const [found = finding('not-held', [])] = bare.findings;
    const filled = fillFindingSources(found, bare, () => Array.from({ length: 99 }, () => 'line'));
    const hasSource = filled.snapshot.edges.map(({ held }) => held.frames[0]?.source !== undefined);
    expect(hasSource).toEqual([true, false, true, true]);
  });
});
