/** Which version of a library there is, and whether its adapter was tested with it. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Adapter, VersionRange } from './adapter.ts';

/** The version of the package that a file belongs to; undefined where there is none. */
function versionOf(file: string): string | undefined {
  for (let folder = path.dirname(file); ; folder = path.dirname(folder)) {
    const manifest = readManifest(path.join(folder, 'package.json'));
    if (typeof manifest?.version === 'string') return manifest.version;
    if (folder === path.dirname(folder)) return undefined;
  }
}

function readManifest(file: string): { version?: unknown } | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as { version?: unknown };
  } catch {
    return undefined;
  }
}

/** Whether a version is in the range. What comes before a release counts as the release. */
function isInRange(version: string, { from, below }: VersionRange): boolean {
  return compareVersions(version, from) >= 0 && compareVersions(version, below) < 0;
}

export function formatRange({ from, below }: VersionRange): string {
  return `>=${from} <${below}`;
}

export function compareVersions(a: string, b: string): number {
  // Some packages write `v5.0.0`.
  const [left, right] = [a, b].map((version) =>
    version.replace(/^v/, '').split(/[-+]/)[0]!.split('.').map(Number),
  );
  for (let i = 0; i < 3; i++) {
    const difference = (left![i] ?? 0) - (right![i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

const warned = new Set<string>();

/**
 * Whether the copy of a library that `file` belongs to is to be watched: its version was tested, or
 * `LOCKDEP_UNTESTED` names it, or is `all`. Warns once of a version that was not tested.
 */
export function mayWatch(adapter: Adapter, file: string): boolean {
  const { library, versions } = adapter;
  const version = versionOf(file);
  if (version !== undefined && isInRange(version, versions)) return true;
  const wanted = (process.env['LOCKDEP_UNTESTED'] ?? '').split(/[\s,]+/);
  const isWanted = wanted.includes('all') || wanted.includes(library);
  const key = `${library}@${version}`;
  if (!warned.has(key)) {
    warned.add(key);
    process.emitWarning(
      isWanted
        ? `${key} is watched, though lockdep was tested with ${formatRange(versions)} only.`
        : `${key} is not watched: lockdep was tested with ${formatRange(versions)}. Set LOCKDEP_UNTESTED=${library} to watch it all the same.`,
      { code: 'LOCKDEP_VERSION' },
    );
  }
  return isWanted;
}
