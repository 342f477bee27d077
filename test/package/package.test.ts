import { execFileSync } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');
const manifest = JSON.parse(read('package.json')) as {
  bin: Record<string, string>;
  exports: Record<string, unknown>;
  files: string[];
};
const bins = Object.values(manifest.bin);
const exported = paths(manifest.exports);
/** What can be imported: `lockdep`, `lockdep/register`, … without the JSON. */
const entries = Object.keys(manifest.exports)
  // Nor the preset, which Jest alone loads, for the configuration that it is.
  .filter((name) => !name.endsWith('.json') && !name.endsWith('/jest-preset'))
  .map((name) => path.posix.join('lockdep', name));

describe('the built package', () => {
  it('names entries and commands', () => {
    expect(bins).not.toEqual([]);
    expect(entries).toContain('lockdep');
  });

  it.each([...bins, ...exported])('has %s', (file) => {
    expect(existsSync(path.join(root, file))).toBe(true);
  });

  it.each([...bins, ...exported])('ships %s', (file) => {
    const isShipped = manifest.files.some((folder) => file.startsWith(`./${folder}/`));
    expect(isShipped || file === './package.json').toBe(true);
  });

  it.each(bins)('can start %s as a command', (file) => {
    expect(read(file)).toMatch(/^#!\/usr\/bin\/env node\n/);
    expect(() => accessSync(path.join(root, file), constants.X_OK)).not.toThrow();
  });

  it('ships the sources that its source maps name', () => {
    const maps = readdirSync(path.join(root, 'dist'), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.map'))
      .map((file) => path.join('dist', file));
    const sources = maps.flatMap((file) => {
      const { sources: names } = JSON.parse(read(file)) as { sources: string[] };
      return names.map((name) => path.join(path.dirname(file), name));
    });

    expect(sources.length).toBeGreaterThan(0);
    expect(
      sources.filter((file) => !file.startsWith(`src${path.sep}`) || !existsSync(path.join(root, file))),
    ).toEqual([]);
  });

  it.each(entries)('gives require(%j) and import() of it the same objects', (entry) => {
    const script = `
      const required = require(${JSON.stringify(entry)});
      import(${JSON.stringify(entry)}).then((imported) => {
        const names = [...new Set([...Object.keys(required), ...Object.keys(imported)])];
        const isMarker = (name) => name === '__esModule' || name === 'module.exports';
        const different = names.filter((name) => !isMarker(name) && required[name] !== imported[name]);
        console.log(JSON.stringify({ count: Object.keys(imported).length, different }));
      });`;
    const output = execFileSync(process.execPath, ['--input-type=commonjs', '--eval', script], {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const { count, different } = JSON.parse(output) as { count: number; different: string[] };

    expect(different).toEqual([]);
    // `register` is loaded for what it does and may export nothing.
    if (entry === 'lockdep') expect(count).toBeGreaterThan(0);
  });
});

describe('package-lock.json', () => {
  it('names no registry', () => {
    const lock = JSON.parse(read('package-lock.json')) as { packages: Record<string, { resolved?: string }> };

    expect(Object.keys(lock.packages).length).toBeGreaterThan(1);
    expect(Object.entries(lock.packages).filter(([, entry]) => entry.resolved !== undefined)).toEqual([]);
  });
});

function read(file: string): string {
  return readFileSync(path.join(root, file), 'utf8');
}

function paths(target: unknown): string[] {
  if (typeof target === 'string') return [target];
  return Object.values(target as Record<string, unknown>).flatMap(paths);
}
