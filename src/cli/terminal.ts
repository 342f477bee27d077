/** What is asked of a stream: whether a person reads it, and how wide. */
export interface OutputStream {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}

export type Environment = Readonly<Record<string, string | undefined>>;

const DEFAULT_WIDTH = 80;

/** Tells whether to colour. `FORCE_COLOR` wins over `NO_COLOR`, as in Node itself; an empty one is unset. */
export function hasColor(stream: OutputStream, env: Environment = process.env): boolean {
  const forced = env['FORCE_COLOR'];
  if (forced !== undefined && forced !== '') return forced !== '0' && forced !== 'false';
  if (env['NO_COLOR'] || env['TERM'] === 'dumb') return false;
  return stream.isTTY === true;
}

/** Measures the columns to fit into: those of a terminal, but never fewer than 80. */
export function measureWidth(stream: OutputStream): number {
  return stream.isTTY === true ? Math.max(DEFAULT_WIDTH, stream.columns ?? DEFAULT_WIDTH) : DEFAULT_WIDTH;
}
