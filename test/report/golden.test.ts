/**
 * Each format over each sample, as files in `golden`. They were read against the specifications when they
 * were made: a change of one is to be read again. `npx vitest run -u` writes them. What is too long to be
 * read is compared by its hash, so that at least it is the same on every Node.
 */
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { type RenderOptions, RENDERERS } from '../../src/report/formats.ts';
import { hugeSample, samples } from './samples.ts';

interface Golden {
  format: string;
  extension: string;
  options?: RenderOptions;
}

const GOLDENS: readonly Golden[] = [
  { format: 'text', extension: 'txt' },
  { format: 'text', extension: 'wide.txt', options: { width: 140 } },
  { format: 'json', extension: 'json' },
  { format: 'html', extension: 'html' },
  { format: 'sarif', extension: 'sarif' },
  { format: 'github', extension: 'github.txt' },
  { format: 'junit', extension: 'xml' },
  { format: 'markdown', extension: 'md' },
  { format: 'dot', extension: 'dot' },
  { format: 'mermaid', extension: 'mmd' },
];

function render({ format, options = {} }: Golden, sample: (typeof samples)[string]): string {
  const rendered = RENDERERS.get(format)!(sample, options);
  if (format !== 'html') return rendered;
  // The bundle is a dependency's, for the most part, and its hash changes with it.
  return rendered
    .replace(/<script>.*?<\/script>/s, '<script>…</script>')
    .replace(/script-src 'sha256-[^']*'/, "script-src 'sha256-…'");
}

test('every format has its files', () => {
  expect(new Set(GOLDENS.map(({ format }) => format))).toEqual(new Set(RENDERERS.keys()));
});

describe.each(GOLDENS)('$format in .$extension', (golden) => {
  test.for(Object.entries(samples))('%s', async ([name, sample]) => {
    const rendered = render(golden, sample);
    expect(rendered).toMatch(/[^\n]\n$/);
    await expect(rendered).toMatchFileSnapshot(`golden/${name}.${golden.extension}`);
  });
});

test('a huge snapshot in every format', { timeout: 60_000 }, async () => {
  const sample = hugeSample();
  const hashes = GOLDENS.map((golden) => {
    const rendered = render(golden, sample);
    const hash = createHash('sha256').update(rendered).digest('hex');
    return `${hash}  ${rendered.length}  huge.${golden.extension}`;
  });
  await expect(`${hashes.join('\n')}\n`).toMatchFileSnapshot('golden/huge.sha256');
});
