import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { SaxesParser } from 'saxes';
import { describe, expect, test } from 'vitest';
import { validateXML } from 'xmllint-wasm';
import { formatJunit } from '../../src/report/junit.ts';
import { HOSTILE, samples } from './samples.ts';
import { finding, ordersAndUsers, snapshot } from './snapshots.ts';

/** The schema that Jenkins checks such files with. */
const schema = {
  fileName: 'junit-10.xsd',
  contents: readFileSync(new URL('../../fixtures/schemas/junit-10.xsd', import.meta.url), 'utf8'),
};

interface Element {
  name: string;
  attributes: Record<string, string>;
  text: string;
}

/** Parses XML, and throws where it is not well formed. */
function parseXml(text: string): Element[] {
  const elements: Element[] = [];
  const open: Element[] = [];
  const parser = new SaxesParser();
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', ({ name, attributes }) => {
    const element = { name, attributes: attributes as Record<string, string>, text: '' };
    elements.push(element);
    open.push(element);
  });
  parser.on('text', (part) => {
    const last = open.at(-1);
    if (last !== undefined) last.text += part;
  });
  parser.on('closetag', () => void open.pop());
  parser.write(text).close();
  return elements;
}

function named(elements: Element[], name: string): Element[] {
  return elements.filter((element) => element.name === name);
}

describe('JUnit XML', () => {
  test.for(Object.entries(samples))('of %s is well formed, and counts what is in it', ([, sample]) => {
    const elements = parseXml(formatJunit(sample));
    expect(elements.slice(0, 2).map(({ name }) => name)).toEqual(['testsuites', 'testsuite']);
    expect(elements[1]?.attributes).toEqual({ ...elements[0]?.attributes, skipped: '0' });
    expect(elements[1]?.attributes).toMatchObject({
      name: 'lockdep',
      tests: String(named(elements, 'testcase').length),
      failures: String(named(elements, 'failure').length),
      errors: '0',
      skipped: '0',
    });
  });

  test('passes the published schema, known findings and all', async () => {
    const known = new Map([['circular-dependency|orders|users|orders', 'old']]);
    const xml = [
      ...Object.entries(samples).map(([name, sample]) => ({
        fileName: `${name}.xml`,
        contents: formatJunit(sample),
      })),
      { fileName: 'known.xml', contents: formatJunit(ordersAndUsers(), { known }) },
    ];
    expect((await validateXML({ xml, schema: [schema] })).errors).toEqual([]);
    const wrong = { fileName: 'wrong.xml', contents: formatJunit(snapshot()).replace(' tests=', ' test=') };
    expect((await validateXML({ xml: [wrong], schema: [schema] })).valid).toBe(false);
  });

  test('of a clean run is one test case that passes', () => {
    expect(formatJunit(snapshot())).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="lockdep" tests="1" failures="0" errors="0" time="0">
  <testsuite name="lockdep" tests="1" failures="0" errors="0" time="0" skipped="0">
    <testcase classname="lockdep" name="No findings (0 classes, 0 edges)." time="0"/>
  </testsuite>
</testsuites>
`);
  });

  test('fails what fails, and lets the rest pass with its report', () => {
    const given = snapshot({
      findings: [finding('not-held', ['A']), finding('held-at-end', ['A'], { severity: 'warning' })],
    });
    const outcomes = (failOn: 'error' | 'warning' | 'never'): string[] =>
      parseXml(formatJunit(given, { failOn }))
        .map(({ name }) => name)
        .filter((name) => name === 'failure' || name === 'system-out');
    expect(outcomes('error')).toEqual(['failure', 'system-out']);
    expect(outcomes('warning')).toEqual(['failure', 'failure']);
    expect(outcomes('never')).toEqual(['system-out', 'system-out']);
  });

  test('skips what is known, with the reason', () => {
    const known = new Map([['circular-dependency|orders|users|orders', 'old & "fine"']]);
    const elements = parseXml(formatJunit(ordersAndUsers(), { known }));
    expect(elements[1]?.attributes).toMatchObject({ tests: '1', failures: '0', skipped: '1' });
    expect(named(elements, 'skipped')[0]?.attributes).toEqual({ message: 'known: old & "fine"' });
  });

  test('gives names back as they were, where XML has them', () => {
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom(...HOSTILE));
    fc.assert(
      fc.property(text, text, (name, message) => {
        const given = snapshot({ findings: [finding('not-held', [name], { message })] });
        const elements = parseXml(formatJunit(given));
        expect(named(elements, 'failure')).toHaveLength(1);
        if (/^[\x20-\x7e]*$/.test(message))
          expect(named(elements, 'failure')[0]?.attributes['message']).toBe(message);
      }),
    );
  });
});
