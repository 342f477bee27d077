import { describe, expect, test } from 'vitest';
import { RENDERERS } from '../../src/report/formats.ts';
import { formatJson } from '../../src/report/json.ts';
import { edge, finding, lockClass, rcuChain, snapshot, stack } from './snapshots.ts';

/** The same data with the keys of every object the other way round. */
function reverseKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reverseKeys);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, item]) => [key, reverseKeys(item)]),
  );
}

describe('JSON', () => {
  test('reads back as the same snapshot', () => {
    expect(JSON.parse(formatJson(rcuChain()))).toEqual(rcuChain());
  });

  test('has its keys in one order, whatever order they came in', () => {
    expect(formatJson(reverseKeys(rcuChain()) as ReturnType<typeof rcuChain>)).toBe(formatJson(rcuChain()));
  });

  test('has the order of the contract', () => {
    const text = formatJson(
      snapshot({
        classes: [lockClass('A', { site: 'src/a.ts:1:1', permits: 2 })],
        edges: [
          edge('A', 'B', {
            gates: ['G'],
            held: { frames: [{ at: 'a', fn: 'f', source: 's' }], approximate: true },
          }),
        ],
        findings: [finding('not-held', ['A'], { stack: stack('a'), breakableBy: 0 })],
      }),
    );
    const keys = [...text.matchAll(/"(\w+)":/g)].map(([, key]) => key).join(' ');
    expect(keys).toBe(
      [
        'version tool runtime inputs id runs',
        'classes name kind instances acquisitions contentions waitMs max mean holdMs max mean site permits',
        'edges from to kind fromMode toMode evidence breakable simultaneous provisional count gates',
        'held frames at fn source approximate requested frames at',
        'findings code certainty severity chain edges flows count message fingerprint stack frames at breakableBy',
      ].join(' '),
    );
  });

  test('keeps what a later version adds', () => {
    const later = { ...snapshot(), zeta: 1, alpha: { b: 1, a: 2 } };
    expect(formatJson(later)).toMatch(
      /"findings": \[\],\n {2}"alpha": \{\n {4}"a": 2,\n {4}"b": 1\n {2}\},\n {2}"zeta": 1\n\}\n$/,
    );
  });
});

describe('the table of formats', () => {
  test('renders the same snapshot to the same text each time', () => {
    expect([...RENDERERS.keys()].join(' ')).toBe('text json html sarif github junit markdown dot mermaid');
    for (const render of RENDERERS.values()) expect(render(rcuChain(), {})).toBe(render(rcuChain(), {}));
  });
});
