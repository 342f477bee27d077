import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { expect, it } from 'vitest';
import type { Adapter } from '../../src/adapters/shared/adapter.ts';
import { builtins, libraries } from '../../src/adapters/shared/libraries.ts';
import { formatRange } from '../../src/adapters/shared/versions.ts';

const require = createRequire(import.meta.url);
const root = path.resolve(import.meta.dirname, '../..');
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');
const names = Object.keys(libraries);

function isOfItsOwn(name: string, way: string): boolean {
  const whole = require(name) as Record<string, unknown>;
  const part = require(`${name}/${way}`) as Record<string, unknown>;
  if (typeof part === 'function') return part !== whole;
  return Object.entries(part).some(([key, value]) => value !== whole[key]);
}

it('there is a file, an entry and an export for each library, and no other', () => {
  const namesOf = (folder: string): string[] =>
    readdirSync(path.join(root, folder))
      .filter((file) => file.endsWith('.ts'))
      .map((file) => file.slice(0, -3));
  expect(names.length).toBeGreaterThan(0);
  const all = [...names, ...builtins].sort();
  expect(namesOf('src/adapters').sort()).toEqual(all);
  const manifest = JSON.parse(read('package.json')) as {
    exports: Record<string, unknown>;
    peerDependencies: Record<string, string>;
    peerDependenciesMeta: Record<string, { optional: boolean }>;
  };
  // A way to load a library that exports something of its own has an entry of its own.
  const entries = Object.entries(libraries).flatMap(([name, { paths = [] }]) => [
    name,
    ...paths.filter((each) => isOfItsOwn(name, each)).map((each) => `${name}-${each}`),
  ]);
  expect(namesOf('src/entries').sort()).toEqual([...entries, ...builtins].sort());
  for (const entry of entries) {
    const exported = Object.values(manifest.exports).map((each) => (each as { default?: string }).default);
    expect(exported).toContain(`./dist/entries/${entry}.js`);
  }
  for (const name of all)
    expect(manifest.exports[`./${name}`]).toEqual({
      types: `./dist/entries/${name}.d.ts`,
      default: `./dist/entries/${name}.js`,
    });
  for (const name of names) {
    expect(manifest.peerDependenciesMeta[name]).toEqual({ optional: true });
  }
});

it.each(names)('docs/adapters.md and package.json say which versions of %s were tested', async (name) => {
  const { adapter } = (await import(`../../src/adapters/${name}.ts`)) as { adapter: Adapter };
  expect(adapter.library).toBe(name);
  const range = formatRange(adapter.versions);
  expect(read('docs/adapters.md')).toContain(`| \`${name}\` | \`${range}\` |`);
  const { peerDependencies } = JSON.parse(read('package.json')) as {
    peerDependencies: Record<string, string>;
  };
  // No range: an installation must not fail for a version that is merely not watched.
  expect(peerDependencies[name]).toBe('*');
});
