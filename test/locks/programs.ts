/** Small watched programs, and what comes of them. */
import { expect } from 'vitest';
import { type SnapshotFinding, Validator } from '../../src/index.ts';
import { type Locks, createLocks, edgesOf } from '../support/edges.ts';
import { record } from '../support/replay.ts';
import { withoutLive } from '../support/without-live.ts';

export type Program = (locks: Locks, validator: Validator) => Promise<unknown>;
export type ProgramCase = [name: string, program: Program, edges: Record<string, string>, findings: string[]];

/** `error A → B → A [circular-dependency]` for each finding. */
function linesOf(findings: readonly SnapshotFinding[]): string[] {
  return findings.map(({ severity, chain, code }) => `${severity} ${chain.join(' → ')} [${code}]`).sort();
}

export async function checkProgram([, program, edges, findings]: ProgramCase): Promise<void> {
  const validator = new Validator();
  const replay = record(validator);
  await program(createLocks(validator), validator);
  expect(edgesOf(validator)).toEqual(edges);
  expect(linesOf(validator.findings)).toEqual(findings);
  const replayed = replay();
  // Of two classes of one name, a trace tells the second by a mark.
  const unmarked = Object.entries(edgesOf(replayed)).map(([grade, text]) => [
    grade,
    text.replaceAll('~2', ''),
  ]);
  expect(Object.fromEntries(unmarked), 'as a recorded trace').toEqual(edges);
  expect(linesOf(replayed.findings), 'as a recorded trace').toEqual(findings);
}

/** What is found when the loop has drained, and whatever still waits will wait for ever. */
export async function findHang(program: Program): Promise<string[]> {
  const validator = new Validator();
  void program(createLocks(validator), validator);
  for (let i = 0; i < 3; i++) await new Promise((resolve) => void setImmediate(resolve));
  validator.checkOpen({ isDrained: true });
  return linesOf(withoutLive(validator.findings));
}
