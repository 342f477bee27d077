/** Places as SARIF has them (2.1.0, sections 3.28 to 3.30). */
import { type Site, parseSite } from './site.ts';

interface Region {
  startLine: number;
  startColumn?: number;
  snippet?: { text: string };
}

export interface Location {
  physicalLocation?: {
    artifactLocation: { uri: string; uriBaseId?: string };
    region: Region;
    contextRegion?: Region;
  };
  message?: { text: string };
}

/** The root of the source tree, as GitHub and other readers name it. */
const BASE = '%SRCROOT%';

/**
 * Braces would be placeholders, and `[text](target)` would be a link, in every plain text message; brackets
 * alone mean nothing.
 */
export function escapeMessage(text: string): string {
  return text.replace(/[{}]/g, '$&$&').replaceAll('](', '] (');
}

/** A path as a URI; what a colon or a query mark would mean there is encoded. */
function encodePath(path: string): string {
  return path
    .replaceAll(/\p{Cs}/gu, '\ufffd')
    .split('/')
    .map(encodeURIComponent)
    .join('/');
}

function createArtifactLocation(path: string): { uri: string; uriBaseId?: string } {
  if (path.startsWith('file:///')) return { uri: `file://${encodePath(decodeLeniently(path.slice(7)))}` };
  if (path.startsWith('/')) return { uri: `file://${encodePath(path)}` };
  if (/^[A-Za-z]:[\\/]/.test(path))
    return { uri: `file:///${path.slice(0, 2)}${encodePath(path.slice(2).replaceAll('\\', '/'))}` };
  const uri = encodePath(path);
  // What lies above the root is not relative to it.
  return path.split('/').includes('..') ? { uri } : { uri, uriBaseId: BASE };
}

function decodeLeniently(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** A region without an end goes to the end of its line, so the whole line is the region or lies around it. */
function createRegions({ line, column }: Site, source: string | undefined): Record<string, Region> {
  const snippet = source === undefined ? {} : { snippet: { text: source } };
  if (column === 1) return { region: { startLine: line, startColumn: 1, ...snippet } };
  const region = { startLine: line, startColumn: column };
  return source === undefined ? { region } : { region, contextRegion: { startLine: line, ...snippet } };
}

/** Creates a location; one whose place is not known has its message alone. */
export function createLocation(at: string, source?: string, message?: string): Location {
  const site = parseSite(at);
  const physicalLocation =
    site === undefined
      ? undefined
      : {
          artifactLocation: createArtifactLocation(site.path),
          ...(createRegions(site, source) as { region: Region; contextRegion?: Region }),
        };
  return {
    ...(physicalLocation === undefined ? {} : { physicalLocation }),
    ...(message === undefined ? {} : { message: { text: escapeMessage(message) } }),
  };
}
