/**
 * Each format over each sample, as files in `golden`. They were read against the specifications when they
 * were made: a change of one is to be read again. `npx vitest run -u` writes them.
 */
import { describe, expect, test } from 'vitest';
import { RENDERERS } from '../../src/report/formats.ts';
import { samples } from './samples.ts';

const EXTENSIONS: Readonly<Record<string, string>> = {
  sarif: 'sarif',
  github: 'github.txt',
  junit: 'xml',
  markdown: 'md',
  dot: 'dot',
  mermaid: 'mmd',
};

describe.each(Object.entries(EXTENSIONS))('%s', (format, extension) => {
  test.for(Object.entries(samples))('%s', async ([name, sample]) => {
    const rendered = RENDERERS.get(format)?.(sample, {}) ?? '';
    expect(rendered).toMatch(/[^\n]\n$/);
    await expect(rendered).toMatchFileSnapshot(`golden/${name}.${extension}`);
  });
});
