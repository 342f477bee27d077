/**
 * From a position in the running code to the one in the source it was made of (ECMA-426). Node decodes the
 * mappings, index maps too; what is found here is the map of a file, inline or beside it, and where its
 * sources lie.
 */
import { readFileSync } from 'node:fs';
import { SourceMap, type SourceMapPayload } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

export interface SourcePosition {
  file: string;
  /** Lines and columns count from 1. */
  line: number;
  column: number;
}

interface LoadedMap {
  map: SourceMap;
  /** What relative sources start from. */
  base: URL;
}

interface RawMap {
  sections?: { map: RawMap }[];
  sourceRoot?: string;
  sources?: (string | null)[];
}

const COMMENT = /(?:\/\/|\/\*)[@#][ \t]*sourceMappingURL=([^\s'"*]+)[ \t]*(?:\*\/)?[ \t]*$/gm;
const ADDRESS = /^[a-z][a-z+.-]+:\/\//i;
const DATA = /^data:[^,]*?(;base64)?,(.*)$/s;

/** Maps by file; `undefined` for one that has none, or one that cannot be read. */
const loaded = new Map<string, LoadedMap | undefined>();

function readData(url: string): string | undefined {
  const [isData, isBase64, text = ''] = DATA.exec(url) ?? [];
  if (isData === undefined) return undefined;
  return isBase64 === undefined ? decodeURIComponent(text) : Buffer.from(text, 'base64').toString();
}

/** Node leaves `sourceRoot` to whoever asks. */
function prefixSources(map: RawMap): void {
  const { sourceRoot, sources } = map;
  for (const section of map.sections ?? []) prefixSources(section.map);
  if (!sourceRoot || sources === undefined) return;
  const root = sourceRoot.endsWith('/') ? sourceRoot : `${sourceRoot}/`;
  map.sources = sources.map((source) => (source === null ? source : root + source));
}

function loadMap(file: string): LoadedMap | undefined {
  // The last one counts: others may stand in what was bundled, or in text.
  const url = [...readFileSync(file, 'utf8').matchAll(COMMENT)].at(-1)?.[1];
  if (url === undefined) return undefined;
  const data = readData(url);
  const base = data === undefined ? new URL(url, pathToFileURL(file)) : pathToFileURL(file);
  const text = data ?? readFileSync(base, 'utf8');
  // Servers put such a line before it, so that no script can read it.
  const raw = JSON.parse(text.replace(/^\)\]\}'.*\n?/, '')) as RawMap;
  prefixSources(raw);
  return { map: new SourceMap(raw as SourceMapPayload), base };
}

function findMap(file: string): LoadedMap | undefined {
  if (loaded.has(file)) return loaded.get(file);
  loaded.set(file, undefined);
  try {
    loaded.set(file, loadMap(file));
  } catch {
    // The position of the running code is still true.
  }
  return loaded.get(file);
}

/** Bundlers name sources by addresses of their own; the path in one is from the root of the project. */
function toPath(source: string, base?: URL): string {
  const url = new URL(source, base);
  return url.protocol === 'file:' ? fileURLToPath(url) : decodeURI(url.pathname).replace(/^\/+(?:\.\/)?/, '');
}

/** Finds where a position comes from; the position itself where no map says. */
export function findOriginal(position: SourcePosition): SourcePosition {
  try {
    // Node mapped it already (`--enable-source-maps`), and shows the address.
    if (ADDRESS.test(position.file)) return { ...position, file: toPath(position.file) };
    const found = findMap(position.file);
    if (found === undefined) return position;
    const entry = found.map.findEntry(position.line - 1, position.column - 1);
    // A mapping of an earlier line says nothing of this one.
    if (!('originalSource' in entry) || entry.generatedLine !== position.line - 1) return position;
    if (typeof entry.originalSource !== 'string') return position;
    const { originalSource, originalLine, originalColumn } = entry;
    return { file: toPath(originalSource, found.base), line: originalLine + 1, column: originalColumn + 1 };
  } catch {
    return position;
  }
}
