import { Mutex, type Validator } from '../../src/index.ts';

/** The edges of a validator by evidence: `{ proven: 'A→B B→C', … }`; grades without any are left out. */
export function edgesOf(validator: Validator): Record<string, string> {
  const found: Record<string, string[]> = {};
  for (const { from, to, evidence, breakable, simultaneous, kind } of validator.snapshot().edges) {
    const marks = `${breakable ? '?' : ''}${simultaneous ? '=' : ''}${kind === 'order' ? '' : `(${kind})`}`;
    (found[evidence] ??= []).push(`${from}→${to}${marks}`);
  }
  return Object.fromEntries(
    Object.entries(found).map(([evidence, edges]) => [evidence, edges.sort().join(' ')]),
  );
}

export type Locks = Record<'A' | 'B' | 'C' | 'D', Mutex>;

/** Four mutexes, made anew. */
export function createLocks(validator: Validator): Locks {
  const make = (name: string): Mutex => new Mutex({ name, validator });
  return { A: make('A'), B: make('B'), C: make('C'), D: make('D') };
}
