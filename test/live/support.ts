/** Small programs that hang, or nearly so. */
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { type SnapshotFinding, Validator } from '../../src/index.ts';

export { sleep };

export const nothing = (): void => {};

/** `error certain live-deadlock A→B→A 2` */
export function summary({ severity, certainty, code, chain, flows }: SnapshotFinding): string {
  return `${severity} ${certainty} ${code} ${chain.join('→')} ${flows}`;
}

/** Findings of this very moment. */
export function liveOf(findings: readonly SnapshotFinding[]): string[] {
  return findings
    .filter(({ code }) => code === 'live-deadlock' || code === 'stalled-wait')
    .map(summary)
    .sort();
}

/** Lets everything run that does not wait for a timer. */
export async function settle(turns = 20): Promise<void> {
  for (let i = 0; i < turns; i++) await turn();
}

export interface Seen {
  /** Published by itself, without any check. */
  readonly atOnce: string[];
  /** What a snapshot says beside it. */
  readonly inSnapshot: string[];
  /** Published when the loop has drained. */
  readonly drained: string[];
}

export async function play(run: (validator: Validator) => unknown): Promise<Seen> {
  const validator = new Validator();
  void run(validator);
  await settle();
  const atOnce = liveOf(validator.findings);
  const inSnapshot = liveOf(validator.snapshot().findings);
  validator.checkOpen({ isDrained: true });
  validator.checkOpen({ isDrained: true });
  return { atOnce, inSnapshot, drained: liveOf(validator.findings) };
}
