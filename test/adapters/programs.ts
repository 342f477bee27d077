/** Programs with a watched library, and what comes of them. */
import { expect } from 'vitest';
import type { Adapter } from '../../src/adapters/shared/adapter.ts';
import { watchLibrary } from '../../src/adapters/shared/watching.ts';
import { Mutex, type SnapshotFinding, Validator } from '../../src/index.ts';
import { withoutLive } from '../support/without-live.ts';

export interface Tools<L> {
  library: L;
  validator: Validator;
  /** A lock of ours, by name. */
  lock(name: string): Mutex;
}

/** `hang`: the program waits for ever, and is looked at when the loop is empty. */
export type ProgramCase<L> = [
  name: string,
  program: (tools: Tools<L>) => unknown,
  findings: string[],
  how?: 'hang',
];

/** `error circular-dependency` for each finding, sorted. */
export function codesOf(findings: readonly SnapshotFinding[]): string[] {
  return withoutLive(findings)
    .filter(({ severity }) => severity !== 'note')
    .map(({ severity, certainty, code }) => `${certainty} ${severity} ${code}`)
    .sort();
}

export async function checkProgram<L extends object>(
  adapter: Adapter,
  copy: L,
  [, program, findings, how]: ProgramCase<L>,
  path = '',
): Promise<void> {
  const validator = new Validator();
  const library = watchLibrary(adapter, copy, { validator, path });
  const locks = new Map<string, Mutex>();
  const lock = (name: string): Mutex => {
    if (!locks.has(name)) locks.set(name, new Mutex({ name, validator }));
    return locks.get(name)!;
  };
  const end = program({ library, validator, lock });
  if (how === 'hang') {
    for (let i = 0; i < 5; i++) await new Promise((resolve) => void setImmediate(resolve));
    validator.checkOpen({ isDrained: true });
  } else await end;
  expect(codesOf(validator.findings)).toEqual(findings);
  for (const { from, held, requested } of validator.snapshot().edges) {
    // Both places are the program's own, never the library's.
    for (const { frames } of [held, requested])
      expect(frames[0]?.at ?? '', `a place of an edge from ${from}`).not.toContain('node_modules');
  }
}
