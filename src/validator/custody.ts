/** What was handed over is discharged by whoever has it now, and by nobody else who had it before. */
import { type Opens, includesGrant } from '../causality/grant.ts';
import type { Obligation } from './obligation.ts';

/**
 * Whether whoever has `opens` behind has `open` in hand, which is one of them. Where the job that took it over
 * has ended without a discharge, nobody knows who has it.
 */
export function isInHand(open: Obligation, opens: Opens | null): boolean {
  const custodian = open.rare === null ? null : open.rare.custodian;
  return custodian === null || custodian.endSeq !== 0 || includesGrant(opens, custodian);
}

/**
 * Whether whoever discharges `open` may need `asked`, which waits and was asked for under it. In a drained loop
 * a job that has begun, and does not end, likely awaits what was asked for before it took over.
 */
export function mayNeed(open: Obligation, asked: Obligation, isDrained: boolean): boolean {
  const { rare } = open;
  if (isInHand(open, asked.under) || rare!.custodian === asked) return true;
  const waitOrder = asked.rare === null ? 0 : asked.rare.waitOrder;
  return isDrained && !rare!.custodian!.isWaiting && waitOrder !== 0 && waitOrder < rare!.handedSeq;
}
