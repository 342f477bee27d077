/** A place in a source file; lines and columns count from 1. */
export interface Site {
  path: string;
  line: number;
  column: number;
}

/** Parses `path:line:column`; `undefined` for what names no line, such as an unknown place. */
export function parseSite(at: string): Site | undefined {
  const [, path, line, column] = /^(.+):(\d{1,9}):(\d{1,9})$/s.exec(at) ?? [];
  if (path === undefined || Number(line) < 1) return undefined;
  return { path, line: Number(line), column: Math.max(1, Number(column)) };
}
