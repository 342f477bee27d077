import type { SnapshotFinding } from '../validator/snapshot-format.ts';
import { TraceReader } from './read-trace.ts';

/**
 * The findings of one trace that is at hand as text.
 * @throws TraceError with the line for what is not in the grammar.
 */
export function checkText(text: string): readonly SnapshotFinding[] {
  const reader = new TraceReader();
  reader.begin('trace');
  for (const line of text.split('\n')) reader.line(line);
  reader.end();
  return reader.validator.findings;
}
